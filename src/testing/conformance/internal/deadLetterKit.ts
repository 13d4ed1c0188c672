/** What the specs of the dead letter queue have in common. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import { letter } from "./deadLetters.js"

/** Declares a spec that is given a queue of its own. */
export type Test = <E>(
  behaviour: string,
  run: (service: Service) => Effect.Effect<void, E, Scope.Scope>
) => void

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
