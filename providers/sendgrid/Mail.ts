/**
 * A mail, as SendGrid wants it, and what it says of one.
 *
 * Source: SendGrid's OpenAPI document of mail/send (twilio/sendgrid-oai), and its reference of the Event Webhook.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Address } from "./Schemas.js"

const texts = Schema.Record({ key: Schema.String, value: Schema.String })

/** Epoch seconds, at most 72 hours ahead. */
const time = Schema.Int.pipe(Schema.positive())

/**
 * @since 0.1.0
 * @category sent
 */
export const Party = Schema.Struct({ email: Address, name: Field.may(Schema.String) })

const parties = Schema.Array(Party).pipe(Schema.minItems(1), Schema.maxItems(1000))

/**
 * Who gets a copy of the mail, and what is different in it.
 *
 * @since 0.1.0
 * @category sent
 */
export const Personalization = Schema.Struct({
  to: parties,
  cc: Field.may(parties),
  bcc: Field.may(parties),
  from: Field.may(Party),
  subject: Field.may(Schema.NonEmptyString),
  headers: Field.may(texts),
  /** Of a template of the older kind. */
  substitutions: Field.may(texts),
  dynamic_template_data: Field.may(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  /** Comes back with every event of the mail. */
  custom_args: Field.may(texts),
  send_at: Field.may(time)
})

const base64 = Schema.NonEmptyString.pipe(
  Schema.filter((text) => Either.isRight(Encoding.decodeBase64(text)), { message: () => "the file in Base64" })
)

const Attachment = Schema.Struct({
  content: base64,
  filename: Schema.NonEmptyString,
  type: Field.may(Schema.String),
  disposition: Field.may(Schema.Literal("inline", "attachment")),
  content_id: Field.may(Schema.String)
})

const setting = Schema.Struct({ enable: Schema.Boolean })

const MailSettings = Schema.Struct({
  /** Looked at and answered with 200, and not sent. */
  sandbox_mode: Field.may(setting),
  bypass_list_management: Field.may(setting),
  bypass_spam_management: Field.may(setting),
  bypass_bounce_management: Field.may(setting),
  bypass_unsubscribe_management: Field.may(setting),
  footer: Field.may(
    Schema.Struct({ enable: Schema.Boolean, text: Field.may(Schema.String), html: Field.may(Schema.String) })
  )
})

const TrackingSettings = Schema.Struct({
  click_tracking: Field.may(Schema.Struct({ enable: Schema.Boolean, enable_text: Field.may(Schema.Boolean) })),
  open_tracking: Field.may(Schema.Struct({ enable: Schema.Boolean, substitution_tag: Field.may(Schema.String) })),
  subscription_tracking: Field.may(Schema.Struct({
    enable: Schema.Boolean,
    text: Field.may(Schema.String),
    html: Field.may(Schema.String),
    substitution_tag: Field.may(Schema.String)
  })),
  ganalytics: Field.may(Schema.Struct({
    enable: Schema.Boolean,
    utm_source: Field.may(Schema.String),
    utm_medium: Field.may(Schema.String),
    utm_term: Field.may(Schema.String),
    utm_content: Field.may(Schema.String),
    utm_campaign: Field.may(Schema.String)
  }))
})

const Fields = Schema.Struct({
  personalizations: Schema.Array(Personalization).pipe(Schema.minItems(1), Schema.maxItems(1000)),
  from: Party,
  reply_to: Field.may(Party),
  reply_to_list: Field.may(parties),
  subject: Field.may(Schema.NonEmptyString),
  content: Field.may(
    Schema.Array(Schema.Struct({ type: Schema.NonEmptyString, value: Schema.NonEmptyString })).pipe(Schema.minItems(1))
  ),
  attachments: Field.may(Schema.Array(Attachment)),
  template_id: Field.may(Schema.NonEmptyString),
  headers: Field.may(texts),
  categories: Field.may(Schema.Array(Schema.String.pipe(Schema.maxLength(255))).pipe(Schema.maxItems(10))),
  custom_args: Field.may(texts),
  send_at: Field.may(time),
  batch_id: Field.may(Schema.NonEmptyString),
  asm: Field.may(Schema.Struct({
    group_id: Schema.Int,
    groups_to_display: Field.may(Schema.Array(Schema.Int).pipe(Schema.maxItems(25)))
  })),
  ip_pool_name: Field.may(Schema.String.pipe(Schema.minLength(2), Schema.maxLength(64))),
  mail_settings: Field.may(MailSettings),
  tracking_settings: Field.may(TrackingSettings)
})

/** What SendGrid wants to be there together. */
const lacking = (mail: typeof Fields.Type): ReadonlyArray<Schema.FilterIssue> => {
  const issues: Array<Schema.FilterIssue> = []
  const lack = (path: string, message: string) => void issues.push({ path: [path], message })
  // a template has both
  if (mail.template_id === undefined) {
    if (mail.content === undefined) lack("content", "there is nothing to send: content, or template_id")
    if (mail.subject === undefined && mail.personalizations.some(({ subject }) => subject === undefined)) {
      lack("subject", "a subject is missing: of the mail, or of each of its personalizations")
    }
  }
  if (mail.reply_to !== undefined && mail.reply_to_list !== undefined) {
    lack("reply_to_list", "reply_to or reply_to_list, not both")
  }
  return issues
}

/**
 * A mail to send. It needs a subject and content, or a template.
 *
 * @since 0.1.0
 * @category sent
 */
export const Mail = Fields.pipe(Schema.filter(lacking))

/**
 * @since 0.1.0
 * @category read
 */
export const Batch = Schema.Struct({ batch_id: Schema.String })

/**
 * The id that SendGrid gave a mail, by which its events name it (`sg_message_id` begins with it). It comes in a header, for
 * the answer has no body.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Mail, SendGrid } from "holdfast/providers/sendgrid"
 *
 * const send = (payload: typeof Mail.Mail.Type) =>
 *   Effect.gen(function*() {
 *     const sendgrid = yield* SendGrid
 *     const [, response] = yield* sendgrid.mail.send({ payload, withResponse: true })
 *     return Mail.messageId(response)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const messageId = (response: { readonly headers: Headers.Headers }): Option.Option<string> =>
  Option.fromNullable(response.headers["x-message-id"])

/**
 * One event of the Event Webhook. What was given as `custom_args` stands beside its fields, as texts.
 *
 * @since 0.1.0
 * @category read
 */
export const Event = Schema.Struct(
  {
    /** The same when the event comes again. */
    sg_event_id: Schema.String,
    /**
     * `processed`, `dropped`, `delivered`, `deferred`, `bounce`, `open`, `click`, `spamreport`, `unsubscribe`,
     * `group_unsubscribe`, `group_resubscribe` or `account_status_change`.
     */
    event: Schema.String,
    /** Epoch seconds. */
    timestamp: Schema.Number,
    email: Field.maybe(Schema.String),
    sg_message_id: Field.maybe(Schema.String),
    "smtp-id": Field.maybe(Schema.String),
    category: Field.maybe(Schema.Union(Schema.String, Schema.Array(Schema.String))),
    reason: Field.maybe(Schema.String),
    status: Field.maybe(Schema.String),
    response: Field.maybe(Schema.String),
    attempt: Field.maybe(Schema.Union(Schema.String, Schema.Number)),
    /** Of a bounce: `bounce` or `blocked`. */
    type: Field.maybe(Schema.String),
    url: Field.maybe(Schema.String),
    useragent: Field.maybe(Schema.String),
    ip: Field.maybe(Schema.String),
    asm_group_id: Field.maybe(Schema.Int)
  },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)

/**
 * @since 0.1.0
 * @category read
 */
export type Event = typeof Event.Type
