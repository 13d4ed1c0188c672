/**
 * Whether a message was sent, after its answer was lost.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type IntegrationError, Pagination } from "holdfast"
import * as Dates from "./Dates.js"
import { lists } from "./Pagination.js"
import type * as Schemas from "./Schemas.js"
import { Twilio } from "./Twilio.js"

/**
 * The newest message to `to` with this text that was made at `since` or later. Twilio has no key by which it would know a
 * message again: whoever sends one anew after an answer that was lost asks this first.
 *
 * The list is read for as long as its pages have a message in them that is new enough, and the dates of Twilio are whole
 * seconds. None does not say that nothing will appear: a request that Twilio still works on is in no list yet.
 *
 * @example
 * ```ts
 * import { DateTime, Effect } from "effect"
 * import { Reconcile } from "holdfast"
 * import { findSent, type Schemas, Twilio } from "holdfast/providers/twilio"
 *
 * const send = (accountSid: string, payload: typeof Schemas.SendInput.Type & { readonly Body: string }) =>
 *   Effect.gen(function*() {
 *     const { messages } = yield* Twilio
 *     const since = yield* DateTime.now
 *     return yield* messages.send({ path: { accountSid }, payload }).pipe(
 *       Reconcile.orFind(findSent({ accountSid, body: payload.Body, since, to: payload.To }))
 *     )
 *   })
 * ```
 *
 * @since 0.1.0
 * @category reconciliation
 */
export const findSent = (options: {
  readonly accountSid: string
  readonly to: string
  readonly body: string
  readonly from?: string | undefined
  readonly since: DateTime.DateTime
}): Effect.Effect<Option.Option<Schemas.Message>, IntegrationError.IntegrationError, Twilio> => {
  const since = Math.floor(DateTime.toEpochMillis(options.since) / 1000) * 1000
  const isNew = ({ date_created }: Schemas.Message) =>
    Option.match(Option.flatMap(Option.fromNullable(date_created), Dates.parse), {
      // one that does not say when it was made may be it
      onNone: () => true,
      onSome: (time) => DateTime.toEpochMillis(time) >= since
    })
  return Effect.flatMap(Twilio, (twilio) =>
    Pagination.pages(twilio.messages.list, lists(), {
      path: { accountSid: options.accountSid },
      urlParams: { To: options.to, ...(options.from === undefined ? undefined : { From: options.from }) }
    }).pipe(
      Stream.takeWhile(({ messages }) => messages.some(isNew)),
      Stream.mapConcat(({ messages }) => messages),
      Stream.filter((message) => isNew(message) && message.body === options.body),
      Stream.runHead
    ))
}
