import * as Either from "effect/Either"
import * as Events from "../events.js"
import { fault } from "../read.js"
import { inHeader } from "../shapes.js"

export const calCom = inHeader({
  algorithm: "hmac-sha256",
  check: (signature) =>
    signature === "no-secret-provided"
      ? fault("header-malformed", "Cal.com has no secret for this webhook: set one there")
      : Either.void,
  contents: ({ body }) => [[body]],
  encoding: "hex",
  events: Events.byFields([["triggerEvent"], ["payload", "uid"], ["createdAt"]]),
  header: "x-cal-signature-256",
  id: "cal-com",
  secret: "the secret of the webhook",
  signs: "body",
  title: "Cal.com"
})
