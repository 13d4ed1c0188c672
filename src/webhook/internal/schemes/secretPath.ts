/** For providers that do not sign. What comes is believed because nobody else knows where to send it. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Signature from "../../../auth/Signature.js"
import * as KnownSecrets from "../../../internal/knownSecrets.js"
import * as Challenges from "../challenges.js"
import * as Events from "../events.js"
import type { ClaimedSignature, Scheme } from "../model.js"
import * as Read from "../read.js"
import { common } from "../shapes.js"

/** What is shorter can be found by trying. */
const minLength = 16

/** A name of a parameter that is not written down anywhere either. */
const parameters = ["key", "secret", "token"]

const decoded = Option.liftThrowable(decodeURIComponent)

const candidates = (url: string): ReadonlyArray<string> => {
  const [, path = "", query = ""] = /^[^?#]*?:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/.exec(url) ?? []
  const last = path.slice(path.lastIndexOf("/") + 1)
  const values = [...new URLSearchParams(query)].filter(([name]) => parameters.includes(name)).map(([, value]) => value)
  return [...Option.toArray(decoded(last)), ...values].filter((text) => text !== "")
}

const key = (secret: Redacted.Redacted): Either.Either<
  Signature.SigningKey & Signature.VerifyingKey,
  Signature.SignatureKeyError
> => {
  const text = Redacted.value(secret)
  if (text.length < minLength) {
    return Either.left(
      new Signature.SignatureKeyError({ message: `it has less than ${minLength} characters, and can be guessed` })
    )
  }
  KnownSecrets.remember(secret, () => [text])
  return Either.right({
    algorithm: "hmac-sha256",
    // the secret itself is what is shown, and no digest of anything
    check: (_message, shown) => Signature.isSame(Redacted.make(shown), secret),
    seal: () => Buffer.from(text, "utf8")
  })
}

export const secretPath: Scheme = {
  ...common({
    algorithm: "hmac-sha256",
    challenge: Challenges.when((request) =>
      Challenges.isProbe(request) ? Challenges.ok("probe", { signed: true }) : undefined
    ),
    encoding: "hex",
    events: Events.byHeader(),
    id: "secret-path",
    secret: "a text of 16 or more characters of one's own, as openssl rand -hex 32 makes it",
    signs: "nothing: the secret is the end of the path, or the parameter key, secret or token of the URL",
    title: "Secret path (of a provider that does not sign)",
    usesUrl: true
  }),
  algorithm: "none",
  claim: (request) => {
    const texts = candidates(request.url)
    return texts.length === 0 || texts.length > Read.maxSignatures
      ? Read.fault("request-malformed", "the URL does not end in a secret, and has none as key, secret or token")
      : Either.right(Read.claimOf(
        texts.map((text): ClaimedSignature => ({ algorithm: "hmac-sha256", encoding: "hex", text })),
        [new Uint8Array(0)]
      ))
  },
  headers: [],
  protectsBody: false,
  seal: (request, { key }) => {
    const [, before = "", query = ""] = /^([^?#]*)(.*)$/s.exec(request.url) ?? []
    const secret = encodeURIComponent(Buffer.from(key.seal(request.body)).toString("utf8"))
    return { ...request, url: `${before.replace(/\/+$/, "")}/${secret}${query}` }
  },
  signingKey: key,
  verifyingKeys: (secret) => Either.map(key(secret), (key) => [key])
}
