/**
 * Tells people that calls are becoming dead letters, once and not a thousand times: the first letter of a kind at once,
 * and what follows it as one summary a window.
 *
 * An alert says what fails and how often. It holds no request, no message of a provider and no secret. Telling never holds
 * up a capture, and never fails one.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as DeadLetterQueue from "./DeadLetterQueue.js"
import * as messages from "./internal/deadLetterAlertMessages.js"
import * as watcher from "./internal/deadLetterAlertWatch.js"

/**
 * Letters of one operation whose errors are alike.
 *
 * @since 0.1.0
 * @category models
 */
export interface Alert extends messages.Alert {}

/**
 * Nobody could be told. No message repeats the URL, which is a secret with many services.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeadLetterAlertError
  extends Schema.TaggedError<DeadLetterAlertError>("holdfast/DeadLetterAlertError")("DeadLetterAlertError", {
    message: Schema.String
  })
{}

/**
 * Where alerts go.
 *
 * @since 0.1.0
 * @category tags
 */
export class DeadLetterAlert extends Context.Tag("holdfast/DeadLetterAlert")<DeadLetterAlert, {
  readonly notify: (alert: Alert) => Effect.Effect<void, DeadLetterAlertError>
}>() {}

/**
 * A line of the log at level Error for each alert.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerLog: Layer.Layer<DeadLetterAlert> = Layer.succeed(DeadLetterAlert, {
  notify: (alert) => Effect.annotateLogs(Effect.logError(messages.text(alert)), messages.fields(alert))
})

const post = (client: HttpClient.HttpClient, url: string | Redacted.Redacted, body: string, headers: object = {}) =>
  HttpClientRequest.post(Redacted.isRedacted(url) ? Redacted.value(url) : url).pipe(
    HttpClientRequest.setHeaders({ ...headers }),
    HttpClientRequest.bodyText(body, "application/json"),
    client.execute,
    Effect.flatMap((response) =>
      response.status >= 200 && response.status < 300
        ? Effect.void
        : Effect.fail(new DeadLetterAlertError({ message: `the receiver of alerts answered ${response.status}` }))
    ),
    Effect.catchTags({
      RequestError: ({ reason }) =>
        new DeadLetterAlertError({ message: `the receiver of alerts cannot be reached (${reason})` }),
      ResponseError: ({ reason }) =>
        new DeadLetterAlertError({ message: `the receiver of alerts gave no answer that can be read (${reason})` })
    }),
    Effect.scoped,
    // a span would carry the URL
    Effect.withTracerEnabled(false)
  )

/**
 * @since 0.1.0
 * @category models
 */
export interface WebhookOptions {
  readonly url: string | Redacted.Redacted
  /**
   * Signs each request as Standard Webhooks says, in `webhook-id`, `webhook-timestamp` and `webhook-signature`: the key in
   * Base64, with or without `whsec_` before it. Default: none is signed.
   */
  readonly secret?: Redacted.Redacted | undefined
  /** Headers of every request. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * An HTTP POST of the alert as JSON, times in ISO 8601. Fails where the secret is not Base64.
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Layer, Redacted } from "effect"
 * import { DeadLetterAlert, Holdfast } from "holdfast"
 *
 * const state = Holdfast.layerSqlite({ filename: "holdfast.db" })
 *
 * const alerts = DeadLetterAlert.layerWatch({ window: "5 minutes" }).pipe(
 *   Layer.provide(DeadLetterAlert.layerWebhook({ url: "https://ops.example/hooks/letters", secret: Redacted.make("c2VjcmV0") })),
 *   Layer.provide(NodeHttpClient.layerUndici),
 *   Layer.provideMerge(state)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWebhook = (
  options: WebhookOptions
): Layer.Layer<DeadLetterAlert, DeadLetterAlertError, HttpClient.HttpClient> =>
  Layer.effect(
    DeadLetterAlert,
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const sign = yield* Effect.mapError(
        messages.signer(options.secret),
        (message) => new DeadLetterAlertError({ message })
      )
      return {
        notify: (alert) => {
          const body = messages.json(alert)
          return Effect.flatMap(sign(body), (signed) =>
            post(client, options.url, body, { ...options.headers, ...signed }))
        }
      }
    })
  )

/**
 * A message to an incoming webhook of Slack, or of what understands the same (`text` and `blocks`).
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSlack = (
  options: { readonly url: string | Redacted.Redacted }
): Layer.Layer<DeadLetterAlert, never, HttpClient.HttpClient> =>
  Layer.effect(
    DeadLetterAlert,
    Effect.map(HttpClient.HttpClient, (client) => ({
      notify: (alert) => post(client, options.url, messages.slack(alert))
    }))
  )

/**
 * @since 0.1.0
 * @category models
 */
export interface WatchOptions extends watcher.Options {}

/**
 * Watches the dead letter queue, and tells of letters that this process captures or parks. An alert that fails is tried
 * three times more, and logged in the end. When the layer ends, what was gathered is told, for up to 5 seconds.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWatch = (
  options: WatchOptions = {}
): Layer.Layer<never, never, DeadLetterAlert | DeadLetterQueue.DeadLetterQueue> =>
  Layer.scopedDiscard(Effect.flatMap(DeadLetterAlert, ({ notify }) => watcher.watch(notify, options)))
