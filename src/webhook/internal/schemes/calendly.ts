import * as Events from "../events.js"
import { inList } from "../shapes.js"

export const calendly = inList({
  algorithm: "hmac-sha256",
  content: ({ body }, timestamp) => [timestamp, ".", body],
  encoding: "hex",
  events: Events.byFields([["event"], ["payload", "uri"], ["created_at"]]),
  header: "calendly-webhook-signature",
  id: "calendly",
  label: "v1",
  secret: "the signing key that was given when the subscription was made, or the one of the OAuth app",
  signs: "timestamp.body",
  title: "Calendly",
  tolerance: "3 minutes"
})
