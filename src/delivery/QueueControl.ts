/**
 * What operators say of the queues of a lease queue: that one is paused, and why. It is kept in the same store as the items,
 * so that it holds for all processes and lasts: one parked item for each queue, in a queue of its own, which nobody claims.
 *
 * The outbox and the inbox have one each; it is here for faces of one's own.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { LeaseQueueError } from "./LeaseItem.js"
import type * as LeaseQueue from "./LeaseQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Paused {
  readonly reason: string
  readonly since: DateTime.Utc
}

/**
 * @since 0.1.0
 * @category models
 */
export interface QueueControl {
  /** Says that there is one of this name; `true` where nobody had said so before. */
  readonly register: (name: string) => Effect.Effect<boolean, LeaseQueueError>
  /** Who says it last is right. */
  readonly pause: (name: string, reason: string) => Effect.Effect<void, LeaseQueueError>
  readonly resume: (name: string) => Effect.Effect<void, LeaseQueueError>
  readonly paused: (name: string) => Effect.Effect<Option.Option<Paused>, LeaseQueueError>
  /** Those that were registered, paused or resumed. */
  readonly names: () => Effect.Effect<ReadonlyArray<string>, LeaseQueueError>
}

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

/**
 * `group` is the name of the queue in which it is kept.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (queue: LeaseQueue.LeaseQueue["Type"], group: string): QueueControl => {
  const idOf = (name: string) => `${group}/${name}`

  /** There is an item of the name afterwards. */
  const register = (name: string, control: Control): Effect.Effect<boolean, LeaseQueueError> =>
    Effect.map(
      queue.offer([{
        id: idOf(name),
        payload: JSON.stringify(control),
        queue: group,
        source: name,
        state: "parked"
      }]),
      ([offered]) => offered?.created === true
    )

  const set = (name: string, control: Control, detail: string): Effect.Effect<void, LeaseQueueError> =>
    Effect.gen(function*() {
      if (yield* register(name, control)) return
      const item = yield* queue.get(idOf(name))
      if (Option.isNone(item)) return yield* set(name, control, detail)
      yield* queue.edit(item.value.id, item.value.version, { detail, payload: JSON.stringify(control) })
    }).pipe(
      // somebody else has just said something: who says it last is right
      Effect.catchIf((error) => error.reason === "version", () => set(name, control, detail))
    )

  const from = (after: string | undefined): Effect.Effect<ReadonlyArray<string>, LeaseQueueError> =>
    Effect.flatMap(queue.list({ queue: group }, { after, limit: 500 }), ({ items, next }) => {
      const names = items.map((item) => item.source)
      return Option.isNone(next) ? Effect.succeed(names) : Effect.map(from(next.value), (rest) => [...names, ...rest])
    })

  return {
    register: (name) => register(name, running),
    pause: (name, reason) =>
      Effect.flatMap(
        DateTime.now,
        (now) => set(name, { paused: { reason, since: DateTime.toEpochMillis(now) } }, `paused: ${reason}`)
      ),
    resume: (name) => set(name, running, "resumed"),
    paused: (name) => Effect.map(queue.get(idOf(name)), Option.flatMap((item) => pausedOf(item.payload))),
    names: () => from(undefined)
  }
}
