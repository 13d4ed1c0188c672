/**
 * What Twilio's Messages API is sent, and what it answers.
 *
 * What is sent is strict: a message that Twilio is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and a status is read as a string, so that Twilio can grow.
 *
 * Source: Twilio's OpenAPI document (twilio/twilio-oai, twilio_api_v2010) and its reference of the Message resource.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field, Form } from "holdfast"

const sid = (prefixes: string, title: string) =>
  Schema.String.pipe(
    Schema.pattern(new RegExp(`^(${prefixes})[0-9a-fA-F]{32}$`), {
      message: () => `${title}: ${prefixes.replace("|", " or ")} and 32 hexadecimal digits`
    })
  )

/** A field that may come several times: a form does not tell one value from a list of one. */
const several = (item: Schema.Schema<string>, max: number) => {
  const items = Schema.Array(item).pipe(Schema.minItems(1), Schema.maxItems(max))
  return Schema.transform(Schema.Union(Schema.String, Schema.Array(Schema.String)), items, {
    strict: true,
    decode: (value) => typeof value === "string" ? [value] : value,
    encode: (values) => values
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category sent
 */
export const AccountSid = sid("AC", "the SID of an account")

/**
 * @since 0.1.0
 * @category sent
 */
export const MessageSid = sid("SM|MM", "the SID of a message")

/**
 * The account that a request is for: one's own, or a subaccount.
 *
 * @since 0.1.0
 * @category sent
 */
export const AccountPath = Schema.Struct({ accountSid: AccountSid })

/**
 * @since 0.1.0
 * @category sent
 */
export const MessagePath = Schema.Struct({ accountSid: AccountSid, sid: MessageSid })

const address = Schema.NonEmptyString

const webUrl = Schema.String.pipe(
  Schema.pattern(/^https?:\/\/[^\s]+$/i, { message: () => "a URL that Twilio can reach: http:// or https://" })
)

const json = Schema.String.pipe(
  Schema.filter((text) => {
    try {
      const value: unknown = JSON.parse(text)
      return typeof value === "object" && value !== null && !Array.isArray(value)
    } catch {
      return false
    }
  }, { message: () => "an object as JSON: {\"1\":\"Ada\"}" })
)

const dateTime = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/, {
    message: () => "a time in GMT, as in 2026-01-31T09:00:00Z"
  })
)

const Fields = Schema.Struct({
  /** A telephone number in E.164 form, `+15558675310`, or an address of another channel, `whatsapp:+15558675310`. */
  To: address,
  /** A number, a short code or an alphanumeric sender of the account. */
  From: Field.may(address),
  MessagingServiceSid: Field.may(sid("MG", "the SID of a messaging service")),
  /** At most 1,600 characters. */
  Body: Field.may(Schema.String.pipe(Schema.minLength(1), Schema.maxLength(1600))),
  /** At most 10. */
  MediaUrl: Field.may(several(webUrl, 10)),
  ContentSid: Field.may(sid("HX", "the SID of a content template")),
  /** An object as JSON, from the names of the template's variables to their values. */
  ContentVariables: Field.may(json),
  StatusCallback: Field.may(webUrl),
  ApplicationSid: Field.may(sid("AP", "the SID of an application")),
  /** In the currency of the account. */
  MaxPrice: Field.may(Schema.NumberFromString.pipe(Schema.nonNegative())),
  ProvideFeedback: Field.may(Schema.BooleanFromString),
  /** How many times this message has been tried before, this time included. */
  Attempt: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.positive())),
  /** Seconds in Twilio's queue after which the message is given up: 1 to 36,000. */
  ValidityPeriod: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 36_000))),
  SmartEncoded: Field.may(Schema.BooleanFromString),
  PersistentAction: Field.may(several(Schema.NonEmptyString, 100)),
  ShortenUrls: Field.may(Schema.BooleanFromString),
  ScheduleType: Field.may(Schema.Literal("fixed")),
  SendAt: Field.may(dateTime),
  SendAsMms: Field.may(Schema.BooleanFromString),
  RiskCheck: Field.may(Schema.Literal("enable", "disable")),
  ContentRetention: Field.may(Schema.Literal("retain", "discard")),
  AddressRetention: Field.may(Schema.Literal("retain", "obfuscate")),
  TrafficType: Field.may(Schema.Literal("free")),
  FallbackFrom: Field.may(address)
})

