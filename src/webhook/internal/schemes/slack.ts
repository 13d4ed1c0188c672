import * as Option from "effect/Option"
import * as Challenges from "../challenges.js"
import * as Events from "../events.js"
import { json, textAt } from "../read.js"
import { inHeader } from "../shapes.js"

export const slack = inHeader({
  algorithm: "hmac-sha256",
  challenge: Challenges.when((request) => {
    const body = Option.getOrUndefined(json(request.body))
    const challenge = textAt(body, "challenge")
    return textAt(body, "type") === "url_verification" && challenge !== undefined
      ? Challenges.echo("url_verification", challenge)
      : undefined
  }),
  contents: ({ body }, timestamp) => [["v0:", timestamp, ":", body]],
  encoding: "hex",
  events: Events.byField("event_id"),
  header: "x-slack-signature",
  id: "slack",
  prefix: "v0=",
  secret: "the signing secret of the app",
  signs: "v0:timestamp:body",
  timestamp: { header: "x-slack-request-timestamp", unit: "seconds" },
  title: "Slack",
  tolerance: "5 minutes"
})
