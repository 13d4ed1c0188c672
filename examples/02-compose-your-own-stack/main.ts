/**
 * A stack put together by hand: each line is a Layer, and they stand in the order in which a call meets them. Leave one
 * out, swap one, or write one of your own; the types say what is still missing.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Redacted } from "effect"
import {
  CircuitBreaker,
  Credentials,
  DeadLettering,
  DeadLetterQueue,
  Holdfast,
  Integration,
  IntegrationClient,
  type IntegrationError,
  Retry,
  Timeout
} from "holdfast"
import { Emulator as HubSpotEmulator, HubSpot } from "holdfast/providers/hubspot"
import { Emulator, Faults } from "holdfast/testing"

/** A policy of one's own: at the bottom of the stack, it sees every request that is really sent. */
const printing = IntegrationClient.policy((next) =>
  Effect.succeed((request, call) =>
    next.send(request, call).pipe(
      Effect.tap((response) => Console.log(`    ${call.operation.name} → ${response.status}`)),
      Effect.tapError((error) => Console.log(`    ${call.operation.name} → ${error._tag}`))
    )
  )
)

const stack = DeadLettering.layer().pipe(
  Layer.provide(Retry.layer({ maxAttempts: 3, initialDelay: "20 millis" })),
  Layer.provide(CircuitBreaker.layer({ failureThreshold: 3, resetTimeout: "300 millis", successThreshold: 1 })),
  Layer.provide(Timeout.layer("5 seconds")),
  Layer.provide(printing),
  Layer.provide(IntegrationClient.layer(HubSpot.definition))
)

const hubspot = Layer.effect(HubSpot, Integration.client(HubSpot.definition)).pipe(
  Layer.provide(stack),
  Layer.provide(Credentials.layer(Credentials.Bearer({ token: Redacted.make("pat-fake") })))
)

const upsert = (email: string) =>
  HubSpot.pipe(
    Effect.flatMap(({ contacts }) =>
      contacts.batchUpsert({ payload: { inputs: [{ id: email, idProperty: "email", properties: { email } }] } })
    )
  )

const create = (email: string) =>
  HubSpot.pipe(Effect.flatMap(({ contacts }) => contacts.create({ payload: { properties: { email } } })))

const show = <A, R>(title: string, call: Effect.Effect<A, IntegrationError.IntegrationError, R>) =>
  Console.log(title).pipe(
    Effect.zipRight(call),
    Effect.matchEffect({
      onFailure: (error) => Console.log(`  ${error._tag}, stored as a dead letter: ${error.deadLettered ?? false}`),
      onSuccess: () => Console.log("  done")
    })
  )

const program = Effect.gen(function*() {
  const emulator = yield* HubSpotEmulator.make({
    faults: Faults.script([Faults.status(500), Faults.resetAfter, Faults.ok, Faults.resetAfter])
  })

  yield* Effect.gen(function*() {
    yield* show("an upsert may be sent again, whatever became of it:", upsert("ada@example.com"))
    yield* show("a create may not, once HubSpot may have acted on it:", create("grace@example.com"))

    yield* emulator.outage(true)
    yield* show("HubSpot is down, and the circuit opens:", upsert("alan@example.com"))
    yield* show("nothing more is sent:", upsert("edsger@example.com"))
    yield* emulator.outage(false)

    yield* Effect.sleep("300 millis")
    yield* Console.log("HubSpot is back, and the dead letters are replayed:")
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    const { failed, replayed } = yield* queue.replayAll({}, { concurrency: 1 })
    yield* Console.log(`  ${replayed} replayed, ${failed} failed`)
    for (const letter of (yield* queue.list({ state: "pending" })).items) {
      // the create had been processed after all: somebody has to know that, and now says so
      yield* Console.log(`  left: ${letter.operation}, ${letter.error.message}`)
      yield* queue.discard(letter.id, "the contact is there")
    }
  }).pipe(
    Effect.provide(hubspot.pipe(
      Layer.provideMerge(Holdfast.layerMemory), // merged: the program itself wants the queue too
      Layer.provide(Emulator.layerHttpClient(emulator))
    ))
  )
})

NodeRuntime.runMain(program)
