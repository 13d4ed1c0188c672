/**
 * Holds the record's steps of a backing against the core's own: any sequence of steps leaves the same record and gives the
 * same answers, and so does whatever fleets of processes have done to a record in the model.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck as fc } from "effect"
import type * as Scope from "effect/Scope"
import type * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import * as Shared from "../../../src/policy/internal/breaker/sharedCore.js"
import type { Store } from "../../../src/policy/internal/breaker/store.js"
import * as Window from "../../../src/policy/internal/breaker/windowCore.js"
import { holds } from "../../campaign.js"
import { Fleet, type Taken } from "./fleet.js"
import { commands } from "./fleetCommands.js"

export interface Backing {
  readonly store: Store
  /** The store's clock stands there. */
  readonly setClock: (now: number) => Effect.Effect<void>
  /** What the store keeps for a key. */
  readonly kept: (key: string) => Effect.Effect<Shared.Kept | undefined>
  readonly forget: (key: string) => Effect.Effect<void>
}

const base: Core.Config = {
  gather: 100,
  halfOpenMaxConcurrent: 1,
  maxResetTimeout: 3_000,
  mode: "enforcing",
  probeLease: 1_500,
  quorum: 1,
  random: () => 0.25,
  resetBackoff: 2,
  resetJitter: 0,
  resetTimeout: 1_000,
  strategy: { failures: 3, kind: "consecutive" },
  successThreshold: 1
}

const strategies: ReadonlyArray<Window.Strategy> = [
  { failures: 3, kind: "consecutive" },
  { failureRate: 0.5, kind: "count", minimum: 4, size: 6, slowRate: 0.8 },
  { failureRate: 0.4, kind: "count", minimum: 2, size: 5, slowRate: Number.POSITIVE_INFINITY },
  { buckets: 3, failureRate: 0.6, kind: "time", minimum: 4, slowRate: 0.7, width: 500 },
  { buckets: 4, failureRate: 0.3, kind: "time", minimum: 3, slowRate: Number.POSITIVE_INFINITY, width: 1_000 / 3 }
]

const terms: fc.Arbitrary<Shared.Terms> = fc.record({
  config: fc.record({
    halfOpenMaxConcurrent: fc.constantFrom(1, 2),
    mode: fc.constantFrom("enforcing" as const, "enforcing" as const, "shadow" as const, "disabled" as const),
    quorum: fc.constantFrom(1, 1, 2, 3),
    resetBackoff: fc.constantFrom(1, 1.5, 2),
    resetJitter: fc.constantFrom(0, 0.1, 1 / 3),
    resetTimeout: fc.constantFrom(0, 700, 1_000.25),
    strategy: fc.constantFrom(...strategies),
    successThreshold: fc.constantFrom(1, 2)
  }).map((changes) => ({ ...base, ...changes })),
  livesFor: fc.constantFrom(500, 5_000),
  timeToLive: fc.constant(60_000)
})

const node = fc.constantFrom("a1", "b2", "c3")
const id = fc.constantFrom("a1/1", "a1/2", "b2/1", "c3/1")
const told = fc.constantFrom(0, 0, 0, 400, 2_000.5, 100_000)
const code = fc.constantFrom(0, 0, 1, 1, 2, 3)
const reason = fc.constantFrom("", "maintenance", "wartung, \"ü\": 100 %")

/** Generations are filled in: mostly that of the record. */
const step: fc.Arbitrary<(generation: number) => Shared.Step> = fc.oneof(
  {
    arbitrary: fc.record({
      buckets: fc.array(fc.tuple(fc.constantFrom(0, 100, 700, 1_700), fc.nat(3), fc.nat(2), fc.nat(2)), {
        maxLength: 2
      }),
      codes: fc.array(code, { maxLength: 4 }),
      failures: fc.nat(3),
      isStale: fc.constantFrom(false, false, false, false, true),
      node,
      older: fc.nat(3),
      sequence: fc.nat(9),
      success: fc.boolean(),
      told
    }).map((r) => (generation: number): Shared.Step => ({
      _tag: "report",
      report: {
        batch: {
          // no more of them failed than there were
          buckets: r.buckets.flatMap(([age, total, failed, slow]) => [
            age,
            total + 2,
            failed,
            slow
          ]),
          codes: r.codes,
          failures: r.failures,
          older: r.older,
          success: r.success,
          told: r.told,
          troubled: true
        },
        generation: generation - (r.isStale ? 1 : 0),
        node: r.node,
        sequence: r.sequence
      }
    })),
    weight: 10
  },
  {
    arbitrary: fc.record({ id, isStale: fc.constantFrom(false, false, false, true), lease: fc.constantFrom(200, 900) })
      .map(({ id, isStale, lease }) => (generation: number): Shared.Step => ({
        _tag: "acquireProbe",
        generation: generation - (isStale ? 1 : 0),
        id,
        lease
      })),
    weight: 6
  },
  {
    arbitrary: fc.record({ id, lease: fc.constantFrom(200, 900) }).map(
      ({ id, lease }) => (generation: number): Shared.Step => ({ _tag: "renewProbe", generation, id, lease })
    ),
    weight: 2
  },
  {
    arbitrary: fc.record({ code: fc.oneof(code, fc.constant(-1)), id, told }).map(
      (r) => (generation: number): Shared.Step => ({ _tag: "probeResult", generation, ...r })
    ),
    weight: 6
  },
  {
    arbitrary: fc.oneof(
      fc.record({ _tag: fc.constant("forceOpen" as const), reason }),
      fc.constant({ _tag: "forceClose" as const }),
      fc.record({ _tag: fc.constant("openFor" as const), millis: fc.constantFrom(0, 800, 900.5), reason }),
      fc.record({
        _tag: fc.constant("setMode" as const),
        mode: fc.constantFrom("auto" as const, "enforcing" as const, "shadow" as const, "disabled" as const),
        reason
      }),
      fc.constant({ _tag: "reset" as const })
    ).map((command) => (): Shared.Step => ({ _tag: "command", command })),
    weight: 2
  },
  {
    arbitrary: fc.record({ node, present: fc.boolean() }).map((r) => (): Shared.Step => ({ _tag: "read", ...r })),
    weight: 2
  },
  { arbitrary: node.map((node) => (): Shared.Step => ({ _tag: "leave", node })), weight: 1 }
)

