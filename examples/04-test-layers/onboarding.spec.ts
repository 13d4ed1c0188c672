/**
 * The same program over three HubSpots, none of which needs a network, a token, or patience: all waiting is by Effect's
 * Clock, which a test moves by hand.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted, TestClock } from "effect"
import { Credentials, Holdfast, IntegrationError } from "holdfast"
import { Emulator as HubSpotEmulator, HubSpot } from "holdfast/providers/hubspot"
import { Emulator, Faults } from "holdfast/testing"
import { awaitOwner, ensureContact } from "./onboarding.js"

const rateLimited = new IntegrationError.RateLimitError({
  integration: "hubspot",
  operation: "contacts.create",
  message: "the daily limit is used up",
  retryable: false
})

describe("onboarding", () => {
  it.effect("finds the contact that is there already", () =>
    Effect.gen(function*() {
      const made = yield* ensureContact("ada@example.com")
      assert.strictEqual(yield* ensureContact("ada@example.com"), made)
    }).pipe(Effect.provide(HubSpot.layerTest))) // a HubSpot in memory, empty at the start

  it.effect("hands on what it cannot mend", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ensureContact("ada@example.com"))
      assert.strictEqual(error._tag, "RateLimitError")
    }).pipe(Effect.provide(HubSpot.layerTest({ contacts: { create: () => Effect.fail(rateLimited) } }))))

  it.effect("waits until sales has given the contact an owner", () =>
    Effect.gen(function*() {
      const { contacts } = yield* HubSpot
      const id = yield* ensureContact("ada@example.com")
      const waiting = yield* Effect.fork(awaitOwner(id))

      yield* TestClock.adjust("10 minutes")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))

      yield* contacts.update({ path: { id }, payload: { properties: { hubspot_owner_id: "101" } } })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(waiting), Option.some("101"))
    }).pipe(Effect.provide(HubSpot.layerTest)))

  it.effect("gives up after an hour", () =>
    Effect.gen(function*() {
      const waiting = yield* Effect.fork(Effect.flatMap(ensureContact("ada@example.com"), awaitOwner))
      yield* TestClock.adjust("1 hour")
      assert.isTrue(Option.isNone(yield* Fiber.join(waiting)))
    }).pipe(Effect.provide(HubSpot.layerTest)))

  // layerTest has no policies. To see the stack at work, put the emulator under the real one.
  it.effect("waits as long as HubSpot asks, and sends the contact once more", () =>
    Effect.gen(function*() {
      const emulator = yield* HubSpotEmulator.make({ faults: Faults.script([Faults.retryAfterSeconds(30)]) })
      const hubspot = HubSpot.layer({
        credentials: Credentials.layer(Credentials.Bearer({ token: Redacted.make("pat-fake") }))
      }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Emulator.layerHttpClient(emulator))
      )
      const waiting = yield* Effect.fork(Effect.provide(ensureContact("ada@example.com"), hubspot))

      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [429])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [429, 201])
    }))
})
