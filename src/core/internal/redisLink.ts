/**
 * One connection to Redis, kept up. The driver's own ways of coming back are not used: its timers hold up a process that
 * has ended, its commands wait for an answer for ever, and after an answer that makes no sense it gives the next answers
 * to the wrong commands. Here a connection that shows any fault is thrown away with all that waits on it, and another one
 * is made.
 *
 * @internal
 */
import * as Either from "effect/Either"
import { Notice, RedisError } from "../Redis.js"

/**
 * What is asked of the driver's client.
 *
 * @internal
 */
export interface Connection {
  readonly connect: () => Promise<unknown>
  readonly destroy: () => void
  readonly sendCommand: (args: ReadonlyArray<string>) => Promise<unknown>
  readonly subscribe: (channel: string, listener: (text: string) => void) => Promise<unknown>
  readonly unsubscribe: (channel: string, listener: (text: string) => void) => Promise<unknown>
  readonly on: (event: "connect" | "ready" | "error" | "end", listener: (error?: unknown) => void) => unknown
  readonly ref: () => void
  readonly unref: () => void
}

/** @internal */
export interface Timing {
  readonly commandTimeout: number
  readonly connectTimeout: number
  readonly heartbeat: number
  readonly maxBackoff: number
}

/** @internal */
export interface Options extends Timing {
  /** A client that has not been connected yet, and does not reconnect by itself. */
  readonly create: () => Connection | Promise<Connection>
  /** The server's own no, as opposed to a failure on the way to it. */
  readonly isRefusal: (error: unknown) => boolean
  /** Whom error messages name. */
  readonly name: string
  /** Told once an outage. */
  readonly onDown: (error: RedisError) => void
  readonly onUp: () => void
}

/** @internal */
export type Done = (result: Either.Either<unknown, RedisError>) => void

/** Answers that are owed: beyond it a stalled server would cost memory without end. */
const maxOwed = 10_000

const describe = (error: unknown): string =>
  error instanceof Error && error.message !== "" ? error.message : String(error)

/** @internal */
export const refusal = (error: unknown): RedisError => {
  const message = describe(error)
  const code = /^[A-Z]+(?= |$)/.exec(message)?.[0]
  return new RedisError({ cause: error, code, message, reason: "refused" })
}

/** A timer that keeps no process alive. */
const after = (millis: number, run: () => void): NodeJS.Timeout => setTimeout(run, millis).unref()

/** Beyond it the timer was not late, but the process busy. */
const busy = 50

/**
 * Settles within the time, or is over. The time is the server's: a process that was itself too busy to send the command, or
 * to read the answer, waits once more.
 *
 * @internal
 */
export const within = (
  answer: Promise<unknown>,
  millis: number,
  done: (result: Either.Either<unknown, unknown>, timedOut: boolean) => void
): () => void => {
  let open = true
  let timer: NodeJS.Timeout
  const end = (result: Either.Either<unknown, unknown>, timedOut: boolean) => {
    if (!open) return
    open = false
    clearTimeout(timer)
    done(result, timedOut)
  }
  const arm = (again: boolean) => {
    const at = performance.now() + millis
    timer = after(millis, () => {
      if (again && performance.now() > at + busy) return arm(false)
      // in a turn of the event loop timers come before sockets: an answer may lie there unread
      setImmediate(() => end(Either.left(undefined), true))
    })
  }
  arm(true)
  answer.then((value) => end(Either.right(value), false), (error) => end(Either.left(error), false))
  return () => {
    open = false
    clearTimeout(timer)
  }
}

const inTime = <A>(answer: Promise<A>, millis: number): Promise<A> =>
  new Promise((resolve, reject) => {
    within(answer, millis, (result, timedOut) => {
      if (Either.isRight(result)) resolve(answer)
      else reject(timedOut ? new Error(`no answer within ${millis} ms`) : result.left)
    })
  })

