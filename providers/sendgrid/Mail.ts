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
import { Address } from "./Schemas.js"

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

const texts = Schema.Record({ key: Schema.String, value: Schema.String })

/** Epoch seconds, at most 72 hours ahead. */
const time = Schema.Int.pipe(Schema.positive())

/**
 * @since 0.1.0
 * @category sent
 */
export const Party = Schema.Struct({ email: Address, name: may(Schema.String) })

const parties = Schema.Array(Party).pipe(Schema.minItems(1), Schema.maxItems(1000))

/**
 * Who gets a copy of the mail, and what is different in it.
 *
 * @since 0.1.0
 * @category sent
 */
export const Personalization = Schema.Struct({
  to: parties,
  cc: may(parties),
  bcc: may(parties),
  from: may(Party),
  subject: may(Schema.NonEmptyString),
  headers: may(texts),
  /** Of a template of the older kind. */
  substitutions: may(texts),
  dynamic_template_data: may(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  /** Comes back with every event of the mail. */
  custom_args: may(texts),
  send_at: may(time)
})

const base64 = Schema.NonEmptyString.pipe(
  Schema.filter((text) => Either.isRight(Encoding.decodeBase64(text)), { message: () => "the file in Base64" })
)

const Attachment = Schema.Struct({
  content: base64,
  filename: Schema.NonEmptyString,
  type: may(Schema.String),
  disposition: may(Schema.Literal("inline", "attachment")),
  content_id: may(Schema.String)
})

const setting = Schema.Struct({ enable: Schema.Boolean })

const MailSettings = Schema.Struct({
  /** Looked at and answered with 200, and not sent. */
  sandbox_mode: may(setting),
  bypass_list_management: may(setting),
  bypass_spam_management: may(setting),
  bypass_bounce_management: may(setting),
  bypass_unsubscribe_management: may(setting),
  footer: may(Schema.Struct({ enable: Schema.Boolean, text: may(Schema.String), html: may(Schema.String) }))
})

const TrackingSettings = Schema.Struct({
  click_tracking: may(Schema.Struct({ enable: Schema.Boolean, enable_text: may(Schema.Boolean) })),
  open_tracking: may(Schema.Struct({ enable: Schema.Boolean, substitution_tag: may(Schema.String) })),
  subscription_tracking: may(Schema.Struct({
    enable: Schema.Boolean,
    text: may(Schema.String),
    html: may(Schema.String),
    substitution_tag: may(Schema.String)
  })),
  ganalytics: may(Schema.Struct({
    enable: Schema.Boolean,
    utm_source: may(Schema.String),
    utm_medium: may(Schema.String),
    utm_term: may(Schema.String),
    utm_content: may(Schema.String),
    utm_campaign: may(Schema.String)
  }))
})

const Fields = Schema.Struct({
  personalizations: Schema.Array(Personalization).pipe(Schema.minItems(1), Schema.maxItems(1000)),
  from: Party,
  reply_to: may(Party),
  reply_to_list: may(parties),
  subject: may(Schema.NonEmptyString),
  content: may(
    Schema.Array(Schema.Struct({ type: Schema.NonEmptyString, value: Schema.NonEmptyString })).pipe(Schema.minItems(1))
  ),
  attachments: may(Schema.Array(Attachment)),
  template_id: may(Schema.NonEmptyString),
  headers: may(texts),
  categories: may(Schema.Array(Schema.String.pipe(Schema.maxLength(255))).pipe(Schema.maxItems(10))),
  custom_args: may(texts),
  send_at: may(time),
  batch_id: may(Schema.NonEmptyString),
  asm: may(Schema.Struct({
    group_id: Schema.Int,
    groups_to_display: may(Schema.Array(Schema.Int).pipe(Schema.maxItems(25)))
  })),
  ip_pool_name: may(Schema.String.pipe(Schema.minLength(2), Schema.maxLength(64))),
  mail_settings: may(MailSettings),
  tracking_settings: may(TrackingSettings)
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
    email: maybe(Schema.String),
    sg_message_id: maybe(Schema.String),
    "smtp-id": maybe(Schema.String),
    category: maybe(Schema.Union(Schema.String, Schema.Array(Schema.String))),
    reason: maybe(Schema.String),
    status: maybe(Schema.String),
    response: maybe(Schema.String),
    attempt: maybe(Schema.Union(Schema.String, Schema.Number)),
    /** Of a bounce: `bounce` or `blocked`. */
    type: maybe(Schema.String),
    url: maybe(Schema.String),
    useragent: maybe(Schema.String),
    ip: maybe(Schema.String),
    asm_group_id: maybe(Schema.Int)
  },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)

/**
 * @since 0.1.0
 * @category read
 */
export type Event = typeof Event.Type
