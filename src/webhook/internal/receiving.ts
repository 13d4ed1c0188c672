/** From a request to its answer: limit, secret, challenge, signature, events, and what is done with them. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"
import type { Rejection } from "../InboxEvent.js"
import type { Accepted, Answer, Scheme, WebhookEvent, WebhookRefusedError, WebhookRequest } from "./model.js"
import * as RawBody from "./rawBody.js"
import { headersOf } from "./read.js"
import * as Verifying from "./verifying.js"

/** What came, once it is the provider's. */
export interface Arrived {
  readonly id: string
  readonly connectionId: string | undefined
  readonly accepted: Accepted
  readonly headers: Readonly<Record<string, string>>
  readonly receivedAt: DateTime.Utc
  readonly events: ReadonlyArray<WebhookEvent>
}

export interface Settings<R> {
  readonly id: string
  readonly scheme: Scheme
  readonly secrets: (connectionId: string | undefined) => Effect.Effect<ReadonlyArray<Redacted.Redacted>, unknown, R>
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly tolerance: Duration.DurationInput | undefined
  readonly maxBodySize: number
  readonly bodyTimeout: Duration.DurationInput
  readonly connection: Effect.Effect<string | undefined, never, HttpServerRequest.HttpServerRequest>
  readonly answer: Answer
  /** Seconds. */
  readonly retryAfter: number
  readonly keepHeaders: ReadonlyArray<string>
  /** Keeps what was refused, where there is a place for it. */
  readonly reject: (rejection: Rejection) => Effect.Effect<unknown>
}

const received = Metric.counter("integration_webhooks_total", {
  description: "Webhook requests: accepted, challenge, rejected, unreadable, unavailable",
  incremental: true
})

const durations = Metric.histogram(
  "integration_webhook_duration_seconds",
  MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5]),
  "From the beginning of a webhook request to its answer"
)

type Result = "accepted" | "challenge" | "rejected" | "unreadable" | "unavailable"

interface Answered {
  readonly result: Result
  readonly response: HttpServerResponse.HttpServerResponse
}

const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(body, { headers: { "x-content-type-options": "nosniff", ...headers }, status })

const answered = (result: Result, response: HttpServerResponse.HttpServerResponse): Answered => ({ response, result })

const written = ({ body, headers, status }: Answer): HttpServerResponse.HttpServerResponse => {
  const { "content-type": contentType = "text/plain; charset=utf-8", ...others } = headers
  return body === ""
    ? HttpServerResponse.empty({ headers, status })
    : HttpServerResponse.text(body, { contentType, headers: others, status })
}

const unavailable = ({ retryAfter }: { readonly retryAfter: number }): Answered =>
  answered("unavailable", text(503, "try again later", { "retry-after": String(retryAfter) }))

/** What the caller may know of it: that the signature is the wrong one, and nothing of why. */
const statusOf = (reason: WebhookRefusedError["reason"]): number => {
  switch (reason) {
    case "header-malformed":
    case "request-malformed":
      return 400
    default:
      return 401
  }
}

/** Path and query as they came; whoever writes a whole URL into the request line does not choose the host. */
const pathOf = (request: HttpServerRequest.HttpServerRequest): string =>
  request.originalUrl.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/^(?!\/)/, "/")

/** A path with a secret in it ends before the secret. */
const kept = (path: string, scheme: Scheme): string => {
  const [only = ""] = path.split("?")
  return scheme.protectsBody ? only : only.replace(/[^/]*$/, "…")
}

const rejectionOf = <R>(
  settings: Settings<R>,
  request: WebhookRequest,
  path: string,
  connectionId: string | undefined,
  { message, reason }: Pick<WebhookRefusedError, "message" | "reason">
): Rejection => ({
  body: request.body,
  connectionId,
  headers: Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => typeof value === "string" ? [[name, value]] : [])
  ),
  message,
  method: request.method,
  path: kept(path, settings.scheme),
  reason,
  source: settings.id
})

/** Those whose values tell a handler something and are no secrets. */
const always = ["content-type"]

