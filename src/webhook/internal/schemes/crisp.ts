import * as Option from "effect/Option"
import * as Events from "../events.js"
import type { WebhookRequest } from "../model.js"
import { json, textAt } from "../read.js"
import { inHeader } from "../shapes.js"

const ofMessage = Events.byFields([["website_id"], ["event"], ["data", "session_id"], ["data", "fingerprint"]])

const ofTime = Events.byFields(
  [["website_id"], ["event"], ["timestamp"]],
  [["data", "session_id"], ["data", "people_id"], ["data", "fingerprint"]]
)

const once: ReadonlySet<string | undefined> = new Set(["message:received", "message:removed", "message:send"])

/** Of what happens to a message once; it may be edited, read or answered many times. */
const isOnce = ({ body }: WebhookRequest): boolean => once.has(textAt(Option.getOrUndefined(json(body)), "event"))

export const crisp = inHeader({
  algorithm: "hmac-sha256",
  contents: ({ body }, timestamp) => [["[", timestamp, ";", body, "]"]],
  encoding: "hex",
  events: (request, headers) => (isOnce(request) ? Events.firstOf(ofMessage, ofTime) : ofTime)(request, headers),
  header: "x-crisp-signature",
  id: "crisp",
  secret: "the secret of the plugin's hook; website hooks are not signed: secret-path",
  signs: "[timestamp;body]",
  // which of the two it is, is not written anywhere
  timestamp: { header: "x-crisp-request-timestamp", unit: "either" },
  title: "Crisp",
  tolerance: "5 minutes"
})
