import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as DeadLetterQueue from "../../src/delivery/DeadLetterQueue.js"
import * as CircuitBreaker from "../../src/policy/CircuitBreaker.js"
import * as ReplayOnClose from "../../src/policy/ReplayOnClose.js"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"

it.scoped("a circuit that closes has its integration's letters replayed, and no other's", () =>
  Effect.gen(function*() {
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    const breakers = yield* CircuitBreaker.CircuitBreakers
    const sent: Array<string> = []
    for (const integration of ["hubspot", "stripe"]) {
      yield* queue.register(integration, (letter) => Effect.sync(() => void sent.push(letter.id)))
    }
    const mine = [yield* queue.capture(letter()), yield* queue.capture(letter())]
    yield* queue.capture(letter({ integration: "stripe" }))
    yield* Layer.build(ReplayOnClose.layer())
    yield* TestClock.adjust("1 second")
    yield* breakers.forceOpen("hubspot/contacts.create", "maintenance")
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(sent, [])
    yield* breakers.forceClose("hubspot/contacts.create")
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(sent, mine)
    assert.strictEqual((yield* queue.stats()).byState.pending, 1)
  }).pipe(Effect.provide(Layer.merge(CircuitBreaker.layerMemory, DeadLetterQueue.layerMemory))))
