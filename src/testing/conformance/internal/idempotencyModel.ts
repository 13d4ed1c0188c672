/** Any steps of three owners are answered as the core answers them. */
import { assert, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Idempotency from "../../../delivery/Idempotency.js"
import * as Core from "../../../delivery/internal/idempotencyCore.js"

// without waiting: what takes no time at all is over at once, and what takes an hour is not
const span = fc.constantFrom(0, 3_600_000, 3_600_000)
const owner = fc.constantFrom("a", "b", "c")

const step: fc.Arbitrary<Core.Step> = fc.oneof(
  {
    arbitrary: fc.record({
      _tag: fc.constant("begin" as const),
      fingerprint: fc.constantFrom("", "", "", "ü \"quoted\""),
      keep: span,
      lease: span,
      owner
    }),
    weight: 5
  },
  { arbitrary: fc.record({ _tag: fc.constant("renew" as const), keep: span, lease: span, owner }), weight: 2 },
  {
    arbitrary: fc.record({
      _tag: fc.constant("finish" as const),
      keep: span,
      outcome: fc.constantFrom("{}", "{\"success\":\"ü\"}"),
      owner
    }),
    weight: 3
  },
  { arbitrary: fc.record({ _tag: fc.constant("release" as const), owner }), weight: 1 }
)

export const test = <E>(layer: Layer.Layer<Idempotency.Idempotency, E>, numRuns: number): void => {
  it(
    "any steps of several owners are answered as the core answers them",
    () =>
      Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const { store } = Context.get(yield* Layer.build(layer), Idempotency.Idempotency)
        const runPromise = Runtime.runPromise(yield* Effect.runtime())
        const check = (steps: ReadonlyArray<Core.Step>) =>
          Effect.gen(function*() {
            const key = `conformance-${crypto.randomUUID()}`
            let record: Core.Record | undefined
            let last: { readonly owner: string; readonly token: number } | undefined
            for (const step of steps) {
              const now = yield* Clock.currentTimeMillis
              const [expected, after] = Core.take(record, step, now)
              const isKnown = record !== undefined && now < record.expiresAt
              record = after
              const answer = yield* store.take(key, step)
              assert.strictEqual(answer._tag, expected._tag, JSON.stringify(step))
              if (answer._tag === "done" && expected._tag === "done") {
                assert.strictEqual(answer.outcome, expected.outcome)
              }
              if (answer._tag === "running") assert.isTrue(answer.left > 0 && answer.left <= 3_600_000)
              if (answer._tag !== "run") continue
              // of one record each run has a greater token, and a run that is begun twice the same
              if (isKnown && last !== undefined) {
                if (last.owner === step.owner) assert.strictEqual(answer.token, last.token)
                else assert.isAbove(answer.token, last.token)
              }
              last = { owner: step.owner, token: answer.token }
            }
          })
        yield* Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(
              fc.array(step, { maxLength: 15, size: "max" }),
              (steps) => runPromise(check(steps))
            ),
            { numRuns }
          )
        )
      }))),
    300_000
  )
}