const wait = fc.constantFrom(0, 0, 0, 1, 50, 200, 499, 1_000, 3_000)

const start = 1_700_000_000_000

const plain = <A>(value: A): A => JSON.parse(JSON.stringify(value))

export const suite = (
  name: string,
  backing: Effect.Effect<Backing, never, Scope.Scope>,
  sequences: number
): void => {
  const withBacking = (run: (backing: Backing) => Effect.Effect<void>) =>
    Effect.runPromise(Effect.scoped(Effect.flatMap(backing, run)))
  let keys = 0

  describe(`the record's steps on ${name}`, () => {
    it("any sequence of steps leaves the record as the core's own steps do, and is answered as they answer", () =>
      withBacking(({ kept, setClock, store }) =>
        Effect.promise(() =>
          holds(
            fc.asyncProperty(
              fc.array(terms, { maxLength: 2, minLength: 1 }),
              fc.array(fc.tuple(step, wait, fc.nat(9)), { maxLength: 40, size: "max" }),
              (configs, sequence) =>
                Effect.runPromise(Effect.gen(function*() {
                  const key = `differs-${++keys}`
                  let now = start
                  let expected: Shared.Kept | undefined
                  for (const [make, millis, pick] of sequence) {
                    now += millis
                    // now and then a process that is configured otherwise
                    const terms = configs[pick === 0 ? configs.length - 1 : 0]!
                    expected ??= Shared.initial(terms, now)
                    const step = make(expected.record.generation)
                    yield* setClock(now)
                    const answer = yield* Effect.orDie(store.step(key, step, terms))
                    deepStrictEqual(answer, Shared.take(expected, terms, step, now))
                    expected = plain(expected)
                    deepStrictEqual(upToDate(yield* kept(key), configs, now), upToDate(expected, configs, now))
                  }
                }))
            ),
            sequences
          )
        )
      ))

    for (const strategy of [strategies[0]!, strategies[1]!, strategies[3]!]) {
      it(`what a fleet does to a record, over ${strategy.kind}: B1 to B9 hold of this record too, for it is the same`, () =>
        withBacking((backing) =>
          Effect.promise(() =>
            holds(
              fc.asyncProperty(
                fc.record({ halfOpenMaxConcurrent: fc.constantFrom(1, 2), quorum: fc.constantFrom(1, 2) }),
                fc.commands([commands(2, strategy.kind !== "consecutive")], { maxCommands: 100, size: "max" }),
                (changes, sequence) => {
                  const config = { ...base, ...changes, strategy }
                  const fleet = new Fleet(config, [0, 5_000])
                  fleet.took({ _tag: "lose" })
                  fleet.taken = []
                  fleet.took({ _tag: "lose" })
                  for (const process of fleet.processes) fleet.attach(process)
                  fc.modelRun(() => ({ model: fleet, real: fleet }), sequence)
                  return Effect.runPromise(replay(backing, `fleet-${++keys}`, config, fleet.taken))
                }
              ),
              Math.ceil(sequences / 3)
            )
          )
        ))
    }
  })
}

/** Without what has become older than the window: a look at it need not have thrown it out. */
const upToDate = (
  kept: Shared.Kept | undefined,
  configs: ReadonlyArray<{ readonly config: Core.Config }>,
  now: number
) => {
  const of = configs.find(({ config }) => kept?.layout === Shared.layoutOf(config.strategy))
  if (kept !== undefined && of !== undefined) Window.rotate(kept.record.counts, of.config.strategy, now)
  return kept
}

/** Takes the same steps at the store. */
const replay = (
  { forget, kept, setClock, store }: Backing,
  key: string,
  config: Core.Config,
  taken: ReadonlyArray<Taken>
) =>
  Effect.gen(function*() {
    const terms: Shared.Terms = { config, livesFor: 1e9, timeToLive: 60_000 }
    const take = (step: Shared.Step) => Effect.orDie(store.step(key, step, terms))
    let live: ReadonlyArray<string> = []
    for (const { live: others, now, record, step } of taken) {
      yield* setClock(now)
      if (step._tag === "lose") {
        yield* forget(key)
        live = []
        yield* take({ _tag: "read", node: "", present: false })
      } else {
        if (step._tag === "report") {
          for (const node of live.filter((node) => !others.includes(node))) yield* take({ _tag: "leave", node })
          for (const node of others.filter((node) => !live.includes(node))) {
            yield* take({ _tag: "read", node, present: true })
          }
          live = others
        }
        yield* take(step)
      }
      deepStrictEqual(upToDate(yield* kept(key), [terms], now)?.record, plain(record))
    }
  })
