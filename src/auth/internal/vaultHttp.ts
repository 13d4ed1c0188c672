/** One request to Vault, and what its answer means. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type { HttpClient } from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as RetryAfter from "../../core/RetryAfter.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { SecretsError } from "../Secrets.js"

/** All that is ever read of a body. Its fields are looked at by whoever asked for them. */
const Body = Schema.parseJson(Schema.Struct({
  auth: Schema.optional(Schema.Unknown),
  data: Schema.optional(Schema.Unknown),
  errors: Schema.optional(Schema.Array(Schema.String))
}))
type Body = typeof Body.Type
const decodeBody = Schema.decodeOption(Body)

export interface Answer {
  readonly status: number
  readonly body: Body
  readonly retryAfter: Duration.Duration | undefined
}

export interface Request {
  readonly method: "GET" | "POST"
  /** Segments after `/v1/`, as they are: they are escaped here. */
  readonly path: ReadonlyArray<string>
  readonly token?: Redacted.Redacted | undefined
  readonly body?: unknown
  /** For messages: `the secret "app" cannot be read`. */
  readonly failing: string
  /** Whoever cannot be sure that nothing happened is told so. */
  readonly isWrite?: boolean | undefined
}

export interface Settings {
  /** Without a slash at its end. */
  readonly address: string
  readonly namespace: string | undefined
  readonly timeout: Duration.Duration
}

const codeOf = (cause: unknown): string | undefined => {
  for (let at = cause, depth = 0; typeof at === "object" && at !== null && depth < 5; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code
    at = "cause" in at ? at.cause : undefined
  }
  return undefined
}

export class Vault {
  /** For messages. */
  readonly where: string

  constructor(readonly client: HttpClient, readonly settings: Settings, readonly init: RequestInit) {
    this.where = `Vault at ${settings.address}` +
      (settings.namespace === undefined ? "" : `, namespace "${settings.namespace}"`)
  }

  error(
    reason: SecretsError["reason"],
    message: string,
    answer?: { readonly status: number; readonly retryAfter?: Duration.Duration | undefined }
  ): SecretsError {
    return new SecretsError({
      message: KnownSecrets.scrub(message),
      reason,
      ...(answer === undefined ? undefined : { status: answer.status }),
      ...(answer?.retryAfter === undefined ? undefined : { retryAfter: answer.retryAfter })
    })
  }

  /** Fails where there was no answer, and never with the request, which has the token in it. */
  send(request: Request): Effect.Effect<Answer, SecretsError> {
    const { address, namespace, timeout } = this.settings
    const made = HttpClientRequest.make(request.method)(
      `${address}/v1/${request.path.map(encodeURIComponent).join("/")}`,
      {
        headers: {
          accept: "application/json",
          "x-vault-request": "true",
          ...(namespace === undefined ? undefined : { "x-vault-namespace": namespace }),
          ...(request.token === undefined ? undefined : { "x-vault-token": Redacted.value(request.token) })
        }
      }
    )
    const ready = request.body === undefined ? made : HttpClientRequest.bodyUnsafeJson(made, request.body)
    const maybe = request.isWrite === true ? ". It may have been written all the same: read it again" : ""
    const unavailable = (what: string) =>
      this.error(
        "unavailable",
        `${request.failing}: ${this.where} ${what}: see that it runs and can be reached${maybe}`
      )
    return this.client.execute(ready).pipe(
      // a client that takes a status for an error has its answer in there
      Effect.catchTag(
        "ResponseError",
        (error) => error.reason === "StatusCode" ? Effect.succeed(error.response) : Effect.fail(error)
      ),
      Effect.flatMap((response) => this.read(response)),
      Effect.mapError((error: HttpClientError.HttpClientError) => {
        const code = codeOf(error.cause)
        return unavailable(
          error._tag === "RequestError"
            ? `cannot be reached (${code ?? error.reason})`
            : `broke off its answer (${code ?? error.reason})`
        )
      }),
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () => unavailable(`has not answered within ${Duration.format(timeout)}`)
      }),
      Effect.scoped,
      // it would follow to another origin, with the token
      Effect.provideService(FetchHttpClient.RequestInit, this.init),
      // a span would carry the token
      Effect.withTracerEnabled(false)
    )
  }

  private read(response: HttpClientResponse): Effect.Effect<Answer, HttpClientError.ResponseError> {
    return Effect.zipWith(response.text, Clock.currentTimeMillis, (text, now) => ({
      body: Option.getOrElse(decodeBody(text), (): Body => ({})),
      retryAfter: RetryAfter.fromHeaders(response.headers, now),
      status: response.status
    }))
  }

  /** What an answer that is no success means, whatever was asked. Whoever asked knows more of 400, 403 and 404. */
  refusal({ failing, method }: Request, answer: Answer): SecretsError {
    const { status } = answer
    const words = answer.body.errors ?? []
    // what was sent in a body may be repeated in the answer, and too short to be known again
    const said = method === "GET" && words.length > 0 ? `, and says: ${words.join(" ").slice(0, 200)}` : ""
    const error = (reason: SecretsError["reason"], what: string) =>
      this.error(reason, `${failing}: ${this.where} ${what}`, answer)
    if (status >= 300 && status < 400) {
      return error("unavailable", `sends its callers elsewhere (HTTP ${status}): give the address of the active node`)
    }
    if (status === 400 && words.some((word) => /^upgrading from non-versioned/i.test(word))) {
      return error("unavailable", "is upgrading the mount: it will be over in a moment")
    }
    if (status === 401 || status === 403) return error("denied", `denies it (HTTP ${status})${said}`)
    if (status === 404) return error("not-found", `has nothing there (HTTP 404)${said}`)
    if (status === 412) return error("unavailable", "is not up to date yet (HTTP 412): it will be in a moment")
    if (status === 429) {
      return error(
        "unavailable",
        "has had too many requests (HTTP 429): read less often, or raise its rate limit quota"
      )
    }
    if (status === 472 || status === 473) {
      return error("unavailable", `is a standby (HTTP ${status}): give the address of the active node`)
    }
    if (status === 503 && words.some((word) => /sealed/i.test(word))) {
      return error("sealed", "is sealed (HTTP 503): its operators have to unseal it (vault operator unseal)")
    }
    if (status >= 500) return error("unavailable", `has failed (HTTP ${status})${said}: see its log`)
    return error("malformed", `does not understand the request (HTTP ${status})${said}`)
  }

  /** A success that is not what Vault promises. */
  malformed({ failing }: Request, { status }: Answer): SecretsError {
    return this.error(
      "malformed",
      `${failing}: what answers at ${this.settings.address} (HTTP ${status}) is no Vault, or no KV version 2: see ` +
        "the address and the mount",
      { status }
    )
  }
}
