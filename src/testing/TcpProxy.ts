/**
 * The network between a client and its server, to be broken by a test: a proxy on the loopback interface.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as net from "node:net"
import { TestServerError } from "./TestServer.js"

/**
 * What the network does to connections, those that are open and those to come.
 *
 * @since 0.1.0
 * @category models
 */
export type Mode = Data.TaggedEnum<{
  /** Nothing. */
  Pass: {}
  /** Each chunk arrives so much later, both ways. */
  Delay: { readonly latency: Duration.DurationInput }
  /** Nothing arrives, and nothing is lost: what was sent arrives when the mode is over. */
  Stall: {}
  /** Connections are accepted, and whatever is sent is swallowed. */
  BlackHole: {}
  /** One direction works; what is sent in the other is swallowed. */
  HalfOpen: { readonly arrives: "at the server" | "at the client" }
  /** The server is not asked: the client gets these bytes for each chunk that it sends. */
  Garbage: { readonly bytes: Uint8Array | string }
  /** Connections are reset, the new ones once they are there. */
  Cut: {}
  /** Connections are reset, and nobody listens. */
  Refuse: {}
}>

const Mode = Data.taggedEnum<Mode>()

/**
 * @since 0.1.0
 * @category modes
 */
export const pass: Mode = Mode.Pass()

/**
 * @since 0.1.0
 * @category modes
 */
export const delay = (latency: Duration.DurationInput): Mode => Mode.Delay({ latency })

/**
 * @since 0.1.0
 * @category modes
 */
export const stall: Mode = Mode.Stall()

/**
 * @since 0.1.0
 * @category modes
 */
export const blackHole: Mode = Mode.BlackHole()

/**
 * @since 0.1.0
 * @category modes
 */
export const halfOpen = (arrives: "at the server" | "at the client"): Mode => Mode.HalfOpen({ arrives })

/**
 * @since 0.1.0
 * @category modes
 */
export const garbage = (bytes: Uint8Array | string = "\u0007\u0000?no such protocol\r\n"): Mode =>
  Mode.Garbage({ bytes })

/**
 * @since 0.1.0
 * @category modes
 */
export const cut: Mode = Mode.Cut()

/**
 * @since 0.1.0
 * @category modes
 */
export const refuse: Mode = Mode.Refuse()

/**
 * @since 0.1.0
 * @category models
 */
export interface Counters {
  /** Connections so far. */
  readonly accepted: number
  /** Connections at this moment. */
  readonly open: number
  /** Bytes that arrived at the server so far. */
  readonly bytesToServer: number
  /** Bytes of the server that arrived at the client so far. */
  readonly bytesToClient: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TcpProxy {
  readonly host: string
  readonly port: number
  /** The server's URL, with the proxy's host and port in place of its own. */
  readonly url: string
  /**
   * From now on. A connection that has lost bytes does not come back to life: it is reset when the mode that swallowed
   * them is over.
   */
  readonly set: (mode: Mode) => Effect.Effect<void, TestServerError>
  /**
   * From now on connections go to the server of this URL, as when a name is given to another host. Those that are open stay
   * where they are until somebody ends them.
   */
  readonly retarget: (serverUrl: string) => Effect.Effect<void>
  /** Resets the connections that are open, whatever the mode. */
  readonly reset: Effect.Effect<void>
  readonly counters: Effect.Effect<Counters>
}

const host = "127.0.0.1"

interface Target {
  readonly host: string
  readonly port: number
}

const targetOf = ({ hostname, port }: URL): Target => ({
  host: hostname.replace(/^\[(.*)\]$/, "$1"),
  port: Number(port)
})

class Proxy {
  readonly links = new Set<Link>()
  mode: Mode = pass
  accepted = 0
  bytesToServer = 0
  bytesToClient = 0
  #listener: net.Server | undefined
  #port = 0

  constructor(public target: Target) {}

  get port(): number {
    return this.#port
  }

  listen(): Effect.Effect<void, TestServerError> {
    return Effect.async((resume) => {
      const listener = net.createServer({ allowHalfOpen: true }, (socket) => {
        this.accepted++
        if (this.mode._tag === "Cut") socket.resetAndDestroy()
        else this.links.add(new Link(this, socket))
      })
      listener.once("error", (error) => resume(new TestServerError({ message: error.message })))
      listener.listen({ host, port: this.#port }, () => {
        const address = listener.address()
        if (address !== null && typeof address === "object") this.#port = address.port
        this.#listener = listener
        resume(Effect.void)
      })
    })
  }

  close(): Effect.Effect<void> {
    return Effect.async((resume) => {
      const listener = this.#listener
      this.#listener = undefined
      if (listener === undefined) return resume(Effect.void)
      listener.close(() => resume(Effect.void))
      this.reset()
    })
  }

  reset(): void {
    for (const link of this.links) link.reset()
  }

