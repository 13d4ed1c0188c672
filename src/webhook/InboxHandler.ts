/**
 * What is done with events of the inbox.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Event, InboxError } from "./InboxEvent.js"
import type { Source } from "./InboxSource.js"
import type * as handling from "./internal/inboxHandling.js"

/**
 * The handling of one event, in its handler.
 *
 * @since 0.1.0
 * @category tags
 */
export class Handling extends Context.Tag("holdfast/InboxHandling")<Handling, {
  readonly commit: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | InboxError, R>
}>() {}

/**
 * Does what a handler writes, and completes the event, in one transaction: both or neither. Where another worker has got the
 * event meanwhile, it is rolled back. Wants `Inbox/Sql`, over the handler's own `SqlClient`; else fails with reason
 * `no-transaction`, before anything is done.
 *
 * Nothing but statements should be in it: where others write too, it may be done more than once until it is committed, and
 * SQLite has no room for anybody else meanwhile. Once for an event, and last: after it the event is handled, whatever its
 * handler does.
 *
 * @example
 * ```ts
 * import * as SqlClient from "@effect/sql/SqlClient"
 * import { Effect } from "effect"
 * import { Inbox } from "holdfast"
 *
 * const payments = Inbox.source({ id: "payments", eventId: (event: { readonly id: string }) => event.id })
 *
 * const onPayment = Inbox.on(payments, (event) =>
 *   Effect.gen(function*() {
 *     const sql = yield* SqlClient.SqlClient
 *     yield* Inbox.commit(sql`UPDATE orders SET paid = 1 WHERE id = ${event.value.id}`)
 *   }))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const commit = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | InboxError, R | Handling> =>
  Effect.flatMap(Handling, (handling) => handling.commit(effect))

/**
 * What is done with the events of one source.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handler<out R> {
  readonly source: Source<unknown>
  readonly isConfirmed: boolean
  /** @internal */
  readonly run: (raw: handling.Raw, commit: handling.Commit) => Effect.Effect<handling.Verdict, unknown, R>
}

/**
 * Handles the events of a source. What it fails with is tried again; a bug too.
 *
 * `confirm` is for what is not signed: it asks the provider's API what of the event is true, and gives that, or none, where
 * the event is then ignored. A worker says so at its start when a source needs it and has none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const on = <A, E, R, E2 = never, R2 = never>(
  source: Source<A>,
  handler: (event: Event<A>) => Effect.Effect<unknown, E, R>,
  options: { readonly confirm?: ((event: Event<A>) => Effect.Effect<Option.Option<A>, E2, R2>) | undefined } = {}
): Handler<Exclude<R | R2, Handling>> => ({
  isConfirmed: options.confirm !== undefined,
  run: (raw, commit) =>
    Effect.gen(function*() {
      const { value } = yield* source.read(raw.body, raw.headers["content-type"] ?? "")
      const event: Event<A> = { ...raw, value }
      const confirmed = options.confirm === undefined ? Option.some(value) : yield* options.confirm(event)
      if (Option.isNone(confirmed)) return "unconfirmed" as const
      yield* handler({ ...event, value: confirmed.value })
      return "handled" as const
    }).pipe(Effect.provideService(Handling, { commit })),
  source
})
