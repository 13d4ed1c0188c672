/**
 * A stack under test: an in-house API in front of a scripted HttpClient, with no network.
 */
import {
  HttpApi,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpClient,
  HttpClientError,
  HttpClientResponse
} from "@effect/platform"
import type { HttpClientRequest } from "@effect/platform"
import { Effect, Layer, Schema } from "effect"
import { Auth, Integration, IntegrationClient, Operation } from "holdfast"

const Item = Schema.Struct({ id: Schema.String })

const api = HttpApi.make("shop").add(
  HttpApiGroup.make("items")
    .add(HttpApiEndpoint.get("get", "/items/:id").setPath(Schema.Struct({ id: Schema.String })).addSuccess(Item))
    .add(HttpApiEndpoint.post("create", "/items").setPayload(Schema.Struct({ name: Schema.String })).addSuccess(Item))
    .add(
      HttpApiEndpoint.post("upsert", "/items/upsert").setPayload(Schema.Struct({ name: Schema.String })).addSuccess(
        Item
      )
        .annotate(Operation.Idempotent, true)
    )
    .add(HttpApiEndpoint.put("put", "/items/:id").setPath(Schema.Struct({ id: Schema.String })).addSuccess(Item))
)

export const definition = Integration.define({
  api,
  auth: Auth.none,
  baseUrl: "https://shop.example",
  id: "shop",
  name: "Shop",
  version: "1"
})

/** What the provider does with one request. */
export type Answer = (
  request: HttpClientRequest.HttpClientRequest,
  number: number
) => Effect.Effect<Response, HttpClientError.HttpClientError>

export const ok: Answer = () => Effect.succeed(Response.json({ id: "1" }))

export const status = (code: number, headers: Record<string, string> = {}, body: unknown = {}): Answer => () =>
  Effect.succeed(Response.json(body, { headers, status: code }))

export const networkError = (code: string): Answer => (request) =>
  Effect.fail(
    new HttpClientError.RequestError({
      cause: Object.assign(new Error(`failed: ${code}`), { code }),
      reason: "Transport",
      request
    })
  )

export const slow = (duration: string, then: Answer): Answer => (request, number) =>
  Effect.delay(then(request, number), duration as "1 second")

export const hang: Answer = () => Effect.never

/** Counts what reaches the provider, and what is under way there. */
export class Provider {
  readonly requests: Array<HttpClientRequest.HttpClientRequest> = []
  active = 0
  maxActive = 0
  interrupted = 0
  answer: Answer

  constructor(...answers: ReadonlyArray<Answer>) {
    const last = answers[answers.length - 1] ?? ok
    this.answer = (request, number) => (answers[number - 1] ?? last)(request, number)
  }

  get count(): number {
    return this.requests.length
  }

  readonly client: HttpClient.HttpClient = HttpClient.make((request) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        this.active++
        this.maxActive = Math.max(this.maxActive, this.active)
        return this.requests.push(request)
      }),
      (number) =>
        this.answer(request, number).pipe(
          Effect.map((response) => HttpClientResponse.fromWeb(request, response)),
          Effect.onInterrupt(() => Effect.sync(() => this.interrupted++))
        ),
      () => Effect.sync(() => this.active--)
    )
  )

  /** The base of a stack: transport, and no policy. */
  get layer(): Layer.Layer<IntegrationClient.IntegrationClient> {
    return Layer.provide(IntegrationClient.layer(definition), Layer.succeed(HttpClient.HttpClient, this.client))
  }
}

/** The typed client over the given policies over a provider. */
export const shop = <R, E>(provider: Provider, policy: IntegrationClient.Policy<R, E>) =>
  Effect.map(
    Layer.build(Layer.provide(policy, provider.layer)),
    (context) => Effect.provide(Integration.client(definition), context)
  ).pipe(Effect.flatten)
