/** A fleet of real processes, and the provider that they all call. */
import { Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import * as http from "node:http"
import { bundle } from "../../bundle.js"
import type { Order, Setting, Told } from "./orders.js"

export class Member {
  readonly told: Array<Told> = []
  readonly #child: ChildProcess
  readonly #listeners = new Set<() => void>()
  #ids = 0
  output = ""

  constructor(setting: Setting, skew: number) {
    // a machine whose clock is off, before anything looks at it
    const shift = `const now = Date.now; Date.now = () => now() + ${skew}`
    this.#child = fork(bundle("test/e2e/breaker/child.ts"), [JSON.stringify(setting)], {
      execArgv: skew === 0 ? [] : ["--import", `data:text/javascript,${encodeURIComponent(shift)}`],
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    })
    const collect = (chunk: Buffer) => {
      this.output += chunk.toString()
    }
    this.#child.stdout?.on("data", collect)
    this.#child.stderr?.on("data", collect)
    this.#child.on("message", (told: Told) => {
      this.told.push(told)
      for (const listener of this.#listeners) listener()
    })
  }

  /** Waits until it has told something of the kind. */
  until<A>(find: (told: ReadonlyArray<Told>) => A | undefined): Effect.Effect<A> {
    return Effect.async<A>((resume) => {
      const look = () => {
        const found = find(this.told)
        if (found === undefined) return
        this.#listeners.delete(look)
        resume(Effect.succeed(found))
      }
      this.#listeners.add(look)
      look()
      return Effect.sync(() => this.#listeners.delete(look))
    })
  }

  get ready() {
    return this.until((told) => told.find(({ _tag }) => _tag === "ready"))
  }

  order(order: Order): Effect.Effect<void> {
    return Effect.sync(() => void (this.#child.connected && this.#child.send(order)))
  }

  call(url: string, times = 1): Effect.Effect<Extract<Told, { _tag: "became" }>> {
    return Effect.suspend(() => {
      const id = ++this.#ids
      return Effect.zipRight(
        this.order({ _tag: "call", id, times, url }),
        this.until((told) =>
          told.find((one): one is Extract<Told, { _tag: "became" }> => one._tag === "became" && one.id === id)
        )
      )
    })
  }

  get look(): Effect.Effect<Extract<Told, { _tag: "looks" }>> {
    return Effect.suspend(() => {
      const id = ++this.#ids
      return Effect.zipRight(
        this.order({ _tag: "look", id }),
        this.until((told) =>
          told.find((one): one is Extract<Told, { _tag: "looks" }> => one._tag === "looks" && one.id === id)
        )
      )
    })
  }

  /** Looks again and again. */
  isIn(state: string): Effect.Effect<void> {
    return Effect.flatMap(
      this.look,
      (looks) => looks.state === state ? Effect.void : Effect.delay(this.isIn(state), "10 millis")
    )
  }

  /** Its loop has been refused since it was last looked at: what it had sent before has come back. */
  get isRefused(): Effect.Effect<void> {
    return Effect.flatMap(
      this.look,
      ({ stats }) => stats.refused > 0 ? Effect.void : Effect.delay(this.isRefused, "10 millis")
    )
  }

  get warned(): ReadonlyArray<string> {
    return this.told.flatMap((one) => one._tag === "warned" ? [one.message] : [])
  }

  get kill(): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return resume(Effect.void)
      this.#child.once("exit", () => resume(Effect.void))
      this.#child.kill("SIGKILL")
    })
  }

  /** Hangs up, and waits for it to end by itself. */
  get leave(): Effect.Effect<number | null> {
    return Effect.async((resume) => {
      this.#child.once("exit", (code) => resume(Effect.succeed(code)))
      this.#child.disconnect()
    })
  }
}

export const fleet = (
  size: number,
  setting: Setting,
  skews: ReadonlyArray<number> = []
) =>
  Effect.gen(function*() {
    const members = yield* Effect.acquireRelease(
      Effect.sync(() => Array.from({ length: size }, (_, i) => new Member(setting, skews[i] ?? 0))),
      Effect.forEach((member) => member.kill)
    )
    yield* Effect.forEach(members, (member) => member.ready, { concurrency: "unbounded" })
    return members
  })

/** The provider: what it does with a request is up to the test. */
export const provider = Effect.acquireRelease(
  Effect.async<{
    readonly url: string
    handle: (response: http.ServerResponse) => void
    readonly close: () => void
  }>((resume) => {
    const server = http.createServer((request, response) => {
      request.resume()
      self.handle(response)
    })
    const self = {
      close: () => {
        server.close()
        server.closeAllConnections()
      },
      handle: (response: http.ServerResponse) => void response.writeHead(200).end(),
      url: ""
    }
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      self.url = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`
      resume(Effect.succeed(self))
    })
  }),
  (self) => Effect.sync(() => self.close())
)

export const percentile = (values: ReadonlyArray<number>, share: number): number =>
  values.slice().sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)]!
