import * as Events from "../events.js"
import { inHeader } from "../shapes.js"

export const crisp = inHeader({
  algorithm: "hmac-sha256",
  contents: ({ body }, timestamp) => [["[", timestamp, ";", body, "]"]],
  encoding: "hex",
  events: Events.firstOf(
    Events.byFields([["website_id"], ["event"], ["data", "session_id"], ["data", "fingerprint"]]),
    Events.byFields([["website_id"], ["event"], ["timestamp"]], [["data", "session_id"], ["data", "people_id"]])
  ),
  header: "x-crisp-signature",
  id: "crisp",
  secret: "the secret of the plugin's hook; website hooks are not signed: secret-path",
  signs: "[timestamp;body]",
  // which of the two it is, is not written anywhere
  timestamp: { header: "x-crisp-request-timestamp", unit: "either" },
  title: "Crisp",
  tolerance: "5 minutes"
})
