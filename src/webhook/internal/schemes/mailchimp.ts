import * as Challenges from "../challenges.js"
import * as Events from "../events.js"
import { inList } from "../shapes.js"

export const mailchimp = inList({
  algorithm: "hmac-sha256",
  challenge: Challenges.when((request) =>
    Challenges.isProbe(request) ? Challenges.ok("probe", { signed: false }) : undefined
  ),
  content: ({ body }, timestamp) => [timestamp, ".", body],
  encoding: "hex",
  // not all of them are in each event, and together they say which it is
  events: Events.byFormFields(["type", "fired_at"], ["data[list_id]", "data[id]", "data[new_id]", "data[email]"]),
  header: "x-mailchimp-signature",
  id: "mailchimp",
  label: "v1",
  secret: "the signing_secret in the answer that made the webhook, which is shown once",
  signs: "timestamp.body",
  title: "Mailchimp Marketing",
  tolerance: "5 minutes"
})
