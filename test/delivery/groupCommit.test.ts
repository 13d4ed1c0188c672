/** Who commits for whom: every caller has the answer to its own input, and no more commits are under way than may be. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, FastCheck as fc, Fiber } from "effect"
import * as GroupCommit from "../../src/delivery/internal/groupCommit.js"
import { holds } from "../campaign.js"
import { turn } from "../turn.js"

/** A store of which each commit ends when it is told to. */
class Store {
  readonly commits: Array<ReadonlyArray<number>> = []
  readonly open: Array<Deferred.Deferred<void, string>> = []
  under = 0
  most = 0

  readonly commit = (inputs: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<string>, string> =>
    Effect.gen(this, function*() {
      this.commits.push(inputs)
      this.most = Math.max(this.most, ++this.under)
      const end = yield* Deferred.make<void, string>()
      this.open.push(end)
      yield* Effect.ensuring(Deferred.await(end), Effect.sync(() => this.under--))
      return inputs.map((input) => `answer ${input}`)
    })
}

/** Long enough for whoever leads to have begun its commit. */
const turns = Effect.repeatN(turn, 5)

describe("group commit", () => {
  it("holds for any callers, sizes, failures and order of answers", () =>
    holds(
      fc.asyncProperty(
        fc.record({
          callers: fc.array(fc.record({ later: fc.boolean(), size: fc.integer({ max: 4, min: 1 }) }), {
            maxLength: 40
          }),
          ends: fc.array(fc.record({ fails: fc.boolean(), which: fc.nat(5) }), { maxLength: 20 }),
          inFlight: fc.integer({ max: 4, min: 1 }),
          maxSize: fc.integer({ max: 12, min: 1 })
        }),
        ({ callers, ends, inFlight, maxSize }) =>
          Effect.runPromise(Effect.gen(function*() {
            const store = new Store()
            const offer = GroupCommit.make({
              commit: store.commit,
              inFlight,
              maxSize,
              size: (caller: number) => callers[caller]!.size
            })
            const failed = new Set<number>()
            const end = (which: number, fails: boolean) =>
              Effect.suspend(() => {
                const index = which % Math.max(store.open.length, 1)
                const deferred = store.open[index]
                if (deferred === undefined) return Effect.void
                store.open.splice(index, 1)
                return fails ? Deferred.fail(deferred, "refused") : Deferred.succeed(deferred, undefined)
              })
            const fibers: Array<Fiber.RuntimeFiber<string, string>> = []
            const left = [...ends]
            for (const [caller, { later }] of callers.entries()) {
              if (later) {
                yield* turns
                const one = left.shift()
                if (one !== undefined) yield* end(one.which, one.fails)
              }
              fibers.push(yield* Effect.fork(offer(caller)))
            }
            while (fibers.some((fiber) => fiber.unsafePoll() === null)) {
              yield* turns
              const one = left.shift()
              yield* end(one?.which ?? 0, one?.fails ?? false)
            }
            const answers = yield* Effect.forEach(fibers, Fiber.await)
            for (const [caller, exit] of answers.entries()) {
              if (Exit.isSuccess(exit)) strictEqual(exit.value, `answer ${caller}`)
              else failed.add(caller)
            }
            // each input in one commit, all of a commit alike, in the order in which they came
            deepStrictEqual(store.commits.flat(), callers.map((_, caller) => caller))
            for (const commit of store.commits) {
              strictEqual(new Set(commit.map((caller) => failed.has(caller))).size, 1)
              const size = commit.reduce((sum, caller) => sum + callers[caller]!.size, 0)
              strictEqual(commit.length === 1 || size <= maxSize, true)
            }
            strictEqual(store.most <= inFlight, true)
            strictEqual(store.under, 0)
          }))
      ),
      60
    ))

  it.live("who is interrupted has its answer first, and the lead goes on", () =>
    Effect.gen(function*() {
      const store = new Store()
      const offer = GroupCommit.make({ commit: store.commit, maxSize: 10, size: () => 1 })
      const leader = yield* Effect.fork(offer(0))
      yield* turns
      const late = yield* Effect.fork(offer(1))
      const interrupting = yield* Effect.fork(Fiber.interrupt(leader))
      yield* turns
      deepStrictEqual(store.commits, [[0]])
      yield* Deferred.succeed(store.open[0]!, undefined)
      strictEqual(Exit.isInterrupted(yield* Fiber.join(interrupting)), true)
      yield* turns
      deepStrictEqual(store.commits, [[0], [1]])
      yield* Deferred.succeed(store.open[1]!, undefined)
      strictEqual(yield* Fiber.join(late), "answer 1")
    }))

  it.live("as many commits as may be are under way, and what comes meanwhile goes together", () =>
    Effect.gen(function*() {
      const store = new Store()
      const offer = GroupCommit.make({ commit: store.commit, inFlight: 2, maxSize: 2, size: () => 1 })
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4, 5, 6], (input) => Effect.fork(offer(input)))
      yield* turns
      deepStrictEqual(store.commits, [[0, 1], [2, 3]])
      yield* Deferred.succeed(store.open[1]!, undefined)
      yield* turns
      deepStrictEqual(store.commits, [[0, 1], [2, 3], [4, 5]])
      yield* Deferred.succeed(store.open[0]!, undefined)
      yield* turns
      for (const end of store.open.slice(2)) yield* Deferred.succeed(end, undefined)
      const answers = yield* Effect.forEach(fibers, Fiber.join)
      deepStrictEqual(answers, [0, 1, 2, 3, 4, 5, 6].map((input) => `answer ${input}`))
    }))
})
