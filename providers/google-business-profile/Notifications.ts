/**
 * What Google tells by Pub/Sub, read as it comes to a push endpoint. Pub/Sub signs nothing of it: the request has a token
 * (OIDC) of Google's in `Authorization`, which whoever is called has to verify.
 *
 * Sources: the discovery document of mybusinessnotifications v1; how Pub/Sub wraps a message that it pushes.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Body } from "holdfast"

/**
 * @since 0.1.0
 * @category models
 */
export interface Notification {
  /** Of the message: the same when it is delivered again. */
  readonly messageId: string
  /** `NEW_REVIEW`, `UPDATED_REVIEW` … */
  readonly type: string | undefined
  /** `accounts/…/locations/…` */
  readonly location: string | undefined
  /** `accounts/…/locations/…/reviews/…`: its parts are what `reviews.get` asks for. */
  readonly review: string | undefined
}

const parse = Schema.decodeUnknownOption(Schema.parseJson())

/** Google does not say how it writes the names of the fields. */
const field = (data: Body.Fields, ...names: ReadonlyArray<string>): string | undefined =>
  names.map((name) => Body.text(data[name])).find((text) => text !== undefined)

/**
 * Reads the body of a push, as JSON. Nothing where it is none: it may be answered with a 2xx, so that it does not come again.
 *
 * @example
 * ```ts
 * import { Notifications } from "holdfast/providers/google-business-profile"
 *
 * Notifications.fromPush({
 *   message: { data: btoa(JSON.stringify({ notificationType: "NEW_REVIEW" })), messageId: "1" },
 *   subscription: "projects/p/subscriptions/s"
 * }) // { messageId: "1", type: "NEW_REVIEW", … }
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromPush = (body: unknown): Notification | undefined => {
  const message = Body.record(Body.record(body)?.message)
  const messageId = message === undefined ? undefined : field(message, "messageId", "message_id")
  const text = Either.getOrUndefined(Encoding.decodeBase64String(Body.text(message?.data) ?? ""))
  const data = text === undefined ? undefined : Body.record(Option.getOrUndefined(parse(text)))
  if (messageId === undefined || data === undefined) return undefined
  return {
    messageId,
    type: field(data, "notificationType", "notification_type", "type"),
    location: field(data, "locationName", "location_name", "location"),
    review: field(data, "reviewName", "review_name", "review")
  }
}
