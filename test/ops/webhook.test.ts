/** `holdfast webhook`: requests of providers, by hand. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { WebhookScheme } from "holdfast"
import { generateKeyPairSync } from "node:crypto"
import * as fs from "node:fs"
import * as files from "../delivery/files.js"
import { cli, json } from "./kit.js"

const secret = "fake-secret-of-this-side"
const env = { HOLDFAST_WEBHOOK_SECRET: secret }
const at = ["--now", "2026-11-26T08:00:00Z"]

const body = Effect.map(files.file, (file) => {
  // bytes that are no text, and a line break that is signed
  fs.writeFileSync(
    `${file}.body`,
    Buffer.concat([Buffer.from("[{\"id\":\"evt_1\"}] "), Buffer.from([0xff]), Buffer.from("\r\n")])
  )
  return `${file}.body`
})

const headersIn = (out: string): ReadonlyArray<string> =>
  Object.entries<string>(json(out).headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`])

describe("webhook sign and verify", () => {
  it.scopedLive("what is signed for a scheme is accepted, and not when anything is another", () =>
    Effect.gen(function*() {
      const file = yield* body
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" })
      const ofSendGrid = {
        signing: pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
        verifying: pair.publicKey.export({ format: "der", type: "spki" }).toString("base64")
      }
      for (const { id, protectsBody, tolerance } of WebhookScheme.all) {
        const form = ["twilio", "mandrill"].includes(id)
          ? ["--header", "Content-Type: application/x-www-form-urlencoded"]
          : []
        const given = ["--scheme", id, "--url", "https://app.example.com/hooks?x=1", "--body", file, ...form]
        const [signing, verifying] = id === "sendgrid"
          ? [ofSendGrid.signing, ofSendGrid.verifying]
          : id === "standard-webhooks"
          ? [`whsec_${Buffer.from(secret).toString("base64")}`, `whsec_${Buffer.from(secret).toString("base64")}`]
          : [secret, secret]
        const signed = yield* cli(["webhook", "sign", ...given, ...at, "--secret", signing, "--json"])
        assert.strictEqual(signed.code, 0, `${id} ${signed.err}`)
        const sent = ["--scheme", id, "--url", json(signed.out).url, "--body", file, ...form, ...headersIn(signed.out)]
        const verified = (more: ReadonlyArray<string>, key = verifying) =>
          cli(["webhook", "verify", ...sent, ...more, "--secret", key, "--json"])
        const right = yield* verified(at)
        const isBatch = ["hubspot", "mandrill", "sendgrid"].includes(id)
        // the body is no batch: the signature is right, and the events cannot be told
        if (isBatch) assert.include(right.err, "holdfast: the signature is right, but the ", id)
        else assert.strictEqual(json(right.out).accepted, true, id)
        assert.strictEqual(right.code, isBatch ? 1 : 0, id)
        const stranger = id === "sendgrid"
          ? generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "der", type: "spki" })
            .toString("base64")
          : id === "standard-webhooks"
          ? "whsec_AAAA"
          : "fake-secret-of-another"
        const wrong = yield* verified(at, stranger)
        assert.strictEqual(wrong.code, 1)
        assert.deepInclude(json(wrong.out), { accepted: false, reason: "signature-mismatch", scheme: id })
        const late = yield* verified(["--now", "2026-11-26T09:00:00Z"])
        if (tolerance._tag === "Some") {
          assert.deepInclude(json(late.out), { accepted: false, reason: "too-old" })
          assert.strictEqual(
            json(late.out).byMs,
            3_600_000 - json(
              (yield* cli(["webhook", "schemes", "--json"])).out
            ).schemes.find((scheme: { readonly id: string }) => scheme.id === id).toleranceMs
          )
        }
        if (protectsBody) {
          const other = sent.map((text) => text === file ? "-" : text)
          const tampered = yield* cli(["webhook", "verify", ...other, ...at, "--secret", verifying], { input: "a=b" })
          assert.strictEqual(tampered.code, 1)
          assert.match(tampered.out, /^refused: signature-mismatch: /)
        }
      }
    }))

  it.scopedLive("the secret comes from a variable, and without one nothing is accepted", () =>
    Effect.gen(function*() {
      const file = yield* body
      const given = ["--scheme", "github", "--body", file]
      const { out } = yield* cli(["webhook", "sign", ...given], { env })
      assert.match(out, /^x-hub-signature-256: sha256=[0-9a-f]{64}\n$/)
      const verify = ["webhook", "verify", ...given, "--header", out.trim()]
      const right = yield* cli(verify, { env })
      assert.deepInclude(right, { code: 0, err: "" })
      assert.match(right.out, /^accepted; this scheme has no timestamp.*\nevent sha256:[0-9a-f]{64}\n$/)
      const none = yield* cli(verify)
      assert.strictEqual(none.code, 1)
      assert.match(none.out, /^refused: secret-missing: /)
      assert.strictEqual((yield* cli(["webhook", "sign", ...given])).code, 2)
      const rotated = yield* cli([...verify, "--secret", "fake-new", "--secret", secret])
      assert.match(rotated.out, /^accepted; signed with secret 2 of 2; /)
      for (const result of [right, none, rotated]) assert.notInclude(result.out + result.err, secret)
    }))

  it.scopedLive("a challenge is said to be one", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* cli(
        ["webhook", "verify", "--scheme", "mailchimp", "--method", "GET", "--body", "-", "--json"],
        { env, input: "" }
      )
      assert.strictEqual(code, 1)
      assert.include(err, "it is a challenge (probe), answered unsigned")
      assert.deepInclude(json(out), { accepted: false, challenge: "probe", reason: "header-missing" })
    }))

  it.scopedLive("an HMAC of one's own, and wrong usage", () =>
    Effect.gen(function*() {
      const file = yield* body
      const shape = [
        "--hmac-header",
        "X-Mine",
        "--hmac-prefix",
        "sha512=",
        "--hmac-algorithm",
        "sha512",
        "--hmac-encoding"
      ]
      const given = ["--scheme", "hmac", "--body", file, ...shape, "base64url"]
      const { out } = yield* cli(["webhook", "sign", ...given], { env })
      assert.match(out, /^x-mine: sha512=[A-Za-z0-9_-]{86}\n$/)
      assert.strictEqual((yield* cli(["webhook", "verify", ...given, "--header", out.trim()], { env })).code, 0)
      const twice = [...given, "--header", out.trim(), "--header", "X-Mine: other"]
      assert.match((yield* cli(["webhook", "verify", ...twice], { env })).out, /^refused: header-malformed: /)
      const wrong: ReadonlyArray<readonly [code: number, ReadonlyArray<string>]> = [
        [2, ["--scheme", "nobody", "--body", file]],
        [2, ["--scheme", "twilio", "--body", file]],
        [2, ["--scheme", "stripe", "--body", file, "--hmac-header", "x"]],
        [2, ["--scheme", "stripe", "--body", file, "--header", "none"]],
        [2, ["--scheme", "stripe", "--body", file, "--now", "then"]],
        [2, ["--scheme", "stripe"]],
        [3, ["--scheme", "stripe", "--body", `${file}.none`]]
      ]
      for (const [code, argv] of wrong) {
        assert.strictEqual((yield* cli(["webhook", "verify", ...argv], { env })).code, code, argv.join(" "))
      }
    }))
})

it.live("webhook schemes lists all of them", () =>
  Effect.gen(function*() {
    const ids = WebhookScheme.all.map(({ id }) => id)
    const { schemes } = json((yield* cli(["webhook", "schemes", "--json"])).out)
    assert.deepStrictEqual(schemes.map(({ id }: { readonly id: string }) => id), ids)
    const { out } = yield* cli(["webhook", "schemes"])
    for (const id of ids) assert.match(out, new RegExp(`^${id} `, "m"))
  }))
