import * as Option from "effect/Option"
import * as Challenges from "../challenges.js"
import * as Events from "../events.js"
import { json, textAt } from "../read.js"
import { inHeader } from "../shapes.js"

export const intercom = inHeader({
  algorithm: "hmac-sha1",
  challenge: Challenges.when(({ body }) =>
    textAt(Option.getOrUndefined(json(body)), "topic") === "ping" ? Challenges.ok("ping", { signed: true }) : undefined
  ),
  contents: ({ body }) => [[body]],
  encoding: "hex",
  events: Events.byField("id"),
  header: "x-hub-signature",
  id: "intercom",
  prefix: "sha1=",
  secret: "the client secret of the app",
  signs: "body",
  title: "Intercom"
})
