import * as Events from "../events.js"
import { inHeader } from "../shapes.js"

export const shopify = inHeader({
  algorithm: "hmac-sha256",
  contents: ({ body }) => [[body]],
  encoding: "base64",
  events: Events.byHeader("x-shopify-webhook-id", "shopify-webhook-id"),
  header: "x-shopify-hmac-sha256",
  id: "shopify",
  // its newer events come with names of this form
  otherHeader: "shopify-hmac-sha256",
  secret: "the client secret of the app; for webhooks made by hand, the one that the shop's settings show",
  signs: "body",
  title: "Shopify"
})
