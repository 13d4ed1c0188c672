/** The process of a test's own server, and a janitor who cleans up after it whatever becomes of the test. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { type TestServer, TestServerError } from "../TestServer.js"
import type { User } from "./binaries.js"

export const host = "127.0.0.1"

/** Waiting for a process is waiting in real time, whatever clock the test has. */
export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

export const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, TestServerError> =>
  Effect.tryPromise({
    catch: (cause) =>
      cause instanceof TestServerError
        ? cause
        : new TestServerError({ message: cause instanceof Error ? cause.message : String(cause) }),
    try: run
  })

/** Another process may take it before the server does: a server that does not come up is tried again on another one. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once("error", reject)
    server.listen({ host, port: 0 }, () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0))
    })
  })

/** Says something to a port, and gives the first bytes of the answer. Undefined when there is none. */
export const ask = (port: number, words: Uint8Array | string): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port })
    const end = (answer: Buffer | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => end(undefined))
    socket.once("error", () => end(undefined))
    socket.once("close", () => end(undefined))
    socket.once("data", end)
    socket.write(words)
  })

/** Waits for the end of its input, which comes with the end of the test's process, and then clears the table. */
const janitor = `trap '' INT TERM HUP
cat >/dev/null
[ -d "$1" ] || exit 0
if pid=$(cat "$1/pid" 2>/dev/null); then
  kill -CONT "$pid"; kill -"$2" "$pid"
  i=0; while kill -0 "$pid" && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
  kill -KILL "$pid"
fi 2>/dev/null
rm -rf "$1"`

/** The pid is in its file before the server is, so that no server is ever out of the janitor's sight. */
const launcher = `echo $$ > "$1/pid"; shift; exec "$@"`

const childrenOf = (parent: number): ReadonlyArray<number> => {
  try {
    return fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
      try {
        // the name of the process is in brackets and may hold anything; its parent is the second field after it
        const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
        return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]) === parent
      } catch {
        return false
      }
    })
  } catch {
    // no /proc: only the process itself
    return []
  }
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // it is gone already
  }
}

export interface Options {
  readonly name: string
  readonly user: User | undefined
  /** Makes the data, once. */
  readonly prepare: (folder: string) => Promise<void>
  readonly command: (folder: string, port: number) => readonly [string, ...ReadonlyArray<string>]
  /** Whether it takes clients. */
  readonly ready: (port: number) => Promise<boolean>
  readonly url: (port: number) => string
  /** Ends it in order. */
  readonly stop: NodeJS.Signals
}

const patience = 90_000

/** @internal */
export class ServerProcess {
  #child: ChildProcess | undefined
  #port = 0
  constructor(readonly options: Options, readonly folder: string) {}

  get port(): number {
    return this.#port
  }

  /** On a port of its own for good, once it has come up there. */
  async first(): Promise<void> {
    for (let attempts = 1;; attempts++) {
      this.#port = await freePort()
      try {
        return await this.start()
      } catch (error) {
        if (attempts === 3) throw error
      }
    }
  }

  async start(): Promise<void> {
    const giveUpAt = Date.now() + patience
    // what is left of one that was killed may hold its data for a moment
    for (let attempts = 1; !(await this.#launch(giveUpAt)); attempts++) {
      if (attempts === 50 || Date.now() > giveUpAt || (await this.#taken())) {
        throw new TestServerError({ message: this.#said() })
      }
      await pause(100)
    }
  }

  #taken(): Promise<boolean> {
    return ask(this.#port, "\r\n").then((answer) => answer !== undefined)
  }

  #said(): string {
    const log = path.join(this.folder, "log")
    const lines = fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n") : ""
    return `${this.options.name} does not start: ${lines}`
  }

  async #launch(giveUpAt: number): Promise<boolean> {
    if (this.#child !== undefined) return true
    const log = fs.openSync(path.join(this.folder, "log"), "a")
    const [file, ...args] = this.options.command(this.folder, this.#port)
    const child = spawn("/bin/sh", ["-c", launcher, "sh", this.folder, file, ...args], {
      cwd: this.folder,
      // of another session: Ctrl-C at the terminal is for the test, which ends its servers in its own time
      detached: true,
      stdio: ["ignore", log, log],
      ...this.options.user
    })
    fs.closeSync(log)
    child.unref()
    this.#child = child
    child.once("error", () => this.#gone(child))
    child.once("exit", () => this.#gone(child))
    while (this.#child === child && Date.now() < giveUpAt) {
      if (await this.options.ready(this.#port)) return this.#child === child
      await pause(20)
    }
    return false
  }

  #gone(child: ChildProcess): void {
    if (this.#child !== child) return
    this.#child = undefined
    fs.rmSync(path.join(this.folder, "pid"), { force: true })
  }

  get #tree(): ReadonlyArray<number> {
    const pid = this.#child?.pid
    return pid === undefined ? [] : [pid, ...childrenOf(pid)]
  }

  signalAll(name: NodeJS.Signals): void {
    for (const pid of this.#tree) signal(pid, name)
  }

  async end(name: NodeJS.Signals): Promise<void> {
    const child = this.#child
    const pid = child?.pid
    if (child === undefined || pid === undefined) return
    const tree = this.#tree
    this.signalAll("SIGCONT")
    for (const each of name === "SIGKILL" ? tree : [pid]) signal(each, name)
    const deadline = Date.now() + 10_000
    while (this.#child === child) {
      if (Date.now() > deadline) { for (const each of tree) signal(each, "SIGKILL") }
      await pause(10)
    }
  }
}

export const make = (options: Options): Effect.Effect<TestServer, TestServerError, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), `holdfast-${options.name.toLowerCase()}-`))
    if (options.user !== undefined) fs.chownSync(folder, options.user.uid, options.user.gid)
    const cleaner = spawn("/bin/sh", ["-c", janitor, "sh", folder, options.stop.replace(/^SIG/, "")], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"]
    })
    cleaner.unref()
    const server = new ServerProcess(options, folder)
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        await server.end(options.stop)
        fs.rmSync(folder, { force: true, recursive: true })
        cleaner.stdin.end()
      })
    )
    yield* attempt(async () => {
      await options.prepare(folder)
      await server.first()
    })
    return {
      host,
      kill: Effect.promise(() => server.end("SIGKILL")),
      pause: Effect.sync(() => server.signalAll("SIGSTOP")),
      port: server.port,
      resume: Effect.sync(() => server.signalAll("SIGCONT")),
      start: attempt(() => server.start()),
      stop: Effect.promise(() => server.end(options.stop)),
      url: options.url(server.port)
    }
  })
