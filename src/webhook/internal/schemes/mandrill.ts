import * as Challenges from "../challenges.js"
import * as Events from "../events.js"
import * as Form from "../form.js"
import type { WebhookRequest } from "../model.js"
import * as Read from "../read.js"
import { inHeader } from "../shapes.js"

const field = "mandrill_events"

const batch = (request: WebhookRequest): string | undefined =>
  Read.isForm(request) ? Form.first(Form.fieldsOf(request.body), field) : undefined

export const mandrill = inHeader({
  algorithm: "hmac-sha1",
  // when the webhook is made, its key is not known yet; and an empty batch has nothing that anybody could do
  challenge: Challenges.when((request) =>
    Challenges.isProbe(request) || batch(request)?.trim() === "[]"
      ? Challenges.ok("probe", { signed: false })
      : undefined
  ),
  contents: ({ body, url }) => [[url, ...Form.sorted(Form.fieldsOf(body), { once: false })]],
  encoding: "base64",
  events: (request) => {
    const events = batch(request)
    return events === undefined
      ? Read.fault("request-malformed", `the form has no ${field}`)
      : Events.splitArray(Buffer.from(events, "utf8"), () => undefined)
  },
  header: "x-mandrill-signature",
  id: "mandrill",
  secret: "the key of the webhook, which its settings show",
  signs: "URL, then the fields of the form in order of their names",
  title: "Mandrill (Mailchimp Transactional)",
  usesUrl: true
})
