import * as Events from "../events.js"
import { inHeader } from "../shapes.js"

export const acuity = inHeader({
  algorithm: "hmac-sha256",
  contents: ({ body }) => [[body]],
  encoding: "base64",
  // a second change of the same appointment comes in the same words
  events: Events.withoutId,
  header: "x-acuity-signature",
  id: "acuity",
  secret: "the API key of the account",
  signs: "body",
  title: "Acuity Scheduling"
})
