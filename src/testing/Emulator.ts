/**
 * A provider that runs in the test: made from the same `HttpApi` that the client is derived from, with in-memory state,
 * a ledger of all that it was asked, and faults by plan.
 *
 * It answers in process (`layerHttpClient`, no network) or over a real socket (`EmulatorServer.serve`); both go through
 * the same routes, codecs, handlers and faults. All waiting is by Effect's `Clock`.
 *
 * @since 0.1.0
 */
import type * as HttpApi from "@effect/platform/HttpApi"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Faults from "./Faults.js"
import { Engine } from "./internal/engine.js"
import { inProcess } from "./internal/inProcess.js"
import { EmulatorError, type Options, type Spec } from "./internal/model.js"
import type * as Wire from "./internal/wire.js"
import type * as Ledger from "./Ledger.js"

export {
  type Authorize,
  EmulatorError,
  type ErrorAnswer,
  type Exchange,
  type Failure,
  type Handler,
  type HandlerRequest,
  type Handlers,
  type HandlersOf,
  type Heard,
  type Issue,
  type Options,
  Reply,
  type Spec
} from "./internal/model.js"
export type { Quota, QuotaView } from "./internal/quota.js"

/**
 * A running emulator.
 *
 * @since 0.1.0
 * @category models
 */
export interface Emulator<out State = unknown> {
  readonly integration: { readonly id: string; readonly version: string }
  /** Every request so far, in the order of arrival. */
  readonly ledger: Effect.Effect<ReadonlyArray<Ledger.Entry>>
  /** The live state, to look into or to fill. */
  readonly state: Effect.Effect<State>
  /** Forgets state and ledger, and begins the plan of faults anew. */
  readonly reset: Effect.Effect<void>
  /** Takes the provider down, or up again, by hand. An outage of the plan goes on all the same. */
  readonly outage: (down: boolean) => Effect.Effect<void>
  /** Puts another plan in place: it counts requests and time from now on. */
  readonly setFaults: (plan: Faults.Plan) => Effect.Effect<void>
  /** @internal */
  readonly handle: (incoming: Wire.Incoming) => Effect.Effect<Wire.Outcome>
}

/**
 * Starts an emulator. Its state lives as long as the value does; nothing has to be closed.
 *
 * @example
 * ```ts
 * import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
 * import { Effect, Schema } from "effect"
 * import { Emulator, Faults } from "holdfast/testing"
 *
 * const Counted = Schema.Struct({ count: Schema.Int })
 * const api = HttpApi.make("counter").add(
 *   HttpApiGroup.make("counters").add(HttpApiEndpoint.post("add", "/counters").addSuccess(Counted))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const emulator = yield* Emulator.make({
 *     integration: { id: "counter", version: "1", api },
 *     state: () => ({ count: 0 }),
 *     handlers: (state) => ({ counters: { add: () => Effect.sync(() => ({ count: ++state.count })) } }),
 *     error: (failure) => ({ body: { error: failure.message } })
 *   }, { faults: Faults.light(7) })
 *   const client = Emulator.httpClient(emulator)
 *   return yield* client.post("http://counter.test/counters")
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Api extends HttpApi.HttpApi.Any, State>(
  spec: Spec<Api, State>,
  options: Options = {}
): Effect.Effect<Emulator<State>> =>
  Effect.map(Clock.currentTimeMillis, (now): Emulator<State> => {
    const engine = new Engine(spec, options, now)
    return {
      integration: { id: spec.integration.id, version: spec.integration.version },
      ledger: Effect.sync(() => engine.entries.slice()),
      state: Effect.sync(() => engine.state),
      reset: Effect.map(Clock.currentTimeMillis, (now) => engine.reset(now)),
      outage: (down) => Effect.sync(() => engine.setOutage(down)),
      setFaults: (plan) => Effect.map(Clock.currentTimeMillis, (now) => engine.setFaults(plan, now)),
      handle: (incoming) => engine.handle(incoming)
    }
  })

/**
 * Runs a step over the state as a handler does, in one go, so that nothing comes between its reads and its writes. An
 * `EmulatorError` that it throws is the answer; what else it throws is a mistake in the emulator.
 *
 * @example
 * ```ts
 * import { Emulator } from "holdfast/testing"
 *
 * const stock = new Map([["engine", 2]])
 *
 * const take = (sku: string) =>
 *   Emulator.step(() => {
 *     const left = (stock.get(sku) ?? 0) - 1
 *     if (left < 0) throw new Emulator.EmulatorError({ message: `no ${sku} is left`, status: 409 })
 *     stock.set(sku, left)
 *     return { left }
 *   })
 * ```
 *
 * @since 0.1.0
 * @category handlers
 */
export const step = <A>(run: () => A): Effect.Effect<A, EmulatorError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (error) {
      return error instanceof EmulatorError ? Effect.fail(error) : Effect.die(error)
    }
  })

/**
 * An `HttpClient` whose every request, whatever its host, is answered by the emulator, in process.
 *
 * A reset is a `RequestError` of reason `Transport` with the cause that a real client would show (`ECONNRESET`), and a
 * body that breaks off fails as it is read (`UND_ERR_SOCKET`). A caller that is interrupted while the emulator waits
 * leaves a request that was never processed.
 *
 * @since 0.1.0
 * @category clients
 */
export const httpClient = (emulator: Emulator): HttpClient.HttpClient => inProcess(emulator.handle)

/**
 * `httpClient` as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (emulator: Emulator): Layer.Layer<HttpClient.HttpClient> =>
  Layer.sync(HttpClient.HttpClient, () => httpClient(emulator))

// ---------------------------------------------------------------------------------------------------------------------
// credentials
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Takes any bearer token that is not empty.
 *
 * @since 0.1.0
 * @category credentials
 */
export const anyBearer = (headers: Readonly<Record<string, string>>): boolean =>
  /^Bearer \S+$/i.test(headers.authorization ?? "")

/**
 * Takes any name and password.
 *
 * @since 0.1.0
 * @category credentials
 */
export const anyBasic = (headers: Readonly<Record<string, string>>): boolean =>
  /^Basic [\w+/]+=*$/i.test(headers.authorization ?? "")

/**
 * Takes this one bearer token.
 *
 * @since 0.1.0
 * @category credentials
 */
export const bearer = (token: string) => (headers: Readonly<Record<string, string>>): boolean =>
  headers.authorization === `Bearer ${token}`

/**
 * Asks for no credential.
 *
 * @since 0.1.0
 * @category credentials
 */
export const anyone = (): boolean => true
