/**
 * What the standard stack costs a call that goes well, in steps of the run loop and in fibers. Both are counts: the same on
 * every machine, however busy.
 */
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer, Supervisor, Tracer } from "effect"
import { Call, Holdfast, IntegrationClient, Operation, Resilience, Telemetry } from "holdfast"

const request = HttpClientRequest.get("/")
const response = HttpClientResponse.fromWeb(request, new Response("{}"))
const operation = Operation.make({ integration: "noop", method: "GET", name: "get", template: "/" })

/** Not an Exit, which would be taken without a step. */
const leaf = Effect.suspend(() => Effect.succeed(response))

const clientOf = <R>(policy: IntegrationClient.Policy<R>) =>
  Effect.map(
    Layer.build(
      Layer.provide(
        policy,
        Layer.succeed(
          IntegrationClient.IntegrationClient,
          IntegrationClient.make({ id: "noop", version: "1" }, () => leaf)
        )
      )
    ),
    Context.get(IntegrationClient.IntegrationClient)
  )

/** Steps and fibers of one run of an effect: what 1,100 runs take more than 100, by 1,000. */
const costOf = (self: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function*() {
    let steps = 0
    let fibers = 0
    const tracer = Tracer.make({
      context(f) {
        steps++
        return f()
      },
      span: () => {
        throw new Error("no span is made here")
      }
    })
    class Counting extends Supervisor.AbstractSupervisor<void> {
      override value = Effect.void
      override onStart(): void {
        fibers++
      }
    }
    const counted = (times: number) =>
      Effect.gen(function*() {
        steps = 0
        fibers = 0
        let left = times
        yield* Effect.whileLoop({ body: () => self, step: () => {}, while: () => left-- > 0 })
        return { fibers, steps }
      }).pipe(Effect.withTracer(tracer), Effect.supervised(new Counting()))
    // once for what is made on first use
    yield* counted(10)
    const few = yield* counted(100)
    const many = yield* counted(1_100)
    return { fibers: (many.fibers - few.fibers) / 1_000, steps: (many.steps - few.steps) / 1_000 }
  })

describe("the standard stack", () => {
  it.scopedLive("adds at most 14 steps of the run loop to a call, and forks no fiber", () =>
    Effect.gen(function*() {
      const client = yield* Effect.provide(
        clientOf(Resilience.layer({ telemetry: { spans: "never" } })),
        yield* Layer.build(Holdfast.layerMemory)
      )
      const bare = yield* costOf(leaf)
      deepStrictEqual(yield* costOf(leaf), bare)
      for (
        const call of [
          client.execute(request),
          Effect.suspend(() => client.send(request, new Call.Call(operation, {}, undefined)))
        ]
      ) {
        const cost = yield* costOf(call)
        strictEqual(cost.fibers, 0)
        // the loop yields now and then, which takes a step of its own
        strictEqual(Math.floor(cost.steps - bare.steps) <= 14, true, `${cost.steps - bare.steps} steps added`)
      }
    }))

  it.scopedLive("costs no more steps than one of its stages alone", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(Holdfast.layerMemory)
      const standard = yield* Effect.provide(clientOf(Resilience.layer({ telemetry: { spans: "never" } })), context)
      const alone = yield* clientOf(Telemetry.layer({ spans: "never" }))
      const cost = (client: IntegrationClient.Service) =>
        Effect.map(costOf(client.execute(request)), ({ steps }) => Math.floor(steps))
      strictEqual(yield* cost(standard), yield* cost(alone))
    }))
})