const headersFor = <R>(settings: Settings<R>, headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    [...always, ...settings.keepHeaders].flatMap((name) => {
      const value = headers[name.toLowerCase()]
      return value === undefined ? [] : [[name.toLowerCase(), value]]
    })
  )

const respond = <R, E2, R2>(
  settings: Settings<R>,
  request: HttpServerRequest.HttpServerRequest,
  handle: (arrived: Arrived) => Effect.Effect<unknown, E2, R2>
): Effect.Effect<Answered, never, R | R2 | HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function*() {
    const { scheme } = settings
    const body = yield* Effect.either(
      RawBody.read(request, { max: settings.maxBodySize, within: settings.bodyTimeout })
    )
    if (Either.isLeft(body)) {
      // the rest of it is not waited for
      const closing = { connection: "close" }
      switch (body.left.reason) {
        case "too-large":
          return answered("unreadable", text(413, `at most ${settings.maxBodySize} bytes`, closing))
        case "too-slow":
          return answered("unreadable", text(408, "the body took too long", closing))
        case "broken":
          return answered("unreadable", text(400, "the body could not be read", closing))
      }
    }
    const path = pathOf(request)
    const incoming: WebhookRequest = {
      body: body.right,
      headers: { ...request.headers },
      method: request.method,
      url: `${settings.publicUrl ?? "https://unknown.invalid"}${path}`
    }
    const challenge = scheme.challenge(incoming)
    if (Option.isSome(challenge) && !challenge.value.signed) {
      return answered("challenge", written(challenge.value.answer))
    }
    if (Option.isNone(challenge) && incoming.method !== "POST") {
      return answered("unreadable", text(405, "events come by POST", { allow: "POST" }))
    }
    const connectionId = yield* settings.connection
    const secrets = yield* Effect.either(settings.secrets(connectionId))
    if (Either.isLeft(secrets)) {
      yield* Effect.logError(`webhooks of ${settings.id} are refused: their secret cannot be had`, secrets.left)
      return unavailable(settings)
    }
    const refuse = (error: Pick<WebhookRefusedError, "message" | "reason">) =>
      Effect.as(
        Effect.zipRight(
          settings.reject(rejectionOf(settings, incoming, path, connectionId, error)),
          Effect.logDebug(`a webhook of ${settings.id} is refused (${error.reason}): ${error.message}`)
        ),
        answered("rejected", text(statusOf(error.reason), "refused"))
      )
    const now = yield* DateTime.now
    const accepted = Verifying.verify(incoming, {
      now,
      scheme,
      secrets: secrets.right,
      tolerance: settings.tolerance
    })
    if (Either.isLeft(accepted)) {
      const { message, reason } = accepted.left
      if (reason !== "secret-missing" && reason !== "secret-malformed") return yield* refuse(accepted.left)
      // this side's fault: the sender is to come again
      yield* Effect.logError(`webhooks of ${settings.id} are refused: ${message}`)
      return unavailable(settings)
    }
    if (Option.isSome(challenge)) return answered("challenge", written(challenge.value.answer))
    const events = scheme.events(incoming, headersOf(incoming.headers))
    if (Either.isLeft(events)) return yield* refuse(events.left)
    const done = yield* Effect.exit(handle({
      accepted: accepted.right,
      connectionId,
      events: events.right,
      headers: headersFor(settings, request.headers),
      id: randomUUID(),
      receivedAt: now
    }))
    if (done._tag === "Success") return answered("accepted", written(settings.answer))
    yield* Effect.logError(`a webhook of ${settings.id} could not be taken, and is asked for again`, done.cause)
    return unavailable(settings)
  })

export const route = <R, E2, R2>(
  settings: Settings<R>,
  handle: (arrived: Arrived) => Effect.Effect<unknown, E2, R2>
): HttpApp.Default<never, R | R2> =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const began = yield* Clock.currentTimeMillis
    const { response, result } = yield* respond(settings, request, handle)
    const took = (yield* Clock.currentTimeMillis) - began
    yield* Metric.increment(Metric.tagged(Metric.tagged(received, "integration", settings.id), "result", result))
    yield* Metric.update(Metric.tagged(durations, "integration", settings.id), took / 1000)
    return response
  })
