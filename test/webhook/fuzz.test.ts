/** Ten thousand requests that nobody has signed, and ten thousand that somebody has changed, for each scheme. */
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Redacted } from "effect"
import { WebhookScheme } from "holdfast"
import { holds } from "../campaign.js"
import * as kit from "./kit.js"

/** Twenty times as many in a campaign. */
const everyDay = 500

const someBytes = fc.uint8Array({ maxLength: 200 })

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[A-Za-z0-9+/=]{0,90}$/),
  fc.stringMatching(/^(t=\d{0,12},)?(v1|v1a|v0|s|sha1|sha256)[=,][A-Za-z0-9+/=]{0,90}$/),
  fc.constantFrom("", "0", "1764144000", "1764144000000", "-1", "NaN", "v1,", "sha256=", "t=1,v1=", ",,,", "====")
)

const body = fc.oneof(
  someBytes,
  fc.json().map((json) => kit.bytes(json)),
  fc.webQueryParameters().map((query) => kit.bytes(query)),
  fc.constantFrom("", "[]", "[[[", "{\"type\":\"url_verification\",\"challenge\":1}", "mandrill_events=[", "%", "a=%zz")
    .map((odd) => kit.bytes(odd))
)

const url = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.string(),
  fc.constantFrom("", "/", "https://", "https://[::1]:x/", "https://a/?bodySHA256=%", "https://a/%E0%A4%A")
)

const requestFor = (scheme: WebhookScheme.Scheme): fc.Arbitrary<WebhookScheme.WebhookRequest> => {
  const names = fc.constantFrom(...scheme.headers, "content-type", "__proto__", "svix-id", "x-docusign-signature-2")
  const value = fc.oneof(
    { arbitrary: text, weight: 6 },
    { arbitrary: fc.array(text, { maxLength: 3 }), weight: 1 },
    { arbitrary: fc.constantFrom("application/json", "application/x-www-form-urlencoded"), weight: 2 }
  )
  return fc.record({
    body,
    headers: fc.dictionary(fc.oneof(names, fc.string()), value, { maxKeys: 8 }),
    method: fc.constantFrom("POST", "GET", "HEAD", "", "\u0000"),
    url
  })
}

/** What a form says, by another reader than the one that is tested; bytes as letters, so that none are lost. */
const saidBy = (body: Uint8Array, distinct: boolean): string => {
  const latin = Buffer.from(body).toString("latin1")
  // the reader takes bytes that are no text for one and the same
  const escaped = latin.replaceAll(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
  const pairs = escaped.split("&").filter((part) => part !== "").map((part) => {
    const [name = "", ...value] = part.split("=")
    const read = (text: string) =>
      text.replaceAll("+", " ").replaceAll(
        /%([0-9a-f]{2})/gi,
        (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))
      )
    return [read(name), read(value.join("="))]
  })
  const written = pairs.map((pair) => JSON.stringify(pair)).sort()
  const kept = distinct ? [...new Set(written)] : written
  // the schemes put nothing between a name, its value and the next name
  return kept.map((pair) => (JSON.parse(pair) as ReadonlyArray<string>).join("")).join("")
}

const isSame = (of: kit.Case, one: Uint8Array, other: Uint8Array): boolean =>
  /^(mandrill|twilio, a form)$/.test(of.name)
    ? saidBy(one, of.scheme.id === "twilio") === saidBy(other, of.scheme.id === "twilio")
    : Buffer.compare(one, other) === 0

type Change = (of: kit.Case, request: WebhookScheme.WebhookRequest) => WebhookScheme.WebhookRequest

const spliced = (bytes: Uint8Array, at: number, cut: number, put: Uint8Array): Uint8Array => {
  const place = bytes.length === 0 ? 0 : at % (bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)])
}

const splicedText = (text: string, at: number, cut: number, put: string): string => {
  const place = at % (text.length + 1)
  return text.slice(0, place) + put + text.slice(place + cut)
}

const inBody: fc.Arbitrary<Change> = fc.tuple(fc.nat(500), fc.nat(3), fc.uint8Array({ maxLength: 3 })).map(
  ([at, cut, put]) => (_, request) => ({ ...request, body: spliced(request.body, at, cut, put) })
)

const piece = fc.stringMatching(/^[A-Za-z0-9+/=,. ]{0,3}$/)

const inSignature: fc.Arbitrary<Change> = fc.tuple(fc.nat(200), fc.nat(3), piece).map(
  ([at, cut, put]) => (of, request) =>
    kit.withSignature(of, request, splicedText(kit.signatureOf(of, request), at, cut, put))
)

const inTimestamp: fc.Arbitrary<Change> = fc.tuple(fc.nat(20), fc.nat(3), fc.stringMatching(/^[0-9]{0,3}$/)).map(
  ([at, cut, put]) => (of, request) => kit.withTimestamp(of, request, (text) => splicedText(text, at, cut, put))
)

/** What is signed, and how: when all of it is as it was, nothing was changed. */
const isAsItWas = (
  of: kit.Case,
  before: WebhookScheme.WebhookRequest,
  after: WebhookScheme.WebhookRequest
): boolean => {
  // several signatures may stand there, and one that is right is enough
  const isSigned = kit.header(after, of.header).toLowerCase().includes(kit.signatureOf(of, before).toLowerCase())
  const stamps = [before, after].map((request) =>
    of.timestamp?.pattern.exec(kit.header(request, of.timestamp.header).trim())?.[2]?.trim()
  )
  return isSigned && stamps[0] === stamps[1] && isSame(of, before.body, after.body)
}

describe.each(kit.cases.map((of) => [of.name, of] as const))("%s", (_, of) => {
  const secrets = [of.secret[0], of.strangers[0]![0]].map((secret) => Redacted.make(secret))
  const options = { now: kit.now, scheme: of.scheme, secrets }
  const signed = kit.signAt(of, of.request)

  it("whatever nobody has signed is refused, and nothing throws", () =>
    holds(
      fc.property(requestFor(of.scheme), (request) => {
        const result = WebhookScheme.verify(request, options)
        assert.isTrue(Either.isLeft(result))
        WebhookScheme.challenge(request, of.scheme)
        WebhookScheme.events(request, of.scheme)
      }),
      everyDay
    ))

  it("whatever was changed is refused", () =>
    holds(
      fc.property(fc.array(fc.oneof(inBody, inSignature, inTimestamp), { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = changes.reduce((request, change) => change(of, request), signed)
        const result = WebhookScheme.verify(changed, options)
        if (Either.isRight(result)) assert.isTrue(isAsItWas(of, signed, changed))
      }),
      everyDay
    ))
})

describe("secret-path", () => {
  const options = {
    now: kit.now,
    scheme: WebhookScheme.secretPath,
    secrets: [Redacted.make("fake-secret-of-the-path")]
  }

  it("whoever does not know it is refused, and nothing throws", () =>
    holds(
      fc.property(requestFor(WebhookScheme.secretPath), (request) => {
        assert.isTrue(Either.isLeft(WebhookScheme.verify(request, options)))
        WebhookScheme.challenge(request, WebhookScheme.secretPath)
        WebhookScheme.events(request, WebhookScheme.secretPath)
      }),
      everyDay
    ))
})

it("what is signed is accepted, whatever the body", () =>
  holds(
    fc.property(fc.constantFrom(...kit.cases), body, (of, bytes) => {
      const result = kit.verify(of, kit.signAt(of, { ...of.request, body: bytes }))
      assert.isTrue(Either.isRight(result), of.name)
    }),
    everyDay
  ))
