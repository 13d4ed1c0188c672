/** A shop that takes orders: its declaration, its emulator, which honours idempotency keys, and its client. */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { Auth, Credentials, Holdfast, Integration, Provider, type Resilience } from "holdfast"
import { Emulator, type Faults } from "holdfast/testing"

export const secret = "planted-secret-d41d8cd98f00"

const Order = Schema.Struct({ key: Schema.NonEmptyString, number: Schema.Int })

const api = HttpApi.make("shop").add(
  HttpApiGroup.make("orders")
    .add(HttpApiEndpoint.post("submit", "/orders").setPayload(Order).addSuccess(Order, { status: 201 }))
    .add(
      HttpApiEndpoint.put("change", "/orders/:key").setPath(Schema.Struct({ key: Schema.String }))
        .setUrlParams(Schema.Struct({ at: Schema.optional(Schema.Date) }))
        .setPayload(Schema.Struct({ due: Schema.DateTimeUtc })).addSuccess(Schema.Struct({ ok: Schema.Boolean }))
    )
)

export const policy = {
  bulkhead: false,
  circuitBreaker: { failureThreshold: 3, resetTimeout: "30 seconds", successThreshold: 1 },
  idempotencyKey: { header: "idempotency-key" },
  rateLimit: false,
  retry: false
} as const satisfies Resilience.Options

export const definition = Integration.define({
  api,
  auth: Auth.bearer,
  baseUrl: "https://shop.test",
  id: "shop",
  name: "Shop",
  policy,
  version: "1"
})

export class Shop extends Context.Tag("test/outbox/Shop")<Shop, Integration.Client<typeof definition>>() {
  static readonly definition = definition
  static readonly operations = Integration.operations(definition)
}

export interface State {
  readonly answers: Map<string, typeof Order.Type>
  readonly dues: Array<string>
}

export const spec: Emulator.Spec<typeof api, State> = {
  authorize: Emulator.bearer(secret),
  error: (failure) => ({ body: { message: failure.message } }),
  handlers: (state) => ({
    orders: {
      submit: ({ payload }, exchange) =>
        Effect.suspend(() => {
          const key = exchange.headers["idempotency-key"] ?? ""
          const known = state.answers.get(key)
          if (known !== undefined) return Effect.succeed(known)
          if (payload.number < 0) {
            return Effect.fail(new Emulator.EmulatorError({ message: "no such number", status: 422 }))
          }
          state.answers.set(key, payload)
          exchange.changed({ key, kind: "created", resource: "orders" })
          return Effect.succeed(payload)
        }),
      change: ({ path, payload, urlParams }) =>
        Effect.sync(() => {
          state.dues.push(`${path.key} ${payload.due.toJSON()} ${urlParams.at?.toISOString()}`)
          return { ok: true }
        })
    }
  }),
  integration: definition,
  state: () => ({ answers: new Map(), dues: [] })
}

/** Who each request was made for. */
export type Seen = Array<{ readonly tenantId?: string | undefined; readonly correlationId?: string | undefined }>

/** The client over the standard stack over an emulator in the process. */
export const client = (
  emulator: Emulator.Emulator,
  options: { readonly policy?: Resilience.Options; readonly seen?: Seen } = {}
) =>
  Provider.layer(Shop, definition, {
    credentials: Layer.succeed(Credentials.Credentials, {
      get: (call) => {
        options.seen?.push({ correlationId: call.correlationId, tenantId: call.context.tenantId })
        return Effect.succeed(Credentials.Bearer({ token: Redacted.make(secret) }))
      }
    }),
    policy: options.policy ?? {}
  }).pipe(Layer.provide(Emulator.layerHttpClient(emulator)))

export const state = Holdfast.layerMemory

export const start = (faults?: Faults.Plan) => Emulator.make(spec, faults === undefined ? {} : { faults })

/** What was done, in its order. */
export const done = (emulator: Emulator.Emulator) =>
  Effect.map(
    emulator.ledger,
    (entries) => entries.flatMap((entry) => entry.changes.length > 0 ? [(entry.body as typeof Order.Type).number] : [])
  )
