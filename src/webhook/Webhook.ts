/**
 * Webhooks that are received: verified over their raw bytes, stored, and answered when that is committed. What is done with
 * their events is a worker's business, see `Inbox`.
 *
 * Nothing is accepted for want of a secret: where there is none, the route answers 503, so that the sender comes again, and
 * `make` does not even give one. Nothing here fetches a URL that a request has brought.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Inbox from "./Inbox.js"
import type { Accepted, Answer, Scheme, WebhookEvent } from "./internal/model.js"
import * as receiving from "./internal/receiving.js"
import * as Verifying from "./internal/verifying.js"

/**
 * The secrets of a webhook: one, or several while they are exchanged; from the environment; or by connection, as they are
 * stored, looked up for each request.
 *
 * @since 0.1.0
 * @category models
 */
export type SecretsOf<R> =
  | Redacted.Redacted
  | ReadonlyArray<Redacted.Redacted>
  | Config.Config<Redacted.Redacted | ReadonlyArray<Redacted.Redacted>>
  | ((
    connectionId: string | undefined
  ) => Effect.Effect<Redacted.Redacted | ReadonlyArray<Redacted.Redacted>, unknown, R>)

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<A, R> extends Inbox.SourceOptions<A> {
  readonly scheme: Scheme
  readonly secrets: SecretsOf<R>
  /**
   * Scheme and host as they were given to the provider, `https://hooks.example.com`, with the beginning of the path where a
   * proxy takes that away. Needed by schemes that sign the URL; `Host` and `X-Forwarded-Host` are never asked.
   */
  readonly publicUrl?: string | undefined
  /** How far a timestamp may be from now. Default: as the scheme says. */
  readonly tolerance?: Duration.DurationInput | undefined
  /** In bytes, counted as they come. Default 1 MiB. */
  readonly maxBodySize?: number | undefined
  /** How long a body may take. Default `10 seconds`. */
  readonly bodyTimeout?: Duration.DurationInput | undefined
  /**
   * Whose request it is, where one route serves several connections. Default: the parameter `connectionId` of the path, as in
   * `/webhooks/hubspot/:connectionId`.
   */
  readonly connection?:
    | ((
      request: HttpServerRequest.HttpServerRequest,
      parameters: Readonly<Record<string, string | undefined>>
    ) => string | undefined)
    | undefined
  /** What is answered when the events are stored. Default: 200, and nothing more. */
  readonly answer?: Answer | undefined
  /** When the sender is to come again, where something is away. Default `30 seconds`. */
  readonly retryAfter?: Duration.DurationInput | undefined
  /** Headers that handlers are given, beside `content-type`. Never name one that holds a secret. Default none. */
  readonly keepHeaders?: ReadonlyArray<string> | undefined
}

/**
 * A webhook: a source of events, and how its requests are received.
 *
 * @since 0.1.0
 * @category models
 */
export interface Webhook<out A, out R> extends Inbox.Source<A> {
  readonly scheme: Scheme
  /** @internal */
  readonly settings: Omit<receiving.Settings<R>, "reject"> & { readonly isByConnection: boolean }
}

/**
 * What came in one request that is the provider's.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery<out A> {
  readonly webhook: Inbox.Source<A>
  /** Of this request. A repeat has another. */
  readonly id: string
  readonly connectionId: string | undefined
  readonly accepted: Accepted
  readonly headers: Readonly<Record<string, string>>
  readonly events: ReadonlyArray<WebhookEvent>
}

