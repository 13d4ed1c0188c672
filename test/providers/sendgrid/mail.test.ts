/** SendGrid's own helper for mails, over its own client, against the emulator: what it writes is what the emulator reads. */
import { assert, describe, it } from "@effect/vitest"
import { Client } from "@sendgrid/client"
import { MailService } from "@sendgrid/mail"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/sendgrid"
import { asked, thrown } from "../promised.js"
import * as Kit from "./kit.js"

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const client = new Client()
  client.setApiKey("SG.fake-key")
  client.setDefaultRequest("baseUrl", baseUrl)
  const mail = new MailService()
  mail.setClient(client)
  return { emulator, mail }
})

/** A new one each time, since it writes into what it is given. */
const message = (
  to: string | Array<string | { readonly email: string; readonly name: string }> = "ada@example.com"
) => ({
  from: "The shop <shop@example.com>",
  subject: "Your order",
  text: "It is on its way.",
  to
})

describe("@sendgrid/mail", () => {
  it.scopedLive("sends one mail, as our client would", () =>
    Effect.gen(function*() {
      const { emulator, mail } = yield* started()
      const [answer] = yield* asked(() => mail.send(message()))
      assert.deepStrictEqual([answer.statusCode, answer.body], [202, ""])
      const { sent } = yield* emulator.state
      assert.deepStrictEqual(sent.map((one) => one.mail), [Kit.mail("ada@example.com")])
    }))

  it.scopedLive("sends to several: in one mail, each in one of its own, and several mails", () =>
    Effect.gen(function*() {
      const { emulator, mail } = yield* started()
      const to = ["ada@example.com", { email: "grace@example.com", name: "Grace" }]
      yield* asked(async () => {
        await mail.send({
          ...message(to),
          attachments: [{ content: "Zm9v", disposition: "attachment", filename: "a.txt", type: "text/plain" }],
          categories: ["orders"],
          cc: "alan@example.com",
          customArgs: { order: "42" },
          dynamicTemplateData: { first: "Ada" },
          replyTo: "help@example.com",
          sendAt: 1_900_000_000,
          templateId: `d-${"0".repeat(32)}`
        })
        await mail.sendMultiple(message(to))
        await mail.send([message("one@example.com"), message("other@example.com")])
      })
      const { sent } = yield* emulator.state
      const [first, ...others] = sent.map(({ mail: { personalizations } }) =>
        personalizations.map((one) => one.to.map(({ email }) => email))
      )
      assert.deepStrictEqual(first, [["ada@example.com", "grace@example.com"]])
      // of those that go at the same time, either may be the first
      assert.sameDeepMembers(others, [
        [["ada@example.com"], ["grace@example.com"]],
        [["one@example.com"]],
        [["other@example.com"]]
      ])
      const [whole] = sent
      assert.deepInclude(whole?.mail, {
        attachments: [{ content: "Zm9v", disposition: "attachment", filename: "a.txt", type: "text/plain" }],
        categories: ["orders"],
        reply_to: { email: "help@example.com" },
        send_at: 1_900_000_000,
        template_id: `d-${"0".repeat(32)}`
      })
      assert.deepInclude(whole?.mail.personalizations[0], { cc: [{ email: "alan@example.com" }] })
      assert.nestedPropertyVal(whole, "mail.personalizations[0].dynamic_template_data.first", "Ada")
    }))

  it.scopedLive("is refused in SendGrid's words", () =>
    Effect.gen(function*() {
      const { mail } = yield* started({ verifiedSenders: ["info@example.com"] })
      const unverified = yield* thrown(() => mail.send(message()))
      assert.propertyVal(unverified, "code", 403)
      assert.nestedProperty(unverified, "response.body.errors[0].message")
      const closed = yield* started({ authorize: () => false })
      assert.propertyVal(yield* thrown(() => closed.mail.send(message())), "code", 401)
    }))
})
