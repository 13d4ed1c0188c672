import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Signature from "../../../auth/Signature.js"
import * as Events from "../events.js"
import { inHeader } from "../shapes.js"

export const sendGrid = inHeader({
  algorithm: "ecdsa-p256",
  contents: ({ body }, timestamp) => [[timestamp, body]],
  encoding: "base64",
  events: Events.arrayByFields(["sg_event_id"]),
  header: "x-twilio-email-event-webhook-signature",
  id: "sendgrid",
  keys: {
    signingKey: (secret) => Signature.privateKey("ecdsa-p256", secret),
    verifyingKeys: (secret) => Either.map(Signature.publicKey("ecdsa-p256", Redacted.value(secret)), (key) => [key])
  },
  secret: "the verification key of the webhook's settings: a public key, in Base64 or as PEM",
  signs: "timestamp, then body; the body ends with a line break, which is signed too",
  timestamp: { header: "x-twilio-email-event-webhook-timestamp", unit: "seconds" },
  title: "SendGrid Event Webhook",
  // its own SDK looks at no clock
  tolerance: "10 minutes"
})