/**
 * A webhook that cannot be received as it is declared. The message says what is missing.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookSetupError extends Data.TaggedError("WebhookSetupError")<{
  readonly webhook: string
  readonly message: string
}> {}

const listOf = (secrets: Redacted.Redacted | ReadonlyArray<Redacted.Redacted>): ReadonlyArray<Redacted.Redacted> =>
  Redacted.isRedacted(secrets) ? [secrets] : secrets

const isList = (secrets: unknown): secrets is ReadonlyArray<Redacted.Redacted> => Array.isArray(secrets)

const lookUp = <R>(secrets: SecretsOf<R>): receiving.Settings<R>["secrets"] => {
  if (Redacted.isRedacted(secrets) || isList(secrets)) {
    const list = listOf(secrets)
    return () => Effect.succeed(list)
  }
  if (Config.isConfig(secrets)) {
    // kept once it was there: keys are read from the same secret once
    let known: ReadonlyArray<Redacted.Redacted> | undefined
    return () =>
      Effect.suspend(() =>
        known === undefined
          ? Effect.map(secrets, (found) => known = listOf(found))
          : Effect.succeed(known)
      )
  }
  return (connectionId) => Effect.map(secrets(connectionId), listOf)
}

const parameters = Effect.map(
  Effect.serviceOption(HttpRouter.RouteContext),
  Option.match({ onNone: (): Readonly<Record<string, string | undefined>> => ({}), onSome: ({ params }) => params })
)

const nothing: Answer = { body: "", headers: {}, status: 200 }

/**
 * Declares a webhook. It is a source for `Inbox.on`, and something for `Webhook.route` to receive.
 *
 * @example
 * ```ts
 * import { Config, DateTime, Schema } from "effect"
 * import { Webhook, WebhookScheme } from "holdfast"
 *
 * const stripe = Webhook.define({
 *   id: "stripe",
 *   scheme: WebhookScheme.stripe,
 *   secrets: Config.redacted("STRIPE_WEBHOOK_SECRET"),
 *   schema: Schema.Struct({ created: Schema.Number, data: Schema.Struct({ object: Schema.Struct({ id: Schema.String }) }), type: Schema.String }),
 *   entity: (event) => event.data.object.id,
 *   time: (event) => DateTime.unsafeMake(event.created * 1000),
 *   type: (event) => event.type
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const define = <A = unknown, R = never>(options: Options<A, R>): Webhook<A, R> => {
  const { connection, scheme } = options
  return {
    ...Inbox.source(options),
    isProven: scheme.protectsBody,
    scheme,
    settings: {
      answer: options.answer ?? nothing,
      bodyTimeout: options.bodyTimeout ?? "10 seconds",
      connection: Effect.zipWith(
        HttpServerRequest.HttpServerRequest,
        parameters,
        (request, params) => connection === undefined ? params["connectionId"] : connection(request, params)
      ),
      id: options.id,
      isByConnection: typeof options.secrets === "function",
      keepHeaders: options.keepHeaders ?? [],
      maxBodySize: options.maxBodySize ?? 1024 * 1024,
      publicUrl: options.publicUrl?.replace(/\/+$/, ""),
      retryAfter: Math.max(Math.ceil(Duration.toSeconds(options.retryAfter ?? "30 seconds")), 1),
      scheme,
      secrets: lookUp(options.secrets),
      tolerance: options.tolerance
    }
  }
}

/** A URL that is signed must be known to the letter. */
const problemOf = <A, R>({ id, scheme, settings }: Webhook<A, R>): WebhookSetupError | undefined => {
  const { publicUrl } = settings
  if (publicUrl === undefined) {
    return scheme.usesUrl && scheme.protectsBody
      ? new WebhookSetupError({
        message: `${scheme.title} signs the URL: give the webhook ${id} its publicUrl, as it was given to the provider`,
        webhook: id
      })
      : undefined
  }
  return /^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/i.test(publicUrl) ? undefined : new WebhookSetupError({
    message: `the publicUrl of the webhook ${id} is to be like https://hooks.example.com, without a query`,
    webhook: id
  })
}

/**
 * Whether a webhook can be received, so that a program says it when it starts, and not when the first request comes. Secrets
 * that are looked up by connection are looked up then.
 *
 * @since 0.1.0
 * @category combinators
 */
export const check = <A, R>(webhook: Webhook<A, R>): Effect.Effect<void, WebhookSetupError, R> =>
  Effect.gen(function*() {
    const problem = problemOf(webhook)
    if (problem !== undefined) return yield* problem
    if (webhook.settings.isByConnection) return
    const secrets = yield* Effect.mapError(
      webhook.settings.secrets(undefined),
      (error) =>
        new WebhookSetupError({
          message: `the webhook ${webhook.id} has no secret: ${String(error)}`,
          webhook: webhook.id
        })
    )
    yield* Either.mapLeft(
      Verifying.keys(webhook.scheme, secrets),
      ({ message }) => new WebhookSetupError({ message, webhook: webhook.id })
    )
  })

/**
 * Stores the events of a delivery in the inbox. What `route` does where it is given nothing else.
 *
 * @since 0.1.0
 * @category handlers
 */
export const toInbox = <A>(delivery: Delivery<A>): Effect.Effect<void, Inbox.InboxError, Inbox.Inbox> =>
  Effect.asVoid(Inbox.offer(
    delivery.webhook,
    delivery.events.map(({ body, id }) => ({ body, id: Option.getOrUndefined(id) })),
    { connectionId: delivery.connectionId, delivery: delivery.id, headers: delivery.headers, via: "webhook" }
  ))

const keepRejected = (rejection: Inbox.Rejection): Effect.Effect<unknown> =>
  Effect.flatMap(
    Effect.serviceOption(Inbox.Inbox),
    Option.match({ onNone: () => Effect.void, onSome: (inbox): Effect.Effect<unknown> => inbox.reject(rejection) })
  )

