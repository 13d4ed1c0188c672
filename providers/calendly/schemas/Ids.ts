/**
 * What Calendly calls its resources: by URIs.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * What Calendly calls the kinds of its resources, in their URIs.
 *
 * @since 0.1.0
 * @category ids
 */
export type Kind =
  | "event_types"
  | "invitee_no_shows"
  | "invitees"
  | "organizations"
  | "scheduled_events"
  | "users"
  | "webhook_subscriptions"

/**
 * The URI of one kind of resource, `https://api.calendly.com/users/AAAAAAAAAAAAAAAA`: the id by which Calendly knows it
 * everywhere but in paths.
 *
 * @since 0.1.0
 * @category ids
 */
export const Uri = (kind: Kind) =>
  Schema.String.pipe(
    Schema.pattern(new RegExp(`^https://[^/?#]+/(?:[^?#]+/)?${kind}/[\\w-]+$`), {
      message: () => `the URI of one of ${kind}, as in https://api.calendly.com/${kind}/AAAAAAAAAAAAAAAA`
    })
  )

/**
 * One resource of a kind in a path: its URI, of which the last part is sent, or that part.
 *
 * @since 0.1.0
 * @category ids
 */
export const Id = (kind: Kind) =>
  Schema.transform(
    Schema.String,
    Schema.String.pipe(
      Schema.pattern(new RegExp(`^(?:https://[^/?#]+/(?:[^?#]+/)?${kind}/)?[\\w-]+$`), {
        message: () => `one of ${kind}: its URI, or what comes last in it`
      })
    ),
    { strict: true, decode: (uuid) => uuid, encode: (id) => id.slice(id.lastIndexOf("/") + 1) }
  )
