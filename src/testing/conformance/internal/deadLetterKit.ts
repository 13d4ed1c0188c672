/** What the specs of the dead letter queue have in common. */
import { assert } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import { letter } from "./deadLetters.js"

/** Declares a spec that is given a queue of its own. */
export type Test = <E>(
  behaviour: string,
  run: (service: Service, pass: Pass) => Effect.Effect<void, E, Scope.Scope>
) => void

/** Lets time pass, and whatever is due in it happen in its order. */
export type Pass = (duration: Duration.DurationInput) => Effect.Effect<void>

/** Also a store that waits for nothing lets the event loop have its turn, a few times for each item. */
const turns = Effect.repeatN(Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void))), 49)

/**
 * From one sleeper's time to the next: with a store whose steps take real time, a sleeper sets its next alarm only when
 * its step is done.
 */
export const passing = (settling: Effect.Effect<void>): Pass => (duration) =>
  Effect.gen(function*() {
    const settled = Effect.zipRight(turns, settling)
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
    while (true) {
      yield* settled
      const now = yield* Clock.currentTimeMillis
      const next = Chunk.reduce(yield* TestClock.sleeps(), end, (first, at) => at > now && at < first ? at : first)
      yield* TestClock.setTime(next)
      if (next === end) break
    }
    yield* settled
  })

export type Service = DeadLetterQueue.DeadLetterQueue["Type"]

export const idsOf = (letters: ReadonlyArray<DeadLetterQueue.DeadLetter>) => letters.map((letter) => letter.id)

export const captureMany = (service: Service, count: number, changes: Partial<DeadLetterQueue.NewDeadLetter> = {}) =>
  Effect.forEach(Array.from({ length: count }), () => service.capture(letter(changes)))

export const refusedWith = <A, E extends { readonly _tag: string; readonly reason?: unknown }>(
  effect: Effect.Effect<A, E>,
  tag: E["_tag"],
  reason?: string
) =>
  Effect.match(effect, {
    onFailure: (error) => {
      assert.strictEqual(error._tag, tag)
      if (reason !== undefined) assert.strictEqual("reason" in error ? error.reason : undefined, reason)
    },
    onSuccess: () => assert.fail(`should have failed with ${tag}`)
  })
