/**
 * What operators say of an integration, kept in the same store as its messages, so that it holds for all processes and
 * lasts: one parked item each, in a queue of its own, which nobody claims.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { LeaseQueueError } from "../LeaseItem.js"
import type * as LeaseQueue from "../LeaseQueue.js"
import type { Paused } from "../OutboxMessage.js"

const Control = Schema.Struct({
  paused: Schema.NullOr(Schema.Struct({ reason: Schema.String, since: Schema.Number }))
})

type Control = typeof Control.Type

const decode = Schema.decodeUnknownEither(Schema.parseJson(Control))

const running: Control = { paused: null }

const pausedOf = (payload: string): Option.Option<Paused> =>
  Option.flatMap(
    Either.getRight(decode(payload)),
    ({ paused }) =>
      paused === null
        ? Option.none()
        : Option.some({ reason: paused.reason, since: DateTime.unsafeMake(paused.since) })
  )

export const make = (queue: LeaseQueue.LeaseQueue["Type"], name: string) => {
  const idOf = (integration: string) => `${name}/${integration}`

  /** There is an item of the integration afterwards. */
  const register = (integration: string, control: Control = running): Effect.Effect<boolean, LeaseQueueError> =>
    Effect.map(
      queue.offer([{
        id: idOf(integration),
        payload: JSON.stringify(control),
        queue: name,
        source: integration,
        state: "parked"
      }]),
      ([offered]) => offered?.created === true
    )

  const set = (integration: string, control: Control, detail: string): Effect.Effect<void, LeaseQueueError> =>
    Effect.gen(function*() {
      if (yield* register(integration, control)) return
      const item = yield* queue.get(idOf(integration))
      if (Option.isNone(item)) return yield* set(integration, control, detail)
      yield* queue.edit(item.value.id, item.value.version, { detail, payload: JSON.stringify(control) })
    }).pipe(
      // somebody else has just said something: who says it last is right
      Effect.catchIf((error) => error.reason === "version", () => set(integration, control, detail))
    )

  return {
    register,
    pause: (integration: string, reason: string): Effect.Effect<void, LeaseQueueError> =>
      Effect.flatMap(
        DateTime.now,
        (now) => set(integration, { paused: { reason, since: DateTime.toEpochMillis(now) } }, `paused: ${reason}`)
      ),
    resume: (integration: string): Effect.Effect<void, LeaseQueueError> => set(integration, running, "resumed"),
    paused: (integration: string): Effect.Effect<Option.Option<Paused>, LeaseQueueError> =>
      Effect.map(queue.get(idOf(integration)), Option.flatMap((item) => pausedOf(item.payload))),
    /** Of which a worker has run, or which has been paused. */
    integrations: (): Effect.Effect<ReadonlyArray<string>, LeaseQueueError> => {
      const from = (after: string | undefined): Effect.Effect<ReadonlyArray<string>, LeaseQueueError> =>
        Effect.flatMap(queue.list({ queue: name }, { after, limit: 500 }), ({ items, next }) => {
          const names = items.map((item) => item.source)
          return Option.isNone(next)
            ? Effect.succeed(names)
            : Effect.map(from(next.value), (rest) => [...names, ...rest])
        })
      return from(undefined)
    }
  }
}

export type OutboxControl = ReturnType<typeof make>
