/** Worker processes that are killed and started anew. */
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { bundle } from "../../bundle.js"
import { eventually } from "../server.js"

class Member {
  readonly child: ChildProcess
  output = ""
  readonly #begun = performance.now()
  #readySince = Number.POSITIVE_INFINITY

  constructor(file: string, args: ReadonlyArray<string>) {
    this.child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "pipe"] })
    const hear = (data: Buffer) => {
      this.output += data.toString()
      if (!this.isReady && this.output.includes("ready")) this.#readySince = performance.now()
    }
    this.child.stdout?.on("data", hear)
    this.child.stderr?.on("data", hear)
  }

  get isReady(): boolean {
    return this.#readySince !== Number.POSITIVE_INFINITY
  }

  /** It has been at work for a second, and for as long as it took to come up. */
  get isGrown(): boolean {
    const age = performance.now() - this.#readySince
    return age > Math.max(1000, this.#readySince - this.#begun)
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  end(signal: "SIGKILL" | "SIGTERM"): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (this.hasEnded) return resume(Effect.void)
      this.child.once("exit", () => resume(Effect.void))
      this.child.kill(signal)
    })
  }
}

/** So many workers on a store and a provider. They begin at once, and end with the scope. */
export const make = (size: number, store: string, baseUrl: string) =>
  crew(size, "test/e2e/outbox/worker.ts", [store, baseUrl])

/** So many processes of a program, each with a name of its own as the last argument. */
export const crew = (size: number, entry: string, args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const file = bundle(entry)
    let made = 0
    const start = () => new Member(file, [...args, `worker ${++made}`])
    const members = yield* Effect.acquireRelease(
      Effect.sync(() => Array.from({ length: size }, start)),
      Effect.forEach((member) => member.end("SIGKILL"))
    )
    const outputs: Array<string> = []
    return {
      /** What those that are there now have said. */
      get outputs() {
        return members.filter(({ hasEnded }) => !hasEnded).map(({ output }) => output)
      },
      /**
       * Kills one without warning, and starts another in its place; gives how many. On a machine that is too slow to bring
       * up workers as fast as they are killed, nothing would ever be delivered: who has only just come is left alone.
       */
      kill: Effect.suspend(() => {
        const grown = members.filter(({ isGrown }) => isGrown)
        // @effect-diagnostics-next-line globalRandomInEffect:off
        const victim = grown[Math.floor(Math.random() * grown.length)]
        return victim === undefined ? Effect.succeed(0) : Effect.map(victim.end("SIGKILL"), () => {
          outputs.push(victim.output)
          members[members.indexOf(victim)] = start()
          return 1
        })
      }),
      ready: eventually(() => members.every(({ isReady }) => isReady)),
      /** Asks all of them to end, and gives how they did. */
      shutDown: Effect.map(
        Effect.forEach(members, (member) => member.end("SIGTERM"), { concurrency: "unbounded" }),
        () => members.map((member) => member.child.exitCode)
      ),
      /** What they have said beside that they are there. */
      get complaints() {
        return [...outputs, ...members.map(({ output }) => output)]
          .map((output) => output.replaceAll(/^ready.*$/gm, "").trim())
          .filter((output) => output !== "")
      }
    }
  })
