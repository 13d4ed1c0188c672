/**
 * Very many expiries, by several processes on one store, with a token endpoint that is now and then away: no connection is
 * lost, and none is refreshed twice. Time is the test's, and passes as fast as it can.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, LogLevel, Random, Schedule } from "effect"
import { CredentialStore, TokenRefresh } from "holdfast"
import * as Memory from "../../../src/auth/internal/credentialMemory.js"
import * as Store from "../../../src/auth/internal/credentialStore.js"
import type { Keyring } from "../../../src/internal/sealing.js"
import { size } from "../../campaign.js"
import { makeVirtualClock } from "../../policy/virtualClock.js"
import { turn } from "../../turn.js"
import { failure, newRef, Provider, textOf } from "./provider.js"

/** Nothing is encrypted: that would be most of the time that this takes. */
const keys: Keyring = {
  checkOf: () => "check",
  currentId: "plain",
  open: (_, { value }) => Effect.succeed(value),
  seal: (_, value) => Effect.succeed({ iv: "", keyId: "plain", value })
}

const connections = 100
/** Of a case: 100,000 in all of a full campaign. */
const expiries = size({ bounded: 25_000, everyDay: 1000, full: 25_000 })

describe("expiries", () => {
  const { adjust, clock } = makeVirtualClock()

  /** Time goes on while it is done. */
  const passing = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(effect)
      while (fiber.unsafePoll() === null) {
        yield* adjust("50 millis")
      }
      return yield* Fiber.join(fiber)
    })

  it.scopedLive.each(size({ bounded: [1], everyDay: [1], full: [1, 2, 3, 4] }))(
    `${expiries} of them, on 2 processes, lose no connection (%i)`,
    () =>
      Effect.gen(function*() {
        const store = Store.make(Memory.make(), keys)
        const provider = new Provider()
        let failures = 0
        // a code says that it was the provider's own word: what it has not taken may be sent again
        provider.way = (answer) =>
          Effect.flatMap(Random.nextIntBetween(0, 20), (n) => {
            if (n > 0) return n < 5 ? Effect.zipRight(turn, answer) : answer
            failures++
            return failure("transient", "temporarily_unavailable")
          })
        const layer = Layer.provide(
          TokenRefresh.layer({ exchange: provider.exchange, failFast: "1 second", timeToLive: "1 day" }),
          Layer.succeed(CredentialStore.CredentialStore, store)
        )
        const processes = yield* Effect.replicateEffect(
          Effect.map(Layer.build(Layer.fresh(layer)), (context) => Context.get(context, TokenRefresh.TokenRefresh)),
          2
        )
        const refs = yield* Effect.replicateEffect(newRef, connections)
        for (const [n, ref] of refs.entries()) yield* store.put(ref, yield* provider.connect(`g${n}`))

        const seen = new Set<string>()
        for (let round = 1; round <= expiries / connections; round++) {
          // some are refreshed ahead of their end, and all others at it
          yield* adjust("58 minutes")
          const some: Array<CredentialStore.Ref> = []
          for (const ref of refs) if ((yield* Random.nextIntBetween(0, 3)) === 0) some.push(ref)
          yield* passing(Effect.forEach(some, (ref) => tokenOf(processes[0]!, ref), { concurrency: "unbounded" }))
          yield* adjust("3 minutes")
          const all = yield* passing(
            Effect.forEach(
              refs,
              (ref) => Effect.forEach(processes, (process) => tokenOf(process, ref), { concurrency: "unbounded" }),
              { concurrency: "unbounded" }
            )
          )
          for (const tokens of all) {
            assert.strictEqual(new Set(tokens).size, 1)
            seen.add(tokens[0]!)
          }
        }
        assert.strictEqual(provider.revoked.size, 0)
        assert.strictEqual(provider.exchanges, provider.accepted + failures)
        assert.isAtLeast(provider.accepted, expiries)
        assert.isAbove(failures, expiries / 50)
        assert.isAtLeast(seen.size, expiries)
        for (const ref of refs) {
          assert.strictEqual((yield* store.get(ref)).status.state, "connected")
        }
      }).pipe(Effect.withClock(clock), Logger.withMinimumLogLevel(LogLevel.None))
  )
})

type Service = TokenRefresh.TokenRefresh["Type"]

const tokenOf = ({ get }: Service, ref: CredentialStore.Ref) =>
  Effect.retry(Effect.map(get(ref), textOf), {
    schedule: Schedule.spaced("1100 millis"),
    while: ({ reason }) => reason === "unreachable"
  })
