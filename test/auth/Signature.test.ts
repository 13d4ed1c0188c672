import { assert, describe, it } from "@effect/vitest"
import { Either, Option, Redacted } from "effect"
import { Signature } from "holdfast"
import { createPublicKey, generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8")
const redacted = (text: string) => Redacted.make(text)
const right = <A, E>(either: Either.Either<A, E>): A => Either.getOrThrow(either)

const hmac = (secret: string, algorithm: Parameters<typeof Signature.hmac>[1]["algorithm"] = "hmac-sha256") =>
  right(Signature.hmac(redacted(secret), { algorithm }))

describe("HMAC", () => {
  it("RFC 2202 and RFC 4231, test case 2", () => {
    const message = bytes("what do ya want for nothing?")
    const expected = {
      "hmac-sha1": "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
      "hmac-sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      "hmac-sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" +
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    } as const
    for (const algorithm of ["hmac-sha1", "hmac-sha256", "hmac-sha512"] as const) {
      const key = hmac("Jefe", algorithm)
      assert.strictEqual(Signature.sign(message, { encoding: "hex", key }), expected[algorithm])
      const as = (encoding: Signature.Encoding) => Buffer.from(expected[algorithm], "hex").toString(encoding)
      for (const encoding of ["hex", "base64", "base64url"] as const) {
        assert.strictEqual(Signature.sign(message, { encoding, key }), as(encoding))
        assert.isTrue(key.check(message, as(encoding), encoding))
      }
    }
  })

  it("GitHub's own example", () => {
    const signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    const key = hmac("It's a Secret to Everybody")
    assert.strictEqual(Signature.sign(bytes("Hello, World!"), { encoding: "hex", key }), signature)
    assert.isTrue(key.check(bytes("Hello, World!"), signature.toUpperCase(), "hex"))
    assert.isFalse(key.check(bytes("Hello, World"), signature, "hex"))
  })

  it("a secret may be written in Base64 or in hex; what is not is refused, and not repeated", () => {
    const raw = Buffer.from([0, 255, 254, 10, 13])
    const message = bytes("m")
    const [base64, hex] = (["base64", "hex"] as const).map((form) =>
      right(Signature.hmac(redacted(raw.toString(form)), { algorithm: "hmac-sha256", form }))
    )
    const signature = Signature.sign(message, { encoding: "hex", key: base64! })
    assert.strictEqual(Signature.sign(message, { encoding: "hex", key: hex! }), signature)
    for (
      const [text, form] of [["", "text"], ["", "base64"], ["=", "base64"], ["fäke!", "base64"], [
        "abc",
        "hex"
      ]] as const
    ) {
      const error = Either.flip(Signature.hmac(redacted(text), { algorithm: "hmac-sha256", form }))
      assert.strictEqual(right(error)._tag, "SignatureKeyError")
      if (text.length > 2) assert.notInclude(right(error).message, text)
    }
  })

  it("a signature is right in one way of writing it", () => {
    const key = hmac("fake-secret")
    const message = bytes("m")
    const base64 = Signature.sign(message, { encoding: "base64", key })
    assert.match(base64, /[^=]=$/)
    // the last letter before the padding has two bits that mean nothing
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    const last = alphabet.indexOf(base64.at(-2)!)
    const twin = `${base64.slice(0, -2)}${alphabet[last ^ 1]}=`
    assert.deepStrictEqual(Buffer.from(twin, "base64"), Buffer.from(base64, "base64"))
    for (const text of [twin, base64.slice(0, -1), `${base64}=`, ` ${base64}`, `${base64}\n`, ""]) {
      assert.isFalse(key.check(message, text, "base64"))
    }
    const url = Signature.sign(message, { encoding: "base64url", key })
    assert.isTrue(key.check(message, url, "base64url"))
    assert.isTrue(key.check(message, `${url}=`, "base64url"))
    assert.isFalse(key.check(message, `${url}===`, "base64url"))
  })
})

describe("public keys", () => {
  it("Ed25519: RFC 8032, test 2", () => {
    const seed = Buffer.from("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "hex")
    const point = Buffer.from("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "hex")
    const message = Buffer.from("72", "hex")
    const expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    const verifying = right(Signature.publicKey("ed25519", point.toString("base64")))
    for (const secret of [seed, Buffer.concat([seed, point])]) {
      const key = right(Signature.privateKey("ed25519", redacted(secret.toString("base64"))))
      assert.strictEqual(Signature.sign(message, { encoding: "hex", key }), expected)
    }
    assert.isTrue(verifying.check(message, expected, "hex"))
    assert.isFalse(verifying.check(bytes("s"), expected, "hex"))
  })

  it("as PEM, as SPKI and PKCS #8 in Base64; and each refuses those of the other kind", () => {
    const pairs = {
      "ecdsa-p256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
      ed25519: generateKeyPairSync("ed25519")
    }
    const others = [
      generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
      generateKeyPairSync("ec", { namedCurve: "P-384" }),
      generateKeyPairSync("rsa", { modulusLength: 2048 })
    ]
    const message = bytes("m")
    for (const curve of ["ecdsa-p256", "ed25519"] as const) {
      const { privateKey, publicKey } = pairs[curve]
      const publics = [
        publicKey.export({ format: "pem", type: "spki" }).toString(),
        publicKey.export({ format: "der", type: "spki" }).toString("base64")
      ]
      const privates = [
        privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
        privateKey.export({ format: "der", type: "pkcs8" }).toString("base64")
      ]
      for (const text of publics) {
        const verifying = right(Signature.publicKey(curve, text))
        for (const secret of privates) {
          const key = right(Signature.privateKey(curve, redacted(secret)))
          const signature = Signature.sign(message, { encoding: "base64", key })
          assert.isTrue(verifying.check(message, signature, "base64"))
          assert.isFalse(verifying.check(bytes("n"), signature, "base64"))
          for (const odd of ["", "AAAA", signature.slice(4), signature.slice(0, -4), `${signature}AAAA`, "é"]) {
            assert.isFalse(verifying.check(message, odd, "base64"))
          }
        }
      }
      const strangers = [...others, pairs[curve === "ed25519" ? "ecdsa-p256" : "ed25519"]]
      for (const { privateKey, publicKey } of strangers) {
        const text = publicKey.export({ format: "pem", type: "spki" }).toString()
        assert.isTrue(Either.isLeft(Signature.publicKey(curve, text)))
        const secret = redacted(privateKey.export({ format: "pem", type: "pkcs8" }).toString())
        assert.isTrue(Either.isLeft(Signature.privateKey(curve, secret)))
      }
      for (
        const text of [
          "",
          "AAAA",
          "not a key",
          "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
          privates[0]!
        ]
      ) {
        const error = right(Either.flip(Signature.publicKey(curve, text)))
        if (text !== "") assert.notInclude(error.message, text)
      }
      assert.isTrue(Either.isLeft(Signature.privateKey(curve, redacted(publics[0]!))))
    }
  })

  it("a point that is on no curve, and DER that goes on behind its end, are refused", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const spki = publicKey.export({ format: "der", type: "spki" })
    const off = Buffer.from(spki)
    off[off.length - 1]! ^= 1
    assert.isTrue(Either.isLeft(Signature.publicKey("ecdsa-p256", off.toString("base64"))))
    assert.doesNotThrow(() => createPublicKey({ format: "der", key: spki, type: "spki" }))
    const key = right(Signature.privateKey(
      "ecdsa-p256",
      redacted(privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"))
    ))
    const verifying = right(Signature.publicKey("ecdsa-p256", spki.toString("base64")))
    const signature = Buffer.from(Signature.sign(bytes("m"), { encoding: "base64", key }), "base64")
    const longer = Buffer.concat([signature, Buffer.from([0])])
    assert.isFalse(verifying.check(bytes("m"), longer.toString("base64"), "base64"))
    assert.isTrue(verifying.check(bytes("m"), signature.toString("base64"), "base64"))
  })
})

describe("verify", () => {
  const message = bytes("m")

  it("says which key it was, and without a key nothing is right", () => {
    const keys = ["fake-1", "fake-2", "fake-3"].map((secret) => hmac(secret))
    const signature = Signature.sign(message, { encoding: "hex", key: keys[1]! })
    const verify = (signatures: ReadonlyArray<string>, some = keys) =>
      Signature.verify(message, { encoding: "hex", keys: some, signatures })
    assert.deepStrictEqual(verify([signature]), Option.some(1))
    assert.deepStrictEqual(verify(["00", signature, ""]), Option.some(1))
    assert.deepStrictEqual(verify(["00"]), Option.none())
    assert.deepStrictEqual(verify([]), Option.none())
    assert.deepStrictEqual(verify([signature], []), Option.none())
    assert.deepStrictEqual(
      Signature.verify({ encoding: "hex", keys, signatures: [signature] })(message),
      Option.some(1)
    )
  })

  it("tries every key with every signature, also when one has fitted", () => {
    const tried: Array<string> = []
    const keys = ["a", "b", "c"].map((name): Signature.VerifyingKey => ({
      algorithm: "hmac-sha256",
      check: (_, signature) => {
        tried.push(name + signature)
        return true
      }
    }))
    assert.deepStrictEqual(Signature.verify(message, { encoding: "hex", keys, signatures: ["1", "2"] }), Option.some(0))
    assert.deepStrictEqual(tried, ["a1", "a2", "b1", "b2", "c1", "c2"])
  })

  it("texts are the same or not, whatever their lengths", () => {
    const same = (a: string, b: string) => Signature.isSame(redacted(a), redacted(b))
    assert.isTrue(same("", ""))
    assert.isTrue(same("fäke", "fäke"))
    for (const other of ["", "f", "fak", "fakee", "Fake", "fake\u0000"]) assert.isFalse(same("fake", other))
  })
})

describe("a secret", () => {
  it("is in no key that is looked at", () => {
    const secret = "fake-secret-not-to-be-shown"
    const key = hmac(secret)
    for (const text of [inspect(key, { depth: 10, showHidden: true }), JSON.stringify(key), String(key)]) {
      assert.notInclude(text, secret)
    }
  })
})