/**
 * Receives the requests of a webhook: for `HttpRouter`, and for `handleRaw` of an `HttpApi`. What the handler fails with is
 * answered with 503 and `Retry-After`. Default handler: `toInbox`.
 *
 * | answer | when |
 * |---|---|
 * | as the webhook says (200) | the events are stored, or were before |
 * | as the scheme says | it was a question whether somebody is there |
 * | 401 | the signature is wrong or not there, or too old |
 * | 400, 405, 408, 413 | it cannot be read, is no POST, takes too long, is too large |
 * | 503 | the store is away, or this side has no secret: the sender is to come again |
 *
 * What is refused with 401 or for what is signed is kept by the `Inbox` of the context, where there is one.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_webhooks_total` | integration, result (`accepted`, `challenge`, `rejected`, `unreadable`, `unavailable`) |
 * | `integration_webhook_duration_seconds` | integration |
 *
 * @example
 * ```ts
 * import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
 * import { Config } from "effect"
 * import { Webhook, WebhookScheme } from "holdfast"
 *
 * const gitHub = Webhook.define({
 *   id: "github",
 *   scheme: WebhookScheme.gitHub,
 *   secrets: Config.redacted("GITHUB_WEBHOOK_SECRET")
 * })
 *
 * const api = HttpApi.make("app").add(
 *   HttpApiGroup.make("webhooks").add(HttpApiEndpoint.post("github", "/webhooks/github"))
 * )
 *
 * const webhooks = HttpApiBuilder.group(api, "webhooks", (handlers) =>
 *   handlers.handleRaw("github", () => Webhook.route(gitHub)))
 * ```
 *
 * @since 0.1.0
 * @category routes
 */
export const route: {
  <A, R>(webhook: Webhook<A, R>): HttpApp.Default<never, R | Inbox.Inbox>
  <A, R, E2, R2>(
    webhook: Webhook<A, R>,
    handler: (delivery: Delivery<A>) => Effect.Effect<unknown, E2, R2>
  ): HttpApp.Default<never, R | R2>
} = <A, R, R2>(
  webhook: Webhook<A, R>,
  handler: (delivery: Delivery<A>) => Effect.Effect<unknown, unknown, R2 | Inbox.Inbox> = toInbox
): HttpApp.Default<never, R | R2 | Inbox.Inbox> => {
  const problem = problemOf(webhook)
  return receiving.route(
    {
      ...webhook.settings,
      reject: keepRejected,
      ...(problem === undefined ? undefined : { secrets: () => problem })
    },
    ({ receivedAt: _receivedAt, ...arrived }) => handler({ ...arrived, webhook })
  )
}

/**
 * The same, for a webhook that was found to be in order: what is missing is said now.
 *
 * @since 0.1.0
 * @category routes
 */
export const make: {
  <A, R>(webhook: Webhook<A, R>): Effect.Effect<HttpApp.Default<never, R | Inbox.Inbox>, WebhookSetupError, R>
  <A, R, E2, R2>(
    webhook: Webhook<A, R>,
    handler: (delivery: Delivery<A>) => Effect.Effect<unknown, E2, R2>
  ): Effect.Effect<HttpApp.Default<never, R | R2>, WebhookSetupError, R>
} = <A, R, R2>(
  webhook: Webhook<A, R>,
  handler: (delivery: Delivery<A>) => Effect.Effect<unknown, unknown, R2 | Inbox.Inbox> = toInbox
): Effect.Effect<HttpApp.Default<never, R | R2 | Inbox.Inbox>, WebhookSetupError, R> =>
  Effect.as(check(webhook), route(webhook, handler))

/**
 * Adds the route to a router, for every method: some providers ask by GET or HEAD whether somebody is there.
 *
 * @example
 * ```ts
 * import { HttpRouter } from "@effect/platform"
 * import { Config } from "effect"
 * import { Webhook, WebhookScheme } from "holdfast"
 *
 * const gitHub = Webhook.define({
 *   id: "github",
 *   scheme: WebhookScheme.gitHub,
 *   secrets: Config.redacted("GITHUB_WEBHOOK_SECRET")
 * })
 *
 * const app = HttpRouter.empty.pipe(Webhook.mount("/webhooks/github", gitHub))
 * ```
 *
 * @since 0.1.0
 * @category routes
 */
export const mount =
  <A, R>(path: HttpRouter.PathInput, webhook: Webhook<A, R>) => <E, R0>(router: HttpRouter.HttpRouter<E, R0>) =>
    HttpRouter.all(router, path, route(webhook))
