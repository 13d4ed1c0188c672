/** What every scheme has to accept, and what it has to refuse. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Either, Option, Redacted } from "effect"
import { WebhookScheme } from "holdfast"
import * as kit from "./kit.js"

type Result = ReturnType<typeof kit.verify>

const accepts = (result: Result, secret = 0): WebhookScheme.Accepted => {
  if (Either.isLeft(result)) assert.fail(`${result.left.reason}: ${result.left.message}`)
  assert.strictEqual(result.right.secret, secret)
  return result.right
}

const refuses = (
  result: Result,
  ...reasons: ReadonlyArray<WebhookScheme.RefusedReason>
): WebhookScheme.WebhookRefusedError => {
  if (Either.isRight(result)) assert.fail("it was accepted")
  assert.include(reasons, result.left.reason, result.left.message)
  assert.notStrictEqual(result.left.message, "")
  return result.left
}

const mismatch = "signature-mismatch"

const isForm = (of: kit.Case) => String(of.request.headers["content-type"]).includes("urlencoded")

/** Those that sign what a form says, and not how it is written. */
const readsForm = (of: kit.Case) => /^(mandrill|twilio, a form)$/.test(of.name)

describe.each(kit.cases.map((of) => [of.name, of] as const))("%s", (_, of) => {
  const { request, scheme } = of
  const signed = kit.signAt(of, request)
  const [verifying, signing] = of.secret

  it("what it signs it accepts, whatever the case of the headers' names", () => {
    const { scheme: id, timestamp } = accepts(kit.verify(of, signed))
    assert.strictEqual(id, scheme.id)
    assert.deepStrictEqual(timestamp, of.timestamp === undefined ? Option.none() : Option.some(kit.now))
    assert.strictEqual(Option.isSome(scheme.tolerance), of.timestamp !== undefined)
    for (const change of [(name: string) => name.toUpperCase(), (name: string) => name.toLowerCase()]) {
      const headers = Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [change(name), value]))
      accepts(kit.verify(of, { ...signed, headers }))
    }
  })

  it("the headers that it names are those that it writes", () => {
    const written = Object.keys(signed.headers).filter((name) => !(name in request.headers))
    const named = scheme.id === "standard-webhooks" || scheme.id === "docusign" ? written : scheme.headers
    assert.deepStrictEqual(written.sort(), [...named].sort())
    for (const name of written) assert.include(scheme.headers, name)
  })

  it("another body is refused: a byte more, less, or other", () => {
    const { body } = signed
    for (let at = 0; at < body.length; at++) {
      const other = Uint8Array.from(body)
      // of a letter another letter: an escape that is written in other letters is the same
      other[at] = other[at]! ^ (isForm(of) ? 0x01 : 0x20)
      const isEscape = readsForm(of) && /%[0-9A-F]?$/.test(Buffer.from(body.subarray(0, at)).toString())
      if (!isEscape) refuses(kit.verify(of, { ...signed, body: other }), mismatch)
    }
    refuses(kit.verify(of, { ...signed, body: body.subarray(0, -1) }), mismatch)
    refuses(kit.verify(of, { ...signed, body: Buffer.concat([body, Buffer.from("x")]) }), mismatch)
  })

  it("a line break at the end that was added, or taken away", () => {
    for (const end of ["\n", "\r\n"]) {
      refuses(kit.verify(of, { ...signed, body: Buffer.concat([request.body, Buffer.from(end)]) }), mismatch)
      const ended = kit.signAt(of, { ...request, body: Buffer.concat([request.body, Buffer.from(end)]) })
      accepts(kit.verify(of, ended))
      refuses(kit.verify(of, { ...ended, body: request.body }), mismatch)
    }
  })

  it("an empty body is a body", () => {
    const empty = new Uint8Array(0)
    accepts(kit.verify(of, kit.signAt(of, { ...request, body: empty })))
    refuses(kit.verify(of, { ...signed, body: empty }), mismatch)
  })

  it("bytes that are no text are signed as they are", () => {
    const raw = Buffer.from([0x61, 0x3d, 0xff, 0xfe, 0x00, 0xc3, 0x28])
    const rawSigned = kit.signAt(of, { ...request, body: raw })
    accepts(kit.verify(of, rawSigned))
    const text = Buffer.from(raw.toString("utf8"), "utf8")
    assert.notDeepEqual(text, raw)
    refuses(kit.verify(of, { ...rawSigned, body: text }), mismatch)
  })

  if (!isForm(of)) {
    it("JSON that was parsed and written again is another body", () => {
      const again = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(request.body).toString())))
      refuses(kit.verify(of, { ...signed, body: again }), mismatch)
    })
  }

  it("the secret of another is refused, and so is a request that another has signed", () => {
    for (const [otherVerifying, otherSigning] of of.strangers) {
      refuses(kit.verify(of, signed, [otherVerifying]), mismatch)
      const forged = kit.signAt({ scheme, secret: [otherVerifying, otherSigning] }, request)
      const error = refuses(kit.verify(of, forged), mismatch)
      assert.notInclude(error.message, signing)
    }
  })

  it("secrets are exchanged: the right one is found among wrong ones, and is named", () => {
    const wrong = of.strangers.map(([verifying]) => verifying)
    for (let place = 0; place <= wrong.length; place++) {
      accepts(kit.verify(of, signed, [...wrong.slice(0, place), verifying, ...wrong.slice(place)]), place)
    }
    refuses(kit.verify(of, signed, wrong), mismatch)
  })

  it("without a secret nothing is accepted, and a secret that is none is said to be none", () => {
    for (const secrets of [[], [""], [" "], ["", "\n"]]) refuses(kit.verify(of, signed, secrets), "secret-missing")
    // one of two that is empty is a mistake, which would show when the other one is taken away
    refuses(kit.verify(of, signed, [verifying, ""]), "secret-malformed")
    assert.isTrue(Either.isRight(WebhookScheme.checkSecrets(scheme, [Redacted.make(verifying)])))
    assert.isTrue(Either.isLeft(WebhookScheme.checkSecrets(scheme, [])))
  })

  it("each header that it needs", () => {
    for (const name of scheme.headers.filter((name) => name !== "x-authorization-digest")) {
      const error = refuses(kit.verify(of, kit.withHeader(signed, name, undefined)), "header-missing")
      assert.include(error.message, name)
      refuses(kit.verify(of, kit.withHeader(signed, name, "")), "header-missing")
      refuses(kit.verify(of, kit.withHeader(signed, name, [])), "header-missing")
    }
  })

  it("no signature behind what announces one, half of one, more than one, and one of another version", () => {
    const signature = kit.signatureOf(of, signed)
    assert.isAbove(signature.length, 20)
    refuses(kit.verify(of, kit.withSignature(of, signed, "")), "header-malformed", "header-missing")
    for (
      const text of [
        signature.slice(0, -1),
        signature.slice(1),
        signature.slice(0, 8),
        `${signature}A`,
        `A${signature}`,
        signature + signature,
        [...signature].reverse().join(""),
        "x".repeat(signature.length),
        "é".repeat(signature.length),
        "\u0000"
      ]
    ) {
      refuses(kit.verify(of, kit.withSignature(of, signed, text)), mismatch, "header-malformed", "header-missing")
    }
    if (of.unknownVersion !== undefined) {
      const other = kit.withHeader(signed, of.header, of.unknownVersion(kit.header(signed, of.header)))
      refuses(kit.verify(of, other), "header-malformed")
    }
  })

  it("a header that came several times: the same value is one, and two are refused", () => {
    for (const name of scheme.headers.filter((name) => name in signed.headers)) {
      const value = kit.header(signed, name)
      accepts(kit.verify(of, kit.withHeader(signed, name, [value])))
      accepts(kit.verify(of, kit.withHeader(signed, name, [value, value])))
      refuses(kit.verify(of, kit.withHeader(signed, name, [value, `${value}0`])), "header-malformed")
      refuses(kit.verify(of, kit.withHeader(signed, name.toUpperCase(), "another")), "header-malformed")
    }
  })

  if (of.several !== undefined) {
    const { several } = of
    it("the right signature among three wrong ones", () => {
      const right = kit.signatureOf(of, signed)
      const wrong = of.strangers.map((secret) => {
        const forged = kit.signAt({ scheme, secret }, request)
        return kit.header(forged, of.header).replace(/^(t=\d+,)?((v1a?,)|((v1|s)=))?/, "")
      })
      assert.strictEqual(wrong.length, 3)
      for (let place = 0; place <= 3; place++) {
        accepts(kit.verify(of, several(signed, [...wrong.slice(0, place), right, ...wrong.slice(place)])))
      }
      refuses(kit.verify(of, several(signed, wrong)), mismatch)
      const many = Array.from({ length: 101 }, () => right)
      refuses(kit.verify(of, several(signed, many)), "header-malformed")
    })
  }

  if (of.timestamp !== undefined) {
    const { unit } = of.timestamp
    const tolerance = Duration.toMillis(Option.getOrThrow(scheme.tolerance))
    const shifted = (millis: number) => kit.signAt(of, request, DateTime.add(kit.now, { millis }))

    it("a timestamp that is one off is not the one that was signed", () => {
      for (const by of [-1, 1]) {
        const off = kit.withTimestamp(of, signed, (text) => String(Number(text) + by))
        refuses(kit.verify(of, off), mismatch)
      }
      refuses(kit.verify(of, kit.withTimestamp(of, signed, (text) => `0${text}`)), mismatch)
    })

    it("a timestamp that is no number", () => {
      for (const text of ["abc", "12abc", "1e9", "-5", "NaN", "0x5f", "1.5", "99999999999999999", "½"]) {
        refuses(kit.verify(of, kit.withTimestamp(of, signed, () => text)), "header-malformed")
      }
      refuses(kit.verify(of, kit.withTimestamp(of, signed, () => "")), "header-malformed", "header-missing")
    })

    it("is accepted to the edge of its tolerance in both directions, and not beyond it", () => {
      for (const [sign, reason] of [[-1, "too-old"], [1, "too-new"]] as const) {
        const { timestamp } = accepts(kit.verify(of, shifted(sign * tolerance)))
        assert.deepStrictEqual(timestamp, Option.some(DateTime.add(kit.now, { millis: sign * tolerance })))
        const error = refuses(kit.verify(of, shifted(sign * (tolerance + unit))), reason)
        assert.deepStrictEqual(error.by, Duration.millis(unit))
        const wider = WebhookScheme.verify(shifted(sign * (tolerance + unit)), {
          now: kit.now,
          scheme,
          secrets: [Redacted.make(verifying)],
          tolerance: Duration.millis(tolerance + unit)
        })
        accepts(wider)
      }
    })

    it("an old request of a stranger's is a stranger's, and not an old one", () => {
      const forged = kit.signAt({ scheme, secret: of.strangers[0]! }, request, DateTime.subtract(kit.now, { days: 1 }))
      refuses(kit.verify(of, forged), mismatch)
    })
  } else {
    it("nothing in it is dated: it is accepted a year later, as its documentation says", () => {
      accepts(WebhookScheme.verify(signed, {
        now: DateTime.add(kit.now, { years: 1 }),
        scheme,
        secrets: [Redacted.make(verifying)]
      }))
    })
  }

  it("what it says of a refusal repeats no secret, no signature and no body", () => {
    const text = "fake-and-not-to-be-repeated"
    for (
      const odd of [
        kit.withSignature(of, signed, text),
        kit.withTimestamp(of, signed, () => text),
        { ...signed, body: kit.bytes(text) }
      ]
    ) {
      const result = kit.verify(of, odd)
      if (Either.isRight(result)) continue
      const said = `${result.left.message} ${String(result.left)} ${JSON.stringify(result.left)}`
      for (const secret of [text, signing, verifying]) assert.notInclude(said, secret)
    }
  })
})