/** What Twilio wants to be there together. */
const lacking = (message: typeof Fields.Type): ReadonlyArray<Schema.FilterIssue> => {
  const issues: Array<Schema.FilterIssue> = []
  const lack = (path: string, message: string) => void issues.push({ path: [path], message })
  if (message.From === undefined && message.MessagingServiceSid === undefined) {
    lack("From", "a sender is missing: From or MessagingServiceSid")
  }
  if (message.Body === undefined && message.MediaUrl === undefined && message.ContentSid === undefined) {
    lack("Body", "there is nothing to send: Body, MediaUrl or ContentSid")
  }
  if (message.ContentVariables !== undefined && message.ContentSid === undefined) {
    lack("ContentVariables", "variables belong to a template: ContentSid is missing")
  }
  if (message.ScheduleType !== undefined && message.SendAt === undefined) {
    lack("SendAt", "a message that is scheduled needs the time at which it is sent")
  }
  if (message.SendAt !== undefined && message.ScheduleType === undefined) {
    lack("ScheduleType", "a message is scheduled by ScheduleType \"fixed\" beside SendAt")
  }
  if (message.ScheduleType !== undefined && message.MessagingServiceSid === undefined) {
    lack("MessagingServiceSid", "only a messaging service schedules messages")
  }
  return issues
}

/**
 * A message to send: to somebody, from a number or a messaging service, with a text, media or a template.
 *
 * @since 0.1.0
 * @category sent
 */
export const SendInput = Form.payload(Fields.pipe(Schema.filter(lacking)))

/**
 * The two changes that there are: a scheduled message is canceled, a text is taken away.
 *
 * @since 0.1.0
 * @category sent
 */
export const UpdateInput = Form.payload(Schema.Union(
  Schema.Struct({ Status: Schema.Literal("canceled") }),
  Schema.Struct({ Body: Schema.Literal("") })
))

const day = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?$/, {
    message: () => "a day or a time in GMT, as in 2026-01-31 or 2026-01-31T09:00:00Z"
  })
)

/**
 * Query of `messages.list`. `DateSent>` means "at that time or later", `DateSent<` "or earlier". `Page` and `PageToken` are
 * those of a page's link: `Pagination.items(…, lists(), …)` sets them.
 *
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({
  To: Field.may(address),
  From: Field.may(address),
  DateSent: Field.may(day),
  "DateSent<": Field.may(day),
  "DateSent>": Field.may(day),
  /** 1 to 1,000, Twilio's default 50. */
  PageSize: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000))),
  Page: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())),
  PageToken: Field.may(Schema.String)
})

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/** Twilio writes counts and prices as texts. */
const amount = Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.String, {
  strict: true,
  decode: String,
  encode: (text) => text
})

/**
 * A message. Its dates are those of RFC 2822, `Thu, 24 Aug 2023 05:01:45 +0000`: `Dates.parse` reads them.
 *
 * @since 0.1.0
 * @category read
 */
export const Message = Schema.Struct({
  sid: Schema.String,
  account_sid: Field.orNull(Schema.String),
  messaging_service_sid: Field.orNull(Schema.String),
  from: Field.orNull(Schema.String),
  to: Field.orNull(Schema.String),
  body: Field.orNull(Schema.String),
  num_segments: Field.orNull(amount),
  num_media: Field.orNull(amount),
  /** `inbound`, `outbound-api`, `outbound-call` or `outbound-reply`. */
  direction: Field.orNull(Schema.String),
  /**
   * `accepted`, `scheduled`, `queued`, `sending`, `sent`, `delivered`, `undelivered`, `failed`, `canceled`, `read`,
   * `partially_delivered`, `receiving` or `received`.
   */
  status: Field.orNull(Schema.String),
  /** Why it was not delivered: `TwilioErrors.delivery` knows what it means. */
  error_code: Field.orNull(Schema.Int),
  error_message: Field.orNull(Schema.String),
  price: Field.orNull(amount),
  price_unit: Field.orNull(Schema.String),
  date_created: Field.orNull(Schema.String),
  date_updated: Field.orNull(Schema.String),
  date_sent: Field.orNull(Schema.String),
  uri: Field.orNull(Schema.String),
  api_version: Field.orNull(Schema.String),
  subresource_uris: Field.orNull(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * A page of messages, the newest first. `next_page_uri` is the path of the next one on the same server, absent on the last.
 *
 * @since 0.1.0
 * @category read
 */
export const MessagePage = Schema.Struct({
  messages: Schema.Array(Message),
  first_page_uri: Field.orNull(Schema.String),
  next_page_uri: Field.orNull(Schema.String),
  previous_page_uri: Field.orNull(Schema.String),
  page: Field.orNull(Schema.Int),
  page_size: Field.orNull(Schema.Int),
  start: Field.orNull(Schema.Int),
  end: Field.orNull(Schema.Int),
  uri: Field.orNull(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Balance = Schema.Struct({
  account_sid: Field.orNull(Schema.String),
  balance: amount,
  currency: Schema.String
})

/**
 * An account. Twilio sends its auth token along, with which whoever has it is the account.
 *
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  sid: Schema.String,
  friendly_name: Field.orNull(Schema.String),
  /** `active`, `suspended` or `closed`. */
  status: Field.orNull(Schema.String),
  /** `Trial` or `Full`. */
  type: Field.orNull(Schema.String),
  auth_token: Field.orNull(Schema.Redacted(Schema.String)),
  owner_account_sid: Field.orNull(Schema.String),
  date_created: Field.orNull(Schema.String),
  date_updated: Field.orNull(Schema.String),
  uri: Field.orNull(Schema.String)
})
