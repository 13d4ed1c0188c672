/**
 * Signs outgoing requests, for an API, or a receiver of webhooks, that wants to be shown who calls and that nothing was
 * changed. A signer is an `Auth`: it stands below every policy, so that each attempt and each replay is signed anew, with the
 * secret and the time of then, and no dead letter holds a signature.
 *
 * @since 0.1.0
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"
import type { Call } from "../core/Call.js"
import { AuthenticationError } from "../core/IntegrationError.js"
import type * as Transport from "../core/Transport.js"
import type { Auth } from "./Auth.js"
import * as Credentials from "./Credentials.js"
import * as Signature from "./Signature.js"

/**
 * What a signature may be made over.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parts {
  readonly method: string
  /** Path and query, as they are sent, behind the integration's base URL. */
  readonly target: string
  /** By names in small letters: those that the request has by itself. */
  readonly headers: Readonly<Record<string, string>>
  /** The bytes, as they are sent. */
  readonly body: Uint8Array
  /** Of this attempt, in milliseconds since 1970. */
  readonly now: number
  /** Of this attempt; the same for all of them where the call has an idempotency key. */
  readonly id: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly algorithm: Signature.Algorithm
  /** How the signature is written. Default `hex`. */
  readonly encoding?: Signature.Encoding | undefined
  /** How a secret for HMAC is written. Default `text`. */
  readonly form?: Signature.SecretForm | undefined
  /** What is signed: texts, as UTF-8, and bytes, one behind the other. */
  readonly content: (parts: Parts) => ReadonlyArray<string | Uint8Array>
  /** The headers that say so: the signature, and what else the receiver needs to check it. */
  readonly headers: (signature: string, parts: Parts) => Readonly<Record<string, string>>
  /** The secret in the credential; `undefined` where it is of the wrong kind. Default: the key of an `ApiKey`. */
  readonly secret?: ((credential: Credentials.Credential) => Redacted.Redacted | undefined) | undefined
  /** What else the request needs of the credential, which is a part of what is signed: an id of the key, say. Default none. */
  readonly identify?:
    | ((credential: Credentials.Credential) => Readonly<Record<string, string>>)
    | undefined
}

const refuse = (call: Call, message: string): Effect.Effect<never, AuthenticationError> =>
  Either.left(new AuthenticationError({ ...call.errorFields, message: `nothing was sent: ${message}` }))

const none = new Uint8Array(0)

/** `undefined`: there are no bytes yet. */
const bytesOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array | undefined => {
  switch (body._tag) {
    case "Empty":
      return none
    case "Uint8Array":
      return body.body
    case "Raw":
      return typeof body.body === "string"
        ? Buffer.from(body.body, "utf8")
        : body.body instanceof Uint8Array
        ? body.body
        : undefined
    default:
      return undefined
  }
}

