import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import * as querystring from "node:querystring"
import * as Signature from "../../../auth/Signature.js"
import * as Events from "../events.js"
import * as Form from "../form.js"
import type { Fault, Scheme, WebhookRequest } from "../model.js"
import * as Read from "../read.js"
import { common, hmacKeys } from "../shapes.js"

const header = "x-twilio-signature"
const bodyHash = "bodySHA256"

const parse = Option.liftThrowable((url: string) => new URL(url))

/** Its scheme, its host, its port, and the rest as it is written: a URL that is parsed comes out in other words. */
const pieces = /^([a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?:\[[^\]/?#]*\]|[^:/?#]*))(:\d*)?(.*)$/is

const withPort = (url: string): ReadonlyArray<string> => {
  const [, before, port, rest] = pieces.exec(url) ?? []
  if (before === undefined || rest === undefined) return [url]
  return [`${before}${rest}`, `${before}${port ?? (/^https:/i.test(url) ? ":443" : ":80")}${rest}`]
}

/** Some of its servers escape the query once more before they sign. */
const escapedAgain = (url: string): string => {
  const start = url.indexOf("?") + 1
  return start === 0 ? url : url.slice(0, start) + querystring.stringify(querystring.parse(url.slice(start)))
}

/** Its servers do not agree on ports and escapes: all that they are known to sign. */
const readings = (url: string, parsed: URL): ReadonlyArray<string> => {
  const normal = withPort(parsed.href)
  return [...new Set([url, ...withPort(url), ...normal, ...normal.map(escapedAgain)])]
}

const sha256 = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex")

/** What is signed behind the URL. Whatever else comes in a body must be bound by its hash in the URL. */
const signed = (request: WebhookRequest, hash: string | null): Either.Either<ReadonlyArray<Uint8Array>, Fault> =>
  hash !== null
    ? hash.toLowerCase() === sha256(request.body)
      ? Either.right([])
      : Read.fault("signature-mismatch", `the body is not the one whose hash the URL has (${bodyHash})`)
    : Read.isForm(request)
    ? Either.right(Form.sorted(Form.fieldsOf(request.body), { once: true }))
    : request.body.length === 0
    ? Either.right([])
    : Read.fault(
      "request-malformed",
      `there is a body that is no form, and the URL has no hash of it (${bodyHash}): it is not signed`
    )

export const twilio: Scheme = {
  ...common({
    algorithm: "hmac-sha1",
    encoding: "base64",
    events: Events.firstOf(
      Events.byHeader("i-twilio-idempotency-token"),
      Events.byFormFields(["MessageSid", "MessageStatus"])
    ),
    id: "twilio",
    secret: "the auth token of the account, and not the secret of an API key",
    signs:
      "URL, then the fields of the form in order of their names; for another body the URL alone, with its bodySHA256",
    title: "Twilio",
    usesUrl: true
  }),
  ...hmacKeys("hmac-sha1"),
  claim: (request, headers) =>
    Either.gen(function*() {
      const text = yield* headers.required(header)
      const parsed = Option.getOrUndefined(parse(request.url))
      if (parsed === undefined) return yield* Read.fault("request-malformed", "the URL is not a whole one")
      const [hash = null, second] = parsed.searchParams.getAll(bodyHash)
      if (second !== undefined) return yield* Read.fault("request-malformed", `the URL has more than one ${bodyHash}`)
      const fields = yield* signed(request, hash)
      return Read.claimOf(
        [{ algorithm: "hmac-sha1", encoding: "base64", text }],
        readings(request.url, parsed).map((url) => Read.join(url, ...fields))
      )
    }),
  headers: [header],
  seal: (request, { key }) => {
    const isBound = Read.isForm(request) || request.body.length === 0
    const separator = request.url.includes("?") ? "&" : "?"
    const url = isBound ? request.url : `${request.url}${separator}${bodyHash}=${sha256(request.body)}`
    const fields = isBound ? Form.sorted(Form.fieldsOf(request.body), { once: true }) : []
    const signature = Signature.sign(Read.join(url, ...fields), { encoding: "base64", key })
    return Read.withHeaders({ ...request, url }, { [header]: signature })
  }
}
