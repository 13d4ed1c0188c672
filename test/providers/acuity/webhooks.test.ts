import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Either, Option, Redacted, Schema } from "effect"
import { Form, WebhookScheme } from "holdfast"
import { Schemas } from "holdfast/providers/acuity"
import { createHmac } from "node:crypto"

describe("Acuity's traps: webhooks", () => {
  const key = "fake-acuity-key"
  const form = "action=changed&id=1001&calendarID=1&appointmentTypeID=11"
  const request = (body: string, signature: string): WebhookScheme.WebhookRequest => ({
    body: new TextEncoder().encode(body),
    headers: { "content-type": "application/x-www-form-urlencoded", "x-acuity-signature": signature },
    method: "POST",
    url: "https://app.example.com/hooks/acuity"
  })
  const mac = (text: string, encoding: "base64" | "hex" = "base64") =>
    createHmac("sha256", key).update(text).digest(encoding)
  const verified = (body: string, signature: string, later = 0) =>
    Either.isRight(
      WebhookScheme.verify(request(body, signature), {
        now: DateTime.unsafeMake(later),
        scheme: WebhookScheme.acuity,
        secrets: [Redacted.make(key)]
      })
    )

  it("are signed with the API key, over the form as it came, in Base64, for good", () => {
    assertTrue(verified(form, mac(form)))
    assertTrue(verified(form, mac(form), 10 * 365 * 24 * 3600 * 1000))
    assertTrue(!verified(form, mac(form, "hex")))
    assertTrue(!verified(form.replace("1001", "1002"), mac(form)))
    assertTrue(!verified(form.split("&").reverse().join("&"), mac(form)))
  })

  it("have no id: a second change of an appointment comes in the same words", () => {
    const events = Either.getOrThrow(WebhookScheme.events(request(form, mac(form)), WebhookScheme.acuity))
    deepStrictEqual(events.map(({ id }) => Option.isNone(id)), [true])
  })

  it("bring ids, with an action in either spelling; an order has no calendar", () => {
    const read = (text: string) => Schema.decodeUnknownSync(Schemas.WebhookForm)(Form.decode(text))
    deepStrictEqual(read(form), { action: "changed", appointmentTypeID: 11, calendarID: 1, id: 1001 })
    strictEqual(read(form.replace("changed", "appointment.changed")).action, "appointment.changed")
    const order = { action: "order.completed", id: 7 }
    deepStrictEqual(read("action=order.completed&id=7"), order)
    deepStrictEqual(read("action=order.completed&id=7&calendarID=&appointmentTypeID="), order)
  })
})
