import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fifo from "./fifo.js"

interface Waiter {
  holds: boolean
  readonly wake: () => void
}

/**
 * Slots with a fair bounded queue. A slot that comes free is handed straight to the first in line: O(1), nobody else
 * wakes, and no newcomer can slip in between.
 */
export class Slots {
  #active = 0
  readonly #queue = new Fifo.Fifo<Waiter>()

  constructor(readonly limit: number, readonly maxQueue: number) {}

  get active(): number {
    return this.#active
  }
  get waiting(): number {
    return this.#queue.size
  }

  #release(): void {
    const first = this.#queue.shift()
    if (first === undefined) {
      this.#active--
      return
    }
    first.holds = true
    first.wake()
  }

  withSlot<A, E, R, E2>(
    self: Effect.Effect<A, E, R>,
    full: () => E2,
    maxWait: Duration.Duration | undefined,
    tooLong: () => E2
  ): Effect.Effect<A, E | E2, R> {
    return Effect.uninterruptibleMask((restore) => {
      if (this.#active < this.limit) {
        this.#active++
        return this.#holding(restore(self))
      }
      if (this.#queue.size >= this.maxQueue) return Effect.fail(full())
      let waiter: Waiter | undefined
      let node: Fifo.Node<Waiter> | undefined
      const turn = Effect.async<void>((resume) => {
        waiter = { holds: false, wake: () => resume(Effect.void) }
        node = this.#queue.push(waiter)
      })
      return Effect.matchCauseEffect(
        restore(maxWait === undefined ? turn : Effect.timeoutFail(turn, { duration: maxWait, onTimeout: tooLong })),
        {
          onFailure: (cause) => {
            // handed a slot in the very moment of giving up: it goes to the next in line
            if (waiter?.holds === true) this.#release()
            else if (node !== undefined) this.#queue.remove(node)
            return Effect.failCause(cause)
          },
          onSuccess: () => this.#holding(restore(self))
        }
      )
    })
  }

  #holding<A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.matchCauseEffect(self, {
      onFailure: (cause) => {
        this.#release()
        return Effect.failCause(cause)
      },
      onSuccess: (value) => {
        this.#release()
        return Effect.succeed(value)
      }
    })
  }
}
