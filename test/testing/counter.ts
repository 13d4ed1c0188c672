/** A provider as small as can be: one counter by name. */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { Auth, Credentials, Integration, IntegrationClient, Operation } from "holdfast"
import { Emulator, EmulatorServer, type Ledger } from "holdfast/testing"

export const Count = Schema.Struct({ name: Schema.String, count: Schema.Int })

const path = Schema.Struct({ name: Schema.String })

export const api = HttpApi.make("counter")
  .add(
    HttpApiGroup.make("counters")
      .add(HttpApiEndpoint.get("list", "/counters").addSuccess(Schema.Array(Count)))
      .add(HttpApiEndpoint.get("total", "/counters/total").addSuccess(Schema.Struct({ total: Schema.Int })))
      .add(HttpApiEndpoint.get("get", "/counters/:name").setPath(path).addSuccess(Count))
      .add(
        HttpApiEndpoint.post("add", "/counters/:name/add").setPath(path)
          .setPayload(Schema.Struct({ by: Schema.Int }))
          .setUrlParams(Schema.Struct({ twice: Schema.optionalWith(Schema.BooleanFromString, { exact: true }) }))
          .addSuccess(Count, { status: 201 })
          .annotate(Operation.Idempotent, false)
      )
      .add(HttpApiEndpoint.del("remove", "/counters/:name").setPath(path))
  )
  .add(
    HttpApiGroup.make("odd", { topLevel: true })
      .add(HttpApiEndpoint.get("broken", "/broken").addSuccess(Count))
      .add(HttpApiEndpoint.get("dies", "/dies").addSuccess(Count))
  )

export const definition = Integration.define({
  id: "counter",
  name: "Counter",
  version: "1",
  baseUrl: "https://counter.test",
  api,
  auth: Auth.bearer
})

type State = Map<string, number>

export const spec: Emulator.Spec<typeof api, State> = {
  integration: definition,
  state: () => new Map(),
  handlers: (state) => ({
    counters: {
      list: () => Effect.sync(() => Array.from(state, ([name, count]) => ({ name, count }))),
      total: () => Effect.sync(() => ({ total: [...state.values()].reduce((sum, count) => sum + count, 0) })),
      get: ({ path }) =>
        Effect.suspend(() => {
          const count = state.get(path.name)
          return count === undefined
            ? Effect.fail(new Emulator.EmulatorError({ status: 404, code: "NO_COUNTER", message: `no ${path.name}` }))
            : Effect.succeed({ name: path.name, count })
        }),
      add: ({ path, payload, urlParams }, exchange) =>
        Effect.sync(() => {
          const count = (state.get(path.name) ?? 0) + payload.by * (urlParams.twice === true ? 2 : 1)
          exchange.changed({ resource: "counters", kind: state.has(path.name) ? "updated" : "created", key: path.name })
          state.set(path.name, count)
          return { name: path.name, count }
        }),
      remove: ({ path }) => Effect.sync(() => void state.delete(path.name))
    },
    // a handler that gives what its own Schema refuses
    broken: () => Effect.succeed({ name: "x", count: 0.5 }),
    dies: () => Effect.die(new Error("handler died"))
  }),
  error: (failure) => ({
    body: { code: failure.code ?? failure.kind, message: failure.message, issues: failure.issues }
  }),
  authorize: Emulator.anyBearer,
  snapshot: (state) => Object.fromEntries(state),
  secretHeaders: ["x-secret"]
}

export class Counter extends Context.Tag("test/Counter")<Counter, Integration.Client<typeof definition>>() {}

const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("secret-token") }))

export const client = (baseUrl?: string) =>
  Layer.effect(Counter, Integration.client(definition)).pipe(
    Layer.provide(IntegrationClient.layer(definition, { baseUrl })),
    Layer.provide(credentials)
  )

export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(spec, options)
  const context = yield* Layer.build(Layer.provide(client(), Emulator.layerHttpClient(emulator)))
  return { emulator, counter: Context.get(context, Counter) }
})

export const overSocket = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(spec, options)
  const { baseUrl } = yield* EmulatorServer.serve(emulator)
  const context = yield* Layer.build(Layer.provide(client(baseUrl), NodeHttpClient.layerUndici))
  return { baseUrl, emulator, counter: Context.get(context, Counter) }
})

/** Waits, in real time, for the ledger to look as it should. */
export const seen = (
  emulator: Emulator.Emulator,
  as: (entries: ReadonlyArray<Ledger.Entry>) => boolean
): Effect.Effect<ReadonlyArray<Ledger.Entry>> =>
  Effect.repeat(Effect.zipRight(Effect.sleep("1 millis"), emulator.ledger), { until: as })
