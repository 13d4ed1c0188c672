/** What is done with a scheme, whichever it is. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { createHash } from "node:crypto"
import * as Signature from "../../auth/Signature.js"
import { type Accepted, type Claim, type Scheme, WebhookRefusedError, type WebhookRequest } from "./model.js"
import { headersOf } from "./read.js"

/** One key of a secret, and the place of that secret among the others. */
interface Owned {
  readonly key: Signature.VerifyingKey
  readonly secret: number
}

type Keys = Either.Either<ReadonlyArray<Signature.VerifyingKey>, Signature.SignatureKeyError>

/** A key of a vendor's takes longer to read than a signature takes to verify. */
const known = new WeakMap<Scheme, WeakMap<Redacted.Redacted, Keys>>()

const keysOf = (scheme: Scheme, secret: Redacted.Redacted): Keys => {
  let ofScheme = known.get(scheme)
  if (ofScheme === undefined) known.set(scheme, ofScheme = new WeakMap())
  let keys = ofScheme.get(secret)
  if (keys === undefined) ofScheme.set(secret, keys = scheme.verifyingKeys(secret))
  return keys
}

const refused = (
  scheme: Scheme,
  reason: WebhookRefusedError["reason"],
  message: string,
  by?: Duration.Duration
): WebhookRefusedError =>
  new WebhookRefusedError({ message, reason, scheme: scheme.id, ...(by === undefined ? undefined : { by }) })

const isEmpty = (secret: Redacted.Redacted): boolean => Redacted.value(secret).trim() === ""

/** All or none: a secret that is none would be found when the other one is taken away. */
export const keys = (
  scheme: Scheme,
  secrets: ReadonlyArray<Redacted.Redacted>
): Either.Either<ReadonlyArray<Owned>, WebhookRefusedError> => {
  if (secrets.every(isEmpty)) {
    return Either.left(
      refused(scheme, "secret-missing", `there is no secret for ${scheme.title}: nothing is accepted without one`)
    )
  }
  const owned: Array<Owned> = []
  for (const [index, secret] of secrets.entries()) {
    const result = keysOf(scheme, secret)
    if (Either.isLeft(result)) {
      const which = secrets.length === 1 ? "the secret" : `secret ${index + 1} of ${secrets.length}`
      return Either.left(
        refused(scheme, "secret-malformed", `${which} for ${scheme.title} cannot be used: ${result.left.message}`)
      )
    }
    for (const key of result.right) owned.push({ key, secret: index })
  }
  return Either.right(owned)
}

/** Nothing ends it early: how long it takes says nothing of what fits. */
const match = (owned: ReadonlyArray<Owned>, { contents, signatures }: Claim): number | undefined => {
  let found: number | undefined
  for (const content of contents) {
    for (const { algorithm, encoding, text } of signatures) {
      const able = owned.filter(({ key }) => key.algorithm === algorithm)
      const index = Signature.verify(content, { encoding, keys: able.map(({ key }) => key), signatures: [text] })
      if (Option.isSome(index)) found ??= able[index.value]?.secret
    }
  }
  return found
}

const mismatch = (scheme: Scheme, secrets: number): string =>
  `no signature is that of ${secrets === 1 ? "the secret" : `any of the ${secrets} secrets`} over ` +
  `${scheme.signs}: is the secret that of this endpoint, and is everything that is signed here as it was sent?`

const outside = (scheme: Scheme, age: number, allowed: Duration.Duration): WebhookRefusedError | undefined => {
  const over = Math.abs(age) - Duration.toMillis(allowed)
  if (over <= 0) return undefined
  const [signed, limit] = [Duration.format(Duration.millis(Math.abs(age))), Duration.format(allowed)]
  const by = Duration.millis(over)
  return age > 0
    ? refused(
      scheme,
      "too-old",
      `signed ${signed} ago, where ${limit} are allowed: somebody repeats an old request, it was held up on its way, or ` +
        "a clock is wrong",
      by
    )
    : refused(
      scheme,
      "too-new",
      `signed ${signed} ahead of the clock of this machine, where ${limit} are allowed: one of the clocks is wrong`,
      by
    )
}

export interface Options {
  readonly scheme: Scheme
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly now: DateTime.Utc
  readonly tolerance?: Duration.DurationInput | undefined
}

export const verify = (request: WebhookRequest, options: Options): Either.Either<Accepted, WebhookRefusedError> =>
  Either.gen(function*() {
    const { now, scheme, secrets, tolerance } = options
    const owned = yield* keys(scheme, secrets)
    const claim = yield* Either.mapLeft(
      scheme.claim(request, headersOf(request.headers)),
      ({ message, reason }) => refused(scheme, reason, message)
    )
    const secret = match(owned, claim)
    if (secret === undefined) {
      return yield* Either.left(refused(scheme, "signature-mismatch", mismatch(scheme, secrets.length)))
    }
    // the time comes after the signature: that somebody's clock is wrong is said only of who holds the secret
    const timestamp = Option.flatMap(Option.fromNullable(claim.timestamp), DateTime.make)
    const age = Option.map(timestamp, (at) => DateTime.toEpochMillis(now) - DateTime.toEpochMillis(at))
    const allowed = tolerance === undefined ? scheme.tolerance : Option.some(Duration.decode(tolerance))
    const late = Option.isSome(age) && Option.isSome(allowed) ? outside(scheme, age.value, allowed.value) : undefined
    if (late !== undefined) return yield* Either.left(late)
    return { scheme: scheme.id, secret, timestamp }
  })

export interface SignOptions {
  readonly scheme: Scheme
  readonly secret: Redacted.Redacted
  readonly now: DateTime.Utc
  readonly id?: string | undefined
}

export const sign = (
  request: WebhookRequest,
  { id, now, scheme, secret }: SignOptions
): Either.Either<WebhookRequest, Signature.SignatureKeyError> =>
  Either.map(scheme.signingKey(secret), (key) =>
    scheme.seal(request, {
      // the same for the same body, as a sender that tries again has it
      id: id ?? `msg_${createHash("sha256").update(request.body).digest("hex").slice(0, 24)}`,
      key,
      now: DateTime.toEpochMillis(now)
    }))
