import * as Either from "effect/Either"
import * as Signature from "../../../auth/Signature.js"
import * as Events from "../events.js"
import type { ClaimedSignature, Scheme } from "../model.js"
import * as Read from "../read.js"
import { common, hmacKeys } from "../shapes.js"

const header = "x-docusign-signature-1"
const digestHeader = "x-authorization-digest"

/** One for each key that the account has. */
const isSignature = (name: string): boolean => /^x-docusign-signature-\d{1,3}$/.test(name)

export const docuSign: Scheme = {
  ...common({
    algorithm: "hmac-sha256",
    encoding: "base64",
    // retryCount is another with each attempt
    events: Events.byFields(
      [["event"], ["data", "envelopeId"], ["generatedDateTime"]],
      [["configurationId"], ["data", "recipientId"]]
    ),
    id: "docusign",
    secret: "a key of Connect, as it is shown: nothing of it is decoded",
    signs: "body",
    title: "DocuSign Connect"
  }),
  ...hmacKeys("hmac-sha256"),
  claim: (request, headers) =>
    Either.gen(function*() {
      const digest = yield* headers.optional(digestHeader)
      if (digest !== undefined && digest.toUpperCase() !== "HMACSHA256") {
        return yield* Read.fault("header-malformed", `the header ${digestHeader} names another digest than HMACSHA256`)
      }
      const names = headers.names.filter(isSignature)
      const found: Array<ClaimedSignature> = []
      for (const name of names.length === 0 ? [header] : names) {
        found.push({ algorithm: "hmac-sha256", encoding: "base64", text: yield* headers.required(name) })
      }
      return Read.claimOf(yield* Read.signaturesIn("x-docusign-signature-N", found, "…"), [request.body])
    }),
  headers: [header, digestHeader],
  seal: (request, { key }) =>
    Read.withHeaders(request, {
      [digestHeader]: "HMACSHA256",
      [header]: Signature.sign(request.body, { encoding: "base64", key })
    })
}