/** One try at a connection, from its making to its end. */
class Session {
  ready = false
  over = false
  /** Commands without an answer so far, of which nobody may be waiting for some any more. */
  owed = 0
  /** When the server last said anything. */
  heard = 0
  readyAt = 0
  constructor(readonly connection: Connection) {}
}

/** @internal */
export class Link {
  #session: Session | undefined
  #attempts = 0
  #retry: NodeJS.Timeout | undefined
  #beat: NodeJS.Timeout | undefined
  #opened = false
  #closed = false
  #down: RedisError | undefined
  readonly #channels = new Map<string, Channel>()

  constructor(readonly options: Options) {}

  /**
   * Makes the first try, and tells how it went. Whatever that was, the link goes on trying until it is closed. It is
   * opened by the first subscriber at the latest.
   */
  async open(): Promise<RedisError | undefined> {
    this.#opened = true
    this.#beat = setInterval(() => this.#heartbeat(), this.options.heartbeat).unref()
    await this.#connect(true)
    return this.#down
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#beat)
    const session = this.#session
    this.#session = undefined
    if (session !== undefined) this.#destroy(session)
  }

  send(args: ReadonlyArray<string>, done: Done): () => void {
    const session = this.#session
    if (session === undefined || !session.ready) {
      done(Either.left(this.#away()))
      return () => undefined
    }
    if (session.owed >= maxOwed) {
      done(Either.left(this.#error("overloaded", `has ${maxOwed} commands to answer already`)))
      return () => undefined
    }
    const sentAt = performance.now()
    // a process that waits for an answer is not a finished one
    if (session.owed++ === 0) session.connection.ref()
    const answer = session.connection.sendCommand(args)
    const settled = () => {
      if (--session.owed === 0 && !session.over) session.connection.unref()
    }
    answer.then(() => {
      session.heard = performance.now()
      settled()
    }, (error) => {
      if (this.options.isRefusal(error)) session.heard = performance.now()
      settled()
    })
    return within(answer, this.options.commandTimeout, (result, timedOut) => {
      if (Either.isRight(result)) return done(Either.right(result.right))
      if (timedOut) {
        const error = this.#error("timeout", `did not answer within ${this.options.commandTimeout} ms`)
        // nothing at all since then: the connection is dead, or may as well be
        if (session.heard < sentAt) this.#drop(session, error)
        return done(Either.left(error))
      }
      if (!this.options.isRefusal(result.left)) {
        return done(
          Either.left(this.#error("lost", `was lost before it answered: ${describe(result.left)}`, result.left))
        )
      }
      const error = refusal(result.left)
      // a former master: the name may lead to the new one by now
      if (error.code === "READONLY") this.#drop(session, this.#fault(session, result.left))
      done(Either.left(error))
    })
  }

  subscribe(name: string, tell: (notice: Notice) => void): () => void {
    if (!this.#opened && !this.#closed) void this.open()
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      channel = new Channel(name)
      this.#channels.set(name, channel)
      if (this.#session?.ready === true) this.#attach(this.#session, channel)
    } else if (channel.attached) {
      tell(Notice.Attached())
    }
    const { subscribers } = channel
    subscribers.add(tell)
    return () => {
      if (!subscribers.delete(tell) || subscribers.size > 0) return
      this.#channels.delete(name)
      if (this.#session?.ready === true) {
        // one that cannot be taken back ends with the connection
        this.#session.connection.unsubscribe(name, channel.listener).catch(() => undefined)
      }
    }
  }

  #attach(session: Session, channel: Channel): void {
    within(
      session.connection.subscribe(channel.name, channel.listener),
      this.options.commandTimeout,
      (result, timedOut) => {
        if (session.over) return
        if (Either.isLeft(result)) {
          return this.#drop(
            session,
            timedOut
              ? this.#error("timeout", `did not subscribe within ${this.options.commandTimeout} ms`)
              : this.options.isRefusal(result.left)
              ? refusal(result.left)
              : this.#error("lost", `was lost: ${describe(result.left)}`, result.left)
          )
        }
        session.heard = performance.now()
        channel.attached = true
        channel.tell(Notice.Attached())
      }
    )
  }

  async #connect(first: boolean): Promise<void> {
    let session: Session | undefined
    try {
      // a cluster's node that is dead keeps who asks for it waiting
      const made = new Session(await inTime(Promise.resolve(this.options.create()), this.options.connectTimeout))
      session = made
      const { connection } = made
      connection.on("error", (error) => this.#drop(made, this.#fault(made, error)))
      connection.on("end", () => this.#drop(made, this.#error("lost", "closed the connection")))
      // the driver forgets a socket that it was told to give up while it was still connecting
      for (const event of ["connect", "ready"] as const) {
        connection.on(event, () => {
          if (made.over) connection.destroy()
        })
      }
      this.#session = made
      // nobody waits for a try of the background
      if (!first) connection.unref()
      if (this.#closed) throw new Error("the link is closed")
      await inTime(connection.connect(), this.options.connectTimeout)
      if (made.over) return
      connection.unref()
      made.ready = true
      made.readyAt = made.heard = performance.now()
    } catch (error) {
      const failed = this.#fault(session, error)
      if (session === undefined) this.#again(failed)
      else this.#drop(session, failed)
      return
    }
    const wasDown = this.#down !== undefined
    this.#down = undefined
    if (wasDown) this.options.onUp()
    for (const channel of this.#channels.values()) this.#attach(session, channel)
  }

  #destroy(session: Session): void {
    if (session.over) return
    session.over = true
    session.ready = false
    session.connection.destroy()
  }

  #drop(session: Session, error: RedisError): void {
    if (session.over) return
    this.#destroy(session)
    if (this.#session !== session) return
    this.#session = undefined
    for (const channel of this.#channels.values()) {
      if (!channel.attached) continue
      channel.attached = false
      channel.tell(Notice.Lost())
    }
    // one that breaks as soon as it is made is no better than none
    if (session.readyAt > 0 && performance.now() - session.readyAt > this.options.maxBackoff) this.#attempts = 0
    this.#again(error)
  }

  #again(error: RedisError): void {
    if (this.#closed) return
    const wasUp = this.#down === undefined
    this.#down = error
    if (wasUp) this.options.onDown(error)
    const pause = Math.min(50 * 2 ** Math.min(this.#attempts++, 16), this.options.maxBackoff) *
      (0.5 + Math.random() / 2)
    this.#retry = after(pause, () => void this.#connect(false))
  }

  /** Finds out whether an idle connection is a dead one, of which no subscriber would hear. */
  #heartbeat(): void {
    const session = this.#session
    if (session?.ready === true && performance.now() - session.heard >= this.options.heartbeat) {
      this.send(["PING"], () => undefined)
    }
  }

  #away(): RedisError {
    return this.#error(
      "disconnected",
      this.#closed ? "is not used any more" : this.#down === undefined ? "is not connected yet" : "is away",
      this.#down
    )
  }

  /** What is wrong with a connection, for whoever reads the log. */
  #fault(session: Session | undefined, error: unknown): RedisError {
    if (this.options.isRefusal(error)) {
      const { code, message } = refusal(error)
      return new RedisError({
        cause: error,
        code,
        message: `${this.options.name} refuses: ${message}`,
        reason: "refused"
      })
    }
    return session?.ready === true
      ? this.#error("lost", `was lost: ${describe(error)}`, error)
      : this.#error("disconnected", `cannot be reached: ${describe(error)}`, error)
  }

  #error(reason: RedisError["reason"], what: string, cause?: unknown): RedisError {
    return new RedisError({ cause, message: `${this.options.name} ${what}`, reason })
  }
}

class Channel {
  attached = false
  readonly subscribers = new Set<(notice: Notice) => void>()
  readonly listener = (text: string): void => this.tell(Notice.Message({ text }))
  constructor(readonly name: string) {}

  tell(notice: Notice): void {
    for (const subscriber of this.subscribers) subscriber(notice)
  }
}
