import * as Events from "../events.js"
import { inList } from "../shapes.js"

export const tidio = inList({
  algorithm: "hmac-sha256",
  content: ({ body }, timestamp) => [body, "_", timestamp],
  encoding: "hex",
  events: Events.byField("webhook_id"),
  header: "x-tidio-signature",
  id: "tidio",
  label: "s",
  secret: "the secret of the webhook in the panel",
  signs: "body_timestamp",
  title: "Tidio",
  tolerance: "5 minutes"
})
