import * as Events from "../events.js"
import { inList } from "../shapes.js"

export const stripe = inList({
  algorithm: "hmac-sha256",
  content: ({ body }, timestamp) => [timestamp, ".", body],
  encoding: "hex",
  events: Events.byField("id"),
  header: "stripe-signature",
  id: "stripe",
  label: "v1",
  secret: "the signing secret of the endpoint, whsec_…, as it is: nothing of it is decoded",
  signs: "timestamp.body",
  title: "Stripe",
  tolerance: "5 minutes"
})
