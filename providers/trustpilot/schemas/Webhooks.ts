/**
 * What Trustpilot sends of its own accord. None of it is signed.
 *
 * Source: support.trustpilot.com, "How to set up Trustpilot Webhooks"
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Tag } from "./Read.js"

/**
 * What has happened: `service-review-created`; of service and product reviews there are also those that were updated and
 * deleted. The address of who wrote it is never in it.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const Event = Schema.Struct({
  eventName: Schema.String,
  version: Field.maybe(Schema.String),
  eventData: Schema.Struct({
    id: Schema.String,
    language: Field.maybe(Schema.String),
    title: Field.maybe(Schema.String),
    text: Field.maybe(Schema.String),
    referenceId: Field.maybe(Schema.String),
    stars: Field.maybe(Schema.Number),
    createdAt: Field.maybe(Schema.String),
    updatedAt: Field.maybe(Schema.String),
    isVerified: Field.maybe(Schema.Boolean),
    locationId: Field.maybe(Schema.String),
    link: Field.maybe(Schema.String),
    consumer: Field.maybe(Schema.Struct({
      id: Field.maybe(Schema.String),
      name: Field.maybe(Schema.String),
      link: Field.maybe(Schema.String)
    })),
    tags: Field.list(Tag)
  })
})

/**
 * The body of a webhook: one event or several.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const Webhook = Schema.Struct({ events: Schema.NonEmptyArray(Event) })
