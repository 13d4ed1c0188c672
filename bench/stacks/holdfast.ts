/** Holdfast's policies over a leaf that does nothing: one by one, and the whole standard stack. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Call from "../../src/core/Call.js"
import * as IntegrationClient from "../../src/core/IntegrationClient.js"
import * as IntegrationContext from "../../src/core/IntegrationContext.js"
import * as IntegrationError from "../../src/core/IntegrationError.js"
import * as Operation from "../../src/core/Operation.js"
import type * as Transport from "../../src/core/Transport.js"
import * as Holdfast from "../../src/Holdfast.js"
import * as Availability from "../../src/policy/Availability.js"
import * as Bulkhead from "../../src/policy/Bulkhead.js"
import * as CircuitBreaker from "../../src/policy/CircuitBreaker.js"
import * as DeadLettering from "../../src/policy/DeadLettering.js"
import * as Fallback from "../../src/policy/Fallback.js"
import * as Hedge from "../../src/policy/Hedge.js"
import * as IdempotencyKey from "../../src/policy/IdempotencyKey.js"
import * as RateLimit from "../../src/policy/RateLimit.js"
import * as Resilience from "../../src/policy/Resilience.js"
import * as Retry from "../../src/policy/Retry.js"
import * as Telemetry from "../../src/policy/Telemetry.js"
import * as Timeout from "../../src/policy/Timeout.js"

export type Policy = IntegrationClient.Policy<Holdfast.Services>

const operation = Operation.make({
  integration: "bench",
  method: "GET",
  name: "orders.get",
  template: "",
  version: "1"
})
const request = HttpClientRequest.get("/orders/1")
const response = HttpClientResponse.fromWeb(request, new Response("{}"))
const context = Context.get(Context.empty(), IntegrationContext.IntegrationContext)

/**
 * The end of every stack here. It counts as a request that was sent: for one that was not, limits give back what it took.
 * Not an `Exit`: what is there already could be let through without its policies.
 */
export const noOp: Transport.Send = (_, call) =>
  Effect.sync(() => {
    call.attempts++
    return response
  })

/** What it acquires is held for as long as the process runs, which is as long as its measurement. */
export const forever = <A, E>(self: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
  Effect.flatMap(Scope.make(), (scope) => Scope.extend(self, scope))

/** A client of the policy over `leaf`, with its state in memory. */
export const build = (policy: Policy | undefined, leaf: Transport.Send = noOp): Promise<IntegrationClient.Service> => {
  const base = Layer.sync(
    IntegrationClient.IntegrationClient,
    () => IntegrationClient.make({ id: "bench", version: "1" }, leaf)
  )
  const stack = policy === undefined ? base : Layer.provide(policy, Layer.merge(base, Holdfast.layerMemory))
  return Effect.runPromise(
    Effect.map(forever(Layer.build(stack)), (built) => Context.get(built, IntegrationClient.IntegrationClient))
  )
}

/** One call, as a typed method makes it once its request is ready. */
export const call = (
  client: IntegrationClient.Service
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError.IntegrationError> =>
  Effect.suspend(() => client.send(request, new Call.Call(operation, context, undefined)))

/** As cockatiel's sampling breaker counts. */
const sampling = { strategy: CircuitBreaker.failureRate({ threshold: 0.5, window: "30 seconds" }) }

/** Each line of the standard stack by itself, in the order in which a call meets them; then what is added on request. */
export const policies: ReadonlyArray<readonly [name: string, policy: Policy]> = [
  ["Telemetry", Telemetry.layer({ spans: "never" })],
  ["DeadLettering", DeadLettering.layer()],
  ["IdempotencyKey", IdempotencyKey.layer()],
  ["Timeout, total", Timeout.layerTotal("1 minute")],
  ["Retry", Retry.layer()],
  ["CircuitBreaker", CircuitBreaker.layer()],
  ["CircuitBreaker, failure rate", CircuitBreaker.layer(sampling)],
  ["RateLimit", RateLimit.layer({ capacity: 1_000_000, refillRate: 1_000_000_000 })],
  ["Bulkhead", Bulkhead.layer()],
  ["Timeout, attempt", Timeout.layer("10 seconds")],
  ["Availability", Availability.layer(Availability.Available())],
  ["Fallback", Fallback.layer({ answer: () => undefined })],
  ["Hedge", Hedge.layer({ delay: "1 second" })]
]

const options = {
  circuitBreaker: sampling,
  rateLimit: { capacity: 1_000_000, refillRate: 1_000_000_000 }
} as const satisfies Resilience.Options

/**
 * The standard stack with every stage at work: the defaults, a token bucket that never runs dry, and a breaker that does
 * the work of the one it is measured against. No span is made, as where no tracer is installed; said outright, because the
 * tracer that counts the steps is one.
 */
export const standard: Policy = Resilience.layer({ ...options, telemetry: { spans: "never" } })

/** The same without the line that is logged for each failure: writing it out would be all that is measured. */
export const standardUnlogged: Policy = Resilience.layer({ ...options, telemetry: { logs: false, spans: "never" } })

/** A client whose circuit has been opened by failures, and stays open. */
export const withOpenCircuit = async (policy: Policy): Promise<IntegrationClient.Service> => {
  const failing: Transport.Send = (_, call) =>
    Effect.suspend(() =>
      Effect.fail(new IntegrationError.ServerError({ ...call.errorFields, message: "down", retryable: false }))
    )
  const client = await build(policy, failing)
  const failure = Effect.flip(call(client))
  for (let calls = 0; calls < 100; calls++) {
    if ((await Effect.runPromise(failure))._tag === "CircuitBreakerOpenError") return client
  }
  throw new Error("the circuit did not open: the comparison of rejections would measure something else")
}
