/** Every operation of Twilio, its answer checked. */
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Option } from "effect"
import { Dates, type Emulator as TwilioEmulator } from "holdfast/providers/twilio"
import type { Emulator } from "holdfast/testing"
import * as Kit from "./kit.js"

const { from, path, to } = Kit

/** Whatever happens to the message on its way, at the emulator. */
export const arrive = (emulator: Emulator.Emulator<TwilioEmulator.State>, sid: string, status = "delivered") =>
  Effect.flatMap(
    DateTime.now,
    (now) =>
      Effect.map(
        emulator.state,
        ({ messages }) => messages.setStatus(sid, status, { now: DateTime.toEpochMillis(now) })
      )
  )

export const everything = Effect.fnUntraced(function*(
  twilio: Kit.Client,
  emulator: Emulator.Emulator<TwilioEmulator.State>
) {
  const sms = yield* twilio.messages.send({
    path,
    payload: {
      Body: "Zoë & Ada: 1 + 1",
      From: from,
      StatusCallback: "https://app.example.com/sms?tenant=a%2Fb",
      To: to,
      ValidityPeriod: 600
    }
  })
  strictEqual(sms.sid.slice(0, 2), "SM")
  deepStrictEqual([sms.status, sms.from, sms.to, sms.num_segments], ["queued", from, to, "1"])
  strictEqual(sms.error_code, undefined)
  const created = Option.map(Dates.parse(sms.date_created ?? ""), DateTime.toEpochMillis)
  deepStrictEqual(created, Option.some(DateTime.toEpochMillis(yield* DateTime.now)))

  const mms = yield* twilio.messages.send({
    path,
    payload: { From: from, MediaUrl: ["https://a.example/1.png", "https://a.example/2.png"], SendAsMms: true, To: to }
  })
  deepStrictEqual([mms.sid.slice(0, 2), mms.num_media], ["MM", "2"])

  const one = yield* twilio.messages.send({
    path,
    payload: { Body: "one", From: from, MediaUrl: ["https://a.example/1.png"], To: to }
  })
  strictEqual(one.num_media, "1")

  const MessagingServiceSid = `MG${"0".repeat(32)}`
  const templated = yield* twilio.messages.send({
    path,
    payload: {
      ContentSid: `HX${"0".repeat(32)}`,
      ContentVariables: JSON.stringify({ 1: "Ada" }),
      MessagingServiceSid,
      To: "whatsapp:+15558675311"
    }
  })
  deepStrictEqual([templated.status, templated.messaging_service_sid], ["accepted", MessagingServiceSid])

  const scheduled = yield* twilio.messages.send({
    path,
    payload: {
      Body: "later",
      MessagingServiceSid,
      ScheduleType: "fixed",
      SendAt: "2026-12-24T18:00:00Z",
      To: to
    }
  })
  strictEqual(scheduled.status, "scheduled")
  const canceled = yield* twilio.messages.update({
    path: { ...path, sid: scheduled.sid },
    payload: { Status: "canceled" }
  })
  strictEqual(canceled.status, "canceled")

  yield* arrive(emulator, sms.sid)
  const delivered = yield* twilio.messages.get({ path: { ...path, sid: sms.sid } })
  deepStrictEqual([delivered.status, delivered.body], ["delivered", "Zoë & Ada: 1 + 1"])
  strictEqual(typeof delivered.date_sent, "string")

  const page = yield* twilio.messages.list({
    path,
    urlParams: { "DateSent>": "1970-01-01", PageSize: 2, To: to }
  })
  deepStrictEqual([page.messages.length, page.page, page.page_size], [2, 0, 2])
  assertInclude(page.next_page_uri, "PageToken=PA")
  const mine = yield* twilio.messages.list({ path, urlParams: { From: "+15550000000" } })
  deepStrictEqual([mine.messages.length, mine.next_page_uri], [0, undefined])

  const redacted = yield* twilio.messages.update({ path: { ...path, sid: sms.sid }, payload: { Body: "" } })
  strictEqual(redacted.body, "")
  strictEqual(yield* twilio.messages.delete({ path: { ...path, sid: sms.sid } }), undefined)
  const { messages } = yield* emulator.state
  deepStrictEqual(messages.all.map(({ sid }) => sid), [mms.sid, one.sid, templated.sid, scheduled.sid])

  const balance = yield* twilio.balance.get({ path })
  deepStrictEqual([balance.balance, balance.currency], ["100.00", "USD"])
  const account = yield* twilio.account.get({ path })
  deepStrictEqual([account.sid, account.status, account.type], [path.accountSid, "active", "Full"])
})
