/**
 * What Tidio's webhooks bring.
 *
 * Source: https://developers.tidio.com/docs/webhooks-structure and https://developers.tidio.com/reference/events
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { ContactProperty } from "./Read.js"

const envelope = {
  /** Of this delivery and of those that repeat it. */
  webhook_id: Schema.String,
  topic: Schema.String,
  /** When it was sent, in seconds since 1970. */
  created_at: Schema.Number,
  project_public_key: Field.maybe(Schema.String),
  version: Field.maybe(Schema.Number)
}

/**
 * Of any topic: `ticket.contact_replied`, `conversation.solved_by_operator`, … What `content` holds is the topic's.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const Webhook = Schema.Struct({
  ...envelope,
  content: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/**
 * Of `contact.created` and `contact.updated`.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const ContactWebhook = Schema.Struct({
  ...envelope,
  topic: Schema.Literal("contact.created", "contact.updated"),
  content: Schema.Struct({
    id: Schema.String,
    email: Field.maybe(Schema.String),
    phone: Field.maybe(Schema.String),
    first_name: Field.maybe(Schema.String),
    last_name: Field.maybe(Schema.String),
    distinct_id: Field.maybe(Schema.String),
    properties: Field.list(ContactProperty)
  })
})
