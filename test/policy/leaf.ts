/**
 * A policy over whatever sends, with no typed client and no transport: for tests of what is sent when.
 */
// a leaf may end in any way
// @effect-diagnostics unsafeEffectTypeAssertion:off
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Clock, Context, Effect, Layer, Metric, MetricState, Option } from "effect"
import {
  Bulkhead,
  Call,
  IntegrationClient,
  type IntegrationContext,
  Operation,
  RateLimit,
  type Transport
} from "holdfast"

const request = HttpClientRequest.get("/items")

/** An answer of the provider: the call has been sent, and this came back. */
export const answering = (headers: Record<string, string> = {}): Transport.Send => (request, call) =>
  Effect.sync(() => {
    call.attempts++
    const response = HttpClientResponse.fromWeb(request, new Response("{}", { headers }))
    call.answer = response
    return response
  })

export const sent = answering()

/** Writes down when a call is sent. */
export class Sends {
  readonly times: Array<number> = []
  readonly send: Transport.Send = (request, call) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      this.times.push(now)
      return sent(request, call)
    })
}

export interface Calling {
  readonly name?: string
  readonly cost?: number
  readonly context?: IntegrationContext.Fields
}

/** A call of an operation of the integration `shop`. */
export const makeCall = ({ context = {}, cost, name = "items.get" }: Calling = {}) =>
  new Call.Call(
    Operation.make({ integration: "shop", method: "GET", name, template: "/items", cost }),
    context,
    undefined
  )

/** A policy over what sends, with what the services know of it. */
export const over = <R>(policy: IntegrationClient.Policy<R>, send: Transport.Send) =>
  Effect.gen(function*() {
    const client = Layer.succeed(
      IntegrationClient.IntegrationClient,
      IntegrationClient.make({ id: "shop", version: "1" }, (request, call) => send(request, call))
    )
    const services = Layer.merge(RateLimit.layerMemory, Bulkhead.layerMemory)
    const context = yield* Layer.build(Layer.provideMerge(Layer.provide(policy, client), services) as Layer.Layer<
      IntegrationClient.IntegrationClient | RateLimit.RateLimiters | Bulkhead.Bulkheads
    >)
    const limiters = Context.get(context, RateLimit.RateLimiters)
    const bulkheads = Context.get(context, Bulkhead.Bulkheads)
    const built = Context.get(context, IntegrationClient.IntegrationClient)
    return {
      bulkheads,
      call: (calling?: Calling) => Effect.suspend(() => built.send(request, makeCall(calling))),
      limiter: Effect.map(limiters.state("shop"), Option.getOrThrow),
      limiters,
      /** Slots that are held, and callers that wait for one. */
      slots: Effect.map(bulkheads.state, ([state]) => [state?.active, state?.waiting] as const)
    }
  })

/** The value of a counter or gauge of the integration `shop`. */
export const metric = (name: string): number => {
  for (const { metricKey, metricState } of Metric.unsafeSnapshot()) {
    if (
      metricKey.name !== name || !metricKey.tags.some(({ key, value }) => key === "integration" && value === "shop")
    ) {
      continue
    }
    const state: unknown = metricState
    if (MetricState.isCounterState(state) && typeof state.count === "number") return state.count
    if (MetricState.isGaugeState(state) && typeof state.value === "number") return state.value
  }
  return 0
}