describe("what belongs to one scheme", () => {
  const of = (name: string): kit.Case => kit.cases.find((one) => one.name === name)!

  it("schemes are found by their ids, which are their own", () => {
    const ids = WebhookScheme.all.map(({ id }) => id)
    assert.strictEqual(new Set(ids).size, ids.length)
    for (const scheme of WebhookScheme.all) assert.deepStrictEqual(WebhookScheme.byId(scheme.id), Option.some(scheme))
    assert.deepStrictEqual(WebhookScheme.byId("hubspot-v1"), Option.none())
    const tested = new Set([...kit.cases.map(({ scheme }) => scheme.id), "secret-path"])
    for (const id of ids) assert.isTrue(tested.has(id), `${id} has no spec`)
  })

  it.each(["hubspot", "mandrill", "twilio, a form", "twilio, JSON"])("%s signs the URL", (name) => {
    const signed = kit.signAt(of(name), of(name).request)
    for (
      const url of [
        signed.url.replace("app.", "evil."),
        signed.url.replace("/webhooks", "/webhooks/"),
        signed.url.replace("x=1", "x=2"),
        `${signed.url}&y=1`
      ]
    ) {
      refuses(kit.verify(of(name), { ...signed, url }), mismatch)
    }
  })

  it("HubSpot signs the method; reads some escapes in the URL, or none; and its earlier versions are no way in", () => {
    const hubspot = of("hubspot")
    const signed = kit.signAt(hubspot, hubspot.request)
    refuses(kit.verify(hubspot, { ...signed, method: "PUT" }), mismatch)
    accepts(kit.verify(hubspot, { ...signed, method: "post" }))
    accepts(kit.verify(hubspot, { ...signed, url: signed.url.replace("%2F", "/") }))
    refuses(kit.verify(hubspot, { ...signed, url: signed.url.replace("&", "%26") }), mismatch)
    const v1 = { ...hubspot.request, headers: { "x-hubspot-signature": "00", "x-hubspot-signature-version": "v1" } }
    refuses(kit.verify(hubspot, v1), "header-missing")
  })

  it("GitHub's SHA-1 beside the other one is no way in", () => {
    const github = of("github")
    const old = WebhookScheme.hmac({ algorithm: "hmac-sha1", header: "x-hub-signature", prefix: "sha1=" })
    const signed = kit.signAt({ scheme: old, secret: github.secret }, github.request)
    accepts(kit.verify({ scheme: old, secret: github.secret }, signed))
    refuses(kit.verify(github, signed), "header-missing")
  })

  it("Standard Webhooks: the names of Svix, the commas of Supabase, versions of later times, no dot in an id", () => {
    const standard = of("standard-webhooks v1")
    const signed = kit.signAt(standard, standard.request)
    const svix = Object.fromEntries(
      Object.entries(signed.headers).map(([name, value]) => [name.replace("webhook-", "svix-"), value])
    )
    accepts(kit.verify(standard, { ...signed, headers: svix }))
    const signature = kit.header(signed, "webhook-signature")
    for (const text of [`v1,AAAA, ${signature}`, `${signature}, v1,AAAA`, `v2,AAAA ${signature}`, ` ${signature} `]) {
      accepts(kit.verify(standard, kit.withHeader(signed, "webhook-signature", text)))
    }
    const [bare] = standard.secret
    accepts(kit.verify(standard, signed, [bare.replace("whsec_", "")]))
    accepts(kit.verify(standard, signed, [`v1,whsec_${Buffer.from("other").toString("base64")}|v1,${bare}`]))
    refuses(kit.verify(standard, kit.withHeader(signed, "webhook-id", "msg.1")), "header-malformed")
    refuses(kit.verify(standard, kit.withHeader(signed, "webhook-id", "msg_1")), mismatch)
    // the text of v1 as v1a, and a key that must not leave the sender
    const v1a = of("standard-webhooks v1a")
    refuses(kit.verify(v1a, kit.withHeader(signed, "webhook-signature", signature.replace("v1", "v1a"))), mismatch)
    refuses(kit.verify(v1a, signed), mismatch)
    refuses(kit.verify(v1a, kit.signAt(v1a, v1a.request), [v1a.secret[1]]), "secret-malformed")
    refuses(kit.verify(standard, signed, ["whsec_not base64"]), "secret-malformed")
  })

  it("Cal.com without a secret says so in the place of a signature", () => {
    const calCom = of("cal-com")
    const error = refuses(
      kit.verify(calCom, kit.withHeader(calCom.request, "x-cal-signature-256", "no-secret-provided")),
      "header-malformed"
    )
    assert.include(error.message, "Cal.com has no secret for this webhook")
  })

  it("Crisp's timestamp may be in seconds or in milliseconds, as nothing says which", () => {
    const crisp = of("crisp")
    const inMillis = WebhookScheme.hmac({ header: "x-crisp-signature" })
    const at = (millis: number) => {
      const stamp = String(DateTime.toEpochMillis(kit.now) + millis)
      const content = Buffer.concat([Buffer.from(`[${stamp};`), crisp.request.body, Buffer.from("]")])
      const { headers } = kit.signAt({ scheme: inMillis, secret: crisp.secret }, { ...crisp.request, body: content })
      return { ...crisp.request, headers: { ...headers, "x-crisp-request-timestamp": stamp } }
    }
    accepts(kit.verify(crisp, at(0)))
    refuses(kit.verify(crisp, at(-300_001)), "too-old")
    refuses(kit.verify(crisp, at(300_001)), "too-new")
  })

  it("Shopify's newer names", () => {
    const shopify = of("shopify")
    const { headers, ...signed } = kit.signAt(shopify, shopify.request)
    const value = headers["x-shopify-hmac-sha256"]
    accepts(kit.verify(shopify, { ...signed, headers: { "shopify-hmac-sha256": value } }))
    refuses(kit.verify(shopify, { ...signed, headers: { "shopify-hmac-sha256": "AAAA" } }), mismatch)
  })

  it("DocuSign with another digest", () => {
    const docusign = of("docusign")
    const signed = kit.signAt(docusign, docusign.request)
    accepts(kit.verify(docusign, kit.withHeader(signed, "x-authorization-digest", undefined)))
    refuses(kit.verify(docusign, kit.withHeader(signed, "x-authorization-digest", "HMACSHA1")), "header-malformed")
  })

  it("Twilio: ports, a body that nothing binds, a second hash, and a form whose fields come in another order", () => {
    const twilio = of("twilio, a form")
    const signed = kit.signAt(twilio, twilio.request)
    accepts(kit.verify(twilio, { ...signed, url: signed.url.replace("example.com", "example.com:443") }))
    accepts(kit.verify(twilio, {
      ...signed,
      body: kit.bytes(
        Buffer.from(signed.body).toString().split("&").reverse().join("&")
      )
    }))
    const unbound = { ...signed, headers: { ...signed.headers, "content-type": "application/json" } }
    refuses(kit.verify(twilio, unbound), "request-malformed")
    refuses(kit.verify(twilio, { ...signed, url: "/webhooks" }), "request-malformed")
    const json = of("twilio, JSON")
    const bound = kit.signAt(json, json.request)
    assert.match(bound.url, /&bodySHA256=[0-9a-f]{64}$/)
    refuses(kit.verify(json, { ...bound, url: `${bound.url}&bodySHA256=00` }), "request-malformed")
  })

  describe("a secret path", () => {
    const scheme = WebhookScheme.secretPath
    const path = { scheme, secret: ["fake-secret-of-the-path/?", "fake-secret-of-the-path/?"] as const }
    const { request } = kit.cases[0]!

    it("is the end of the path, or a parameter; whole, and nowhere else", () => {
      const signed = kit.signAt(path, request)
      accepts(kit.verify(path, signed))
      accepts(kit.verify(path, { ...signed, body: kit.bytes("whatever") }))
      assert.isFalse(scheme.protectsBody)
      const text = encodeURIComponent(path.secret[0])
      for (const name of ["key", "secret", "token"]) {
        accepts(kit.verify(path, { ...request, url: `https://app.example.com/hooks?${name}=${text}` }))
      }
      for (
        const url of [
          `https://app.example.com/${text}/more`,
          `https://app.example.com/${text.slice(0, -3)}`,
          `https://app.example.com/${text}x`,
          `https://app.example.com/hooks?id=${text}`,
          `https://app.example.com/hooks#${text}`,
          `https://${text}@app.example.com/hooks`
        ]
      ) {
        refuses(kit.verify(path, { ...request, url }), mismatch)
      }
      for (const url of ["", "/", "https://app.example.com", "https://app.example.com/%"]) {
        refuses(kit.verify(path, { ...request, url }), "request-malformed")
      }
    })

    it("is long enough not to be guessed", () => {
      refuses(kit.verify(path, request, ["short"]), "secret-malformed")
      refuses(kit.verify(path, request, []), "secret-missing")
    })
  })
})
