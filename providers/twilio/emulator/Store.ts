/**
 * The messages that the Twilio emulator holds, and the rules that they obey.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import { Emulator } from "holdfast/testing"
import * as Dates from "../Dates.js"
import type * as Schemas from "../Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface SentMessage {
  readonly sid: string
  readonly messagingServiceSid: string | undefined
  readonly from: string | undefined
  readonly to: string
  body: string
  readonly media: ReadonlyArray<string>
  status: string
  errorCode: number | undefined
  readonly created: number
  updated: number
  sent: number | undefined
}

/**
 * @since 0.1.0
 * @category errors
 */
export const refused = (code: number, message: string, status = 400): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ status, code: String(code), message })

/**
 * @since 0.1.0
 * @category errors
 */
export const notFound = (path: string): Emulator.EmulatorError =>
  refused(20_404, `The requested resource ${path} was not found`, 404)

/** An address of a channel, a number in E.164 form, or a short code. */
const recipient = /^(?:[a-z]+:\S+|\+[1-9]\d{6,14}|\d{5,6})$/

/** The numbers of Twilio's test credentials, whose refusals are always the same. */
const magicTo: ReadonlyMap<string, (to: string) => Emulator.EmulatorError> = new Map([
  ["+15005550001", (to) => refused(21_211, `The 'To' number ${to} is not a valid phone number.`)],
  ["+15005550003", (to) => refused(21_408, `Permission to send an SMS has not been enabled for the region of ${to}.`)],
  ["+15005550004", () => refused(21_610, "Attempt to send to unsubscribed recipient")],
  ["+15005550009", (to) => refused(21_614, `'To' number: ${to}, is not a mobile number`)]
])

const magicFrom: ReadonlyMap<string, (from: string) => Emulator.EmulatorError> = new Map([
  ["+15005550001", (from) => refused(21_212, `The 'From' number ${from} is not a valid phone number.`)],
  [
    "+15005550007",
    (from) => refused(21_606, `The 'From' phone number ${from} is not a valid message-capable phone number.`)
  ]
])

/** The letters of GSM 03.38 fill a segment of 160, or of 153 where there are several; others make it 70 and 67. */
const segmentsOf = (body: string): number => {
  const gsm = /^[\n\r -_a-~¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ€]*$/u.test(body)
  const [alone, part] = gsm ? [160, 153] : [70, 67]
  return body.length <= alone ? 1 : Math.ceil(body.length / part)
}

const unfinished: ReadonlySet<string> = new Set(["accepted", "scheduled", "queued", "sending"])

/**
 * All messages of one account, in the order in which they were made. Its methods throw an `EmulatorError` for what Twilio
 * refuses, and have changed nothing then.
 *
 * @since 0.1.0
 * @category models
 */
export class Messages {
  readonly #bySid = new Map<string, SentMessage>()
  #last = 0

  get all(): ReadonlyArray<SentMessage> {
    return [...this.#bySid.values()]
  }

  send(input: typeof Schemas.SendInput.Type, now: number): SentMessage {
    if (!recipient.test(input.To)) {
      throw refused(21_211, `The 'To' number ${input.To} is not a valid phone number.`)
    }
    const problem = magicTo.get(input.To)?.(input.To) ??
      (input.From === undefined ? undefined : magicFrom.get(input.From)?.(input.From))
    if (problem !== undefined) throw problem
    const media = input.MediaUrl ?? []
    const record: SentMessage = {
      sid: `${media.length > 0 ? "MM" : "SM"}${(++this.#last).toString(16).padStart(32, "0")}`,
      messagingServiceSid: input.MessagingServiceSid,
      from: input.From,
      to: input.To,
      body: input.Body ?? "",
      media,
      // a messaging service has still to choose its sender
      status: input.ScheduleType === "fixed"
        ? "scheduled"
        : input.MessagingServiceSid === undefined
        ? "queued"
        : "accepted",
      errorCode: undefined,
      created: now,
      updated: now,
      sent: undefined
    }
    this.#bySid.set(record.sid, record)
    return record
  }

  find(sid: string): SentMessage {
    const record = this.#bySid.get(sid)
    if (record === undefined) throw notFound(`Messages/${sid}.json`)
    return record
  }

  /** What happens to a message on its way: the network took it, the telephone has it, or not. */
  setStatus(sid: string, status: string, options: { readonly now: number; readonly errorCode?: number }): SentMessage {
    const record = this.find(sid)
    record.status = status
    record.errorCode = options.errorCode
    record.updated = options.now
    if (!unfinished.has(status) && status !== "canceled") record.sent ??= options.now
    return record
  }

  cancel(sid: string, now: number): SentMessage {
    const record = this.find(sid)
    if (record.status === "canceled") return record
    if (record.status !== "scheduled") {
      throw refused(20_001, `A message that is ${record.status} cannot be canceled`)
    }
    return this.setStatus(sid, "canceled", { now })
  }

  redact(sid: string, now: number): SentMessage {
    const record = this.#finished(sid, "redact")
    record.body = ""
    record.updated = now
    return record
  }

  delete(sid: string): SentMessage {
    const record = this.#finished(sid, "delete")
    this.#bySid.delete(sid)
    return record
  }

  /** The newest first. */
  list(query: typeof Schemas.ListParams.Type): ReadonlyArray<SentMessage> {
    const at = (record: SentMessage) => record.sent ?? record.created
    return this.all
      .filter((one) =>
        (query.To === undefined || one.to === query.To) &&
        (query.From === undefined || one.from === query.From) &&
        (query.DateSent === undefined || within(at(one), query.DateSent)) &&
        (query["DateSent>"] === undefined || at(one) >= Date.parse(query["DateSent>"])) &&
        (query["DateSent<"] === undefined || at(one) < endOf(query["DateSent<"]))
      )
      .reverse()
      .sort((one, other) => at(other) - at(one))
  }

  #finished(sid: string, verb: string): SentMessage {
    const record = this.find(sid)
    if (unfinished.has(record.status)) {
      throw refused(20_009, `Cannot ${verb} message because delivery has not been completed.`, 409)
    }
    return record
  }
}

const dayMillis = 86_400_000

/** A day is whole, a time is a second. */
const endOf = (text: string): number => Date.parse(text) + (text.length === 10 ? dayMillis : 1000)

const within = (at: number, text: string): boolean => at >= Date.parse(text) && at < endOf(text)

const date = (millis: number): string => Dates.format(DateTime.unsafeMake(millis))

/**
 * A message as Twilio shows it.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (record: SentMessage, accountSid: string): typeof Schemas.Message.Type => {
  const path = `/2010-04-01/Accounts/${accountSid}/Messages/${record.sid}`
  return {
    sid: record.sid,
    account_sid: accountSid,
    ...(record.messagingServiceSid === undefined ? undefined : { messaging_service_sid: record.messagingServiceSid }),
    ...(record.from === undefined ? undefined : { from: record.from }),
    to: record.to,
    body: record.body,
    num_segments: String(segmentsOf(record.body)),
    num_media: String(record.media.length),
    direction: "outbound-api",
    status: record.status,
    ...(record.errorCode === undefined ? undefined : { error_code: record.errorCode }),
    price_unit: "USD",
    date_created: date(record.created),
    date_updated: date(record.updated),
    ...(record.sent === undefined ? undefined : { date_sent: date(record.sent) }),
    uri: `${path}.json`,
    api_version: "2010-04-01",
    subresource_uris: { media: `${path}/Media.json` }
  }
}
