import * as Events from "../events.js"
import { inHeader } from "../shapes.js"

export const gitHub = inHeader({
  algorithm: "hmac-sha256",
  contents: ({ body }) => [[body]],
  encoding: "hex",
  events: Events.byHeader("x-github-delivery"),
  // and never x-hub-signature, which is SHA-1, and stands beside it
  header: "x-hub-signature-256",
  id: "github",
  prefix: "sha256=",
  secret: "the secret of the webhook, or of the app",
  signs: "body",
  title: "GitHub"
})
