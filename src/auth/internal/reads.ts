/** What is read by name: once for all who want the same at the same time, and the latest of them kept. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"

type Running<A, E> = Deferred.Deferred<Option.Option<A>, E>

/** Entries by name, so many at most: those that were kept longest ago go. */
export class Reads<A, E> {
  readonly #kept = new Map<string, A>()
  readonly #running = new Map<string, Running<A, E>>()

  constructor(readonly capacity: number) {}

  kept(name: string): A | undefined {
    return this.#kept.get(name)
  }

  drop(name: string): void {
    this.#kept.delete(name)
  }

  /** What is under way may have read what was there before: it is not kept, and the next who asks reads anew. */
  outdate(name: string): void {
    this.#running.delete(name)
  }

  /** One read for all who want the same. Where the one who reads is interrupted, another one reads. */
  read(name: string, read: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const running = this.#running.get(name)
      if (running !== undefined) {
        return Effect.flatMap(
          Deferred.await(running),
          Option.match({ onNone: () => this.read(name, read), onSome: Effect.succeed })
        )
      }
      const own: Running<A, E> = Deferred.unsafeMake(FiberId.none)
      this.#running.set(name, own)
      return Effect.onExit(read, (exit) => {
        if (this.#running.get(name) === own) {
          this.#running.delete(name)
          if (Exit.isSuccess(exit)) this.keep(name, exit.value)
        }
        return Deferred.done(
          own,
          Exit.isFailure(exit) && exit.cause._tag !== "Fail"
            ? Exit.succeed(Option.none())
            : Exit.map(exit, Option.some)
        )
      })
    })
  }

  keep(name: string, entry: A): void {
    this.#kept.delete(name)
    this.#kept.set(name, entry)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.capacity) break
      this.#kept.delete(oldest)
    }
  }
}