  set(mode: Mode): Effect.Effect<void, TestServerError> {
    return Effect.suspend(() => {
      this.mode = mode
      if (mode._tag === "Refuse") return this.close()
      if (mode._tag === "Cut") this.reset()
      for (const link of this.links) link.changed()
      return this.#listener === undefined ? this.listen() : Effect.void
    })
  }
}

type Side = "server" | "client"

/** One connection of a client, and the one to the server behind it. */
class Link {
  readonly #server: net.Socket
  readonly #timers = new Set<NodeJS.Timeout>()
  /** What is on its way in each direction. */
  readonly #lines: Record<Side, Array<{ readonly at: number; readonly deliver: () => void }>> = {
    client: [],
    server: []
  }
  #lost = false

  constructor(readonly proxy: Proxy, readonly client: net.Socket) {
    this.#server = net.connect({ ...proxy.target, allowHalfOpen: true })
    this.#join(client, this.#server, "server")
    this.#join(this.#server, client, "client")
    if (proxy.mode._tag === "Stall") this.changed()
  }

  #join(from: net.Socket, to: net.Socket, side: Side): void {
    from.setNoDelay(true)
    from.on("data", (chunk: Buffer) => this.#carry(chunk, to, side))
    from.on("end", () => this.#later(side, () => to.end()))
    from.on("error", () => this.reset())
    from.on("close", () => {
      this.#later(side, () => to.destroySoon())
      if (to.destroyed) this.#forget()
    })
  }

  #carry(chunk: Buffer, to: net.Socket, side: Side): void {
    const { mode } = this.proxy
    if (mode._tag === "Garbage") {
      this.#lost = true
      if (side === "server") this.client.write(mode.bytes)
    } else if (mode._tag === "BlackHole" || (mode._tag === "HalfOpen" && mode.arrives !== `at the ${side}`)) {
      this.#lost = true
    } else {
      this.#later(side, () => {
        if (to.destroyed) return
        if (side === "server") this.proxy.bytesToServer += chunk.length
        else this.proxy.bytesToClient += chunk.length
        to.write(chunk)
      })
    }
  }

  #later(side: Side, deliver: () => void): void {
    const { mode } = this.proxy
    const latency = mode._tag === "Delay" ? Duration.toMillis(mode.latency) : 0
    const line = this.#lines[side]
    line.push({ at: performance.now() + latency, deliver })
    if (line.length === 1) this.#deliver(side)
  }

  /** One after the other, whatever the latency was when each came: none overtakes. */
  #deliver(side: Side): void {
    const line = this.#lines[side]
    for (let first = line[0]; first !== undefined; first = line[0]) {
      const left = Math.ceil(first.at - performance.now())
      if (left > 0) {
        const timer = setTimeout(() => {
          this.#timers.delete(timer)
          this.#deliver(side)
        }, left)
        this.#timers.add(timer)
        return
      }
      first.deliver()
      line.shift()
    }
  }

  changed(): void {
    const { mode } = this.proxy
    const swallows = mode._tag === "BlackHole" || mode._tag === "HalfOpen" || mode._tag === "Garbage"
    if (this.#lost && !swallows) return this.reset()
    for (const socket of [this.client, this.#server]) {
      if (mode._tag === "Stall") socket.pause()
      else socket.resume()
    }
  }

  reset(): void {
    this.#forget()
    this.client.resetAndDestroy()
    this.#server.resetAndDestroy()
  }

  #forget(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.proxy.links.delete(this)
  }
}

/**
 * Stands in front of a server for as long as the scope lasts, and passes everything on until told otherwise. Its times
 * are real, whatever the clock of the test.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { RedisServer, TcpProxy } from "holdfast/testing"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const redis = yield* RedisServer.make()
 *   const proxy = yield* TcpProxy.make(redis.url)
 *   // clients connect to proxy.url
 *   yield* proxy.set(TcpProxy.blackHole)
 *   yield* proxy.set(TcpProxy.pass)
 * }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (serverUrl: string): Effect.Effect<TcpProxy, TestServerError, Scope.Scope> =>
  Effect.gen(function*() {
    const url = new URL(serverUrl)
    const proxy = new Proxy(targetOf(url))
    yield* Effect.acquireRelease(proxy.listen(), () => proxy.close())
    url.hostname = host
    url.port = String(proxy.port)
    return {
      counters: Effect.sync(() => ({
        accepted: proxy.accepted,
        bytesToClient: proxy.bytesToClient,
        bytesToServer: proxy.bytesToServer,
        open: proxy.links.size
      })),
      host,
      port: proxy.port,
      reset: Effect.sync(() => proxy.reset()),
      retarget: (serverUrl) =>
        Effect.sync(() => {
          proxy.target = targetOf(new URL(serverUrl))
        }),
      set: (mode) => proxy.set(mode),
      url: url.href
    }
  })