const targetOf = ({ url, urlParams }: HttpClientRequest.HttpClientRequest): string => {
  const query = UrlParams.toString(urlParams)
  return query === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${query}`
}

const apiKey = (credential: Credentials.Credential): Redacted.Redacted | undefined =>
  credential._tag === "ApiKey" ? credential.key : undefined

const join = (content: ReadonlyArray<string | Uint8Array>): Uint8Array =>
  Buffer.concat(content.map((part) => typeof part === "string" ? Buffer.from(part, "utf8") : part))

const keyOf = (options: Options, secret: Redacted.Redacted) =>
  options.algorithm === "ecdsa-p256" || options.algorithm === "ed25519"
    ? Signature.privateKey(options.algorithm, secret)
    : Signature.hmac(secret, { algorithm: options.algorithm, form: options.form })

/**
 * An `auth` that signs with the secret of the call's credential. A body that is a stream has no bytes to be signed, and is
 * refused before anything is sent.
 *
 * @example
 * ```ts
 * import { RequestSigner } from "holdfast"
 *
 * const auth = RequestSigner.make({
 *   algorithm: "hmac-sha256",
 *   content: ({ body, method, now, target }) => [method, "\n", target, "\n", String(Math.floor(now / 1000)), "\n", body],
 *   headers: (signature, { now }) => ({
 *     "x-signature": signature,
 *     "x-timestamp": String(Math.floor(now / 1000))
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Auth => {
  const { encoding = "hex", secret: secretIn = apiKey } = options
  const known = new WeakMap<Redacted.Redacted, ReturnType<typeof keyOf>>()
  /** With what a request was signed, to tell which secret was refused. */
  const signed = new WeakMap<
    HttpClientRequest.HttpClientRequest,
    { readonly content: Uint8Array; readonly by: string }
  >()

  const signatureOf = (
    credential: Credentials.Credential,
    content: Uint8Array
  ): Either.Either<string, string> => {
    const secret = secretIn(credential)
    if (secret === undefined) {
      return Either.left(`Credentials gave a ${credential._tag}, with which this cannot be signed`)
    }
    Credentials.protect(credential)
    let key = known.get(secret)
    if (key === undefined) known.set(secret, key = keyOf(options, secret))
    return Either.mapBoth(key, {
      onLeft: ({ message }) => `the secret cannot be used: ${message}`,
      onRight: (key) => Signature.sign(content, { encoding, key })
    })
  }

  const sign = (
    request: HttpClientRequest.HttpClientRequest,
    call: Call,
    credential: Credentials.Credential
  ): Effect.Effect<HttpClientRequest.HttpClientRequest, AuthenticationError> => {
    const identified = options.identify === undefined
      ? request
      : HttpClientRequest.setHeaders(request, options.identify(credential))
    const body = bytesOf(identified)
    if (body === undefined) return refuse(call, `a body of the kind ${identified.body._tag} has no bytes to be signed`)
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const parts: Parts = {
        body,
        headers: { ...identified.headers },
        id: call.idempotencyKey ?? randomUUID(),
        method: identified.method,
        now,
        target: targetOf(identified)
      }
      const content = join(options.content(parts))
      const signature = signatureOf(credential, content)
      if (Either.isLeft(signature)) return refuse(call, signature.left)
      const sent = HttpClientRequest.setHeaders(identified, options.headers(signature.right, parts))
      signed.set(sent, { by: signature.right, content })
      return Effect.succeed(sent)
    })
  }

  return Effect.map(Credentials.Credentials, ({ afterRefusal, get }): Transport.Authenticate => {
    const authenticate = (request: HttpClientRequest.HttpClientRequest, call: Call) =>
      Effect.flatMap(get(call), (credential) => sign(request, call, credential))
    if (afterRefusal === undefined) return authenticate
    const again: Transport.Authenticate["again"] = (request, refused, call) => {
      const before = signed.get(refused)
      const isRefused = (credential: Credentials.Credential): boolean =>
        before !== undefined &&
        Either.getOrUndefined(signatureOf(credential, before.content)) === before.by
      return Effect.flatMap(
        afterRefusal(call, isRefused),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (credential) => Effect.asSome(sign(request, call, credential))
        })
      )
    }
    return Object.assign(authenticate, { again })
  })
}

/**
 * As Standard Webhooks has it, for whoever receives webhooks of one's own: `webhook-id`, `webhook-timestamp` and
 * `webhook-signature` over id, timestamp and body. The secret is `whsec_` and Base64.
 *
 * @since 0.1.0
 * @category constructors
 */
export const standardWebhooks: Auth = make({
  algorithm: "hmac-sha256",
  content: ({ body, id, now }) => [id, ".", String(Math.floor(now / 1000)), ".", body],
  encoding: "base64",
  form: "base64",
  headers: (signature, { id, now }) => ({
    "webhook-id": id,
    "webhook-signature": `v1,${signature}`,
    "webhook-timestamp": String(Math.floor(now / 1000))
  }),
  secret: (credential) =>
    credential._tag === "ApiKey" ? Redacted.make(Redacted.value(credential.key).replace(/^whsec_/, "")) : undefined
})
