import { assert, describe } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import type * as Replay from "../../../delivery/ReplayPlan.js"
import { captureMany, refusedWith, type Service, type Test } from "./deadLetterKit.js"
import { breakerOpen, letter, serverError } from "./deadLetters.js"

const requestWith = (fields: Partial<DeadLetterQueue.DeadLetterRequest>) =>
  new DeadLetterQueue.DeadLetterRequest({ ...letter().request, ...fields })

const uncertain = { request: requestWith({ mayHaveBeenProcessed: true }) }

const reasonsOf = (plan: Replay.Plan) => Object.fromEntries(plan.ineligible.map(({ count, reason }) => [reason, count]))

const idsFor = (plan: Replay.Plan, reason: Replay.SkipReason) =>
  plan.ineligible.find((ineligible) => ineligible.reason === reason)?.ids

/** Sends, and tells what. */
const sendingTo = (service: Service, sent: Array<string>, failing: () => boolean = () => false) =>
  service.register("hubspot", (letter) =>
    Effect.suspend(() => {
      sent.push(letter.id)
      return failing() ? serverError() : Effect.void
    }))

const planned = (
  service: Service,
  options?: Replay.Options,
  selection: Replay.Selection = { integration: "hubspot" }
) => Effect.flatMap(service.planReplay(selection, options), service.startReplay)

/** Replays that are planned, and run as jobs. */
export const replayJobTests = (test: Test): void => {
  describe("a plan", () => {
    test(
      "says how many there are, what is not sent and why, and changes nothing",
      (service, pass) =>
        Effect.gen(function*() {
          const [final = "", parked = "", claimed = ""] = yield* captureMany(service, 3)
          yield* captureMany(service, 2)
          const doubtful = yield* service.capture(letter(uncertain))
          yield* service.capture(letter({ request: requestWith({ idempotent: true, mayHaveBeenProcessed: true }) }))
          const partial = yield* service.capture(
            letter({ operation: "deals.create", request: requestWith({ redacted: ["body.card"] }) })
          )
          yield* service.capture(letter({ integration: "stripe" }))
          yield* service.discard(final, "no")
          yield* Effect.scoped(Effect.gen(function*() {
            yield* service.register("hubspot", () => serverError())
            for (let i = 0; i < 10; i++) yield* Effect.ignore(service.replay(parked))
          }))
          yield* service.register("hubspot", () => Effect.never)
          yield* Effect.forkScoped(service.replay(claimed))
          yield* pass(1)

          const before = (yield* service.stats()).byState
          const plan = yield* service.planReplay({}, { rate: 2 })
          assert.deepInclude(plan, { eligible: 3, examined: 6, selected: 9 })
          assert.deepStrictEqual(
            reasonsOf(plan),
            { claimed: 1, final: 1, "no-replayer": 1, parked: 1, redacted: 1, uncertain: 1 }
          )
          assert.deepStrictEqual(idsFor(plan, "uncertain"), [doubtful])
          assert.deepStrictEqual(idsFor(plan, "redacted"), [partial])
          assert.deepStrictEqual(plan.groups[0], {
            count: 4,
            integration: "hubspot",
            operation: "contacts.create",
            state: "pending"
          })
          assert.strictEqual(plan.groups.reduce((sum, { count }) => sum + count, 0), 9)
          assert.deepStrictEqual(plan.estimated, Option.some(Duration.millis(1500)))
          assert.deepStrictEqual((yield* service.stats()).byState, before)

          const bold = yield* service.planReplay({ integration: "hubspot" }, { force: true, uncertain: "send" })
          assert.deepStrictEqual(reasonsOf(bold), { claimed: 1, final: 1, redacted: 1 })
          assert.deepStrictEqual(bold.estimated, Option.none())
        })
    )

    test("of ids says what becomes of each", (service) =>
      Effect.gen(function*() {
        const [one = "", two = ""] = yield* captureMany(service, 2)
        yield* service.discard(two, "no")
        yield* service.register("hubspot", () => Effect.void)
        const plan = yield* service.planReplay([two, "nobody", one, one])
        assert.deepInclude(plan, { eligible: 1, selected: 3 })
        assert.deepStrictEqual(idsFor(plan, "not-found"), ["nobody"])
        assert.deepStrictEqual(idsFor(plan, "final"), [two])
        const report = yield* Effect.flatMap(service.startReplay(plan), (job) => job.await)
        assert.deepInclude(report, { finished: 3, replayed: 1, skippedFor: { final: 1, "not-found": 1 } })
      }))

    test("finds what is held by a letter of its key that is not sent, in the selection or out of it", (service) =>
      Effect.gen(function*() {
        const [doubtful = ""] = yield* captureMany(service, 1, { ...uncertain, partitionKey: "p" })
        const held = yield* captureMany(service, 2, { partitionKey: "p" })
        yield* captureMany(service, 1, { integration: "stripe", partitionKey: "q" })
        const other = yield* captureMany(service, 1, { partitionKey: "q" })
        yield* captureMany(service, 2, { partitionKey: "r" })
        yield* service.register("hubspot", () => Effect.void)
        const plan = yield* service.planReplay({ integration: "hubspot" })
        assert.deepStrictEqual(reasonsOf(plan), { held: 3, uncertain: 1 })
        assert.deepStrictEqual(idsFor(plan, "held"), [...held, ...other])
        assert.deepStrictEqual(idsFor(plan, "uncertain"), [doubtful])
        const report = yield* Effect.flatMap(service.startReplay(plan), (job) => job.await)
        assert.deepInclude(report, { replayed: 2, skippedFor: { held: 3, uncertain: 1 } })
      }))

    test("looks at so many letters one by one, and counts all", (service) =>
      Effect.gen(function*() {
        yield* captureMany(service, 30, uncertain)
        yield* service.register("hubspot", () => Effect.void)
        const plan = yield* service.planReplay({}, { examine: 5 })
        assert.deepInclude(plan, { eligible: 25, examined: 5, selected: 30 })
        assert.deepStrictEqual(reasonsOf(plan), { uncertain: 5 })
      }))

    test("is refused where an option cannot be", (service) =>
      Effect.gen(function*() {
        const wrong: ReadonlyArray<readonly [Replay.Options, string]> = [
          [{ rate: 0 }, "rate"],
          [{ concurrency: 1.5 }, "concurrency"],
          [{ stopWhen: { errorRatio: 50, over: 10 } }, "stopWhen.errorRatio"],
          [{ stopWhen: { errorRatio: 0.5, over: 0 } }, "stopWhen.over"],
          [{ exclusive: "" }, "exclusive"]
        ]
        for (const [options, option] of wrong) {
          const error = yield* Effect.flip(service.planReplay({}, options))
          assert.strictEqual(error._tag, "ReplayOptionsError")
          assert.include(error.message, option)
        }
      }))
  })

  describe("a job", () => {
    test("sends what was there when it was planned, tells how far it is, and ends", (service) =>
      Effect.gen(function*() {
        const ids = yield* captureMany(service, 120)
        const sent: Array<string> = []
        yield* sendingTo(service, sent, () => sent.length === 7)
        const plan = yield* service.planReplay({}, { concurrency: 1 })
        const late = yield* service.capture(letter())
        const job = yield* service.startReplay(plan)
        const seen = yield* Effect.fork(Stream.runCollect(job.progress.changes))
        const report = yield* job.await
        assert.deepStrictEqual(sent, ids)
        assert.deepInclude(report, { ended: { _tag: "Done" }, failed: 1, finished: 120, replayed: 119, skipped: 0 })
        assert.strictEqual((yield* service.get(late)).state, "pending")
        const steps = Chunk.toReadonlyArray(yield* Fiber.join(seen))
        assert.isTrue(steps.every(({ finished }, i) => finished >= (steps[i - 1]?.finished ?? 0)))
        assert.deepInclude(steps.at(-1), { ended: true, failed: 1, finished: 120, replayed: 119 })
        // who comes late is told how it ended, and that it has
        assert.deepInclude(
          Chunk.unsafeHead(yield* Stream.runCollect(job.progress.changes)),
          { ended: true, finished: 120 }
        )
      }))

    test("sends no faster than its rate", (service, pass) =>
      Effect.gen(function*() {
        yield* captureMany(service, 12)
        const times: Array<number> = []
        yield* service.register("hubspot", () => Effect.map(Clock.currentTimeMillis, (now) => void times.push(now)))
        const job = yield* planned(service, { rate: 4 })
        yield* pass("1 minute")
        assert.strictEqual((yield* job.await).replayed, 12)
        const [first = 0] = times
        for (const [i, at] of times.entries()) assert.isAtLeast(at - first, i * 250)
      }))

    test(
      "cancelled, begins no more, lets those in flight end, and says why",
      (service, pass) =>
        Effect.gen(function*() {
          yield* captureMany(service, 10)
          yield* service.register("hubspot", () => Effect.sleep("10 seconds"))
          const job = yield* planned(service, { concurrency: 2 })
          yield* pass("15 seconds")
          yield* job.cancel("wrong customer")
          yield* job.cancel("too late")
          yield* pass("10 seconds")
          const report = yield* job.await
          assert.deepInclude(report, {
            ended: { _tag: "Cancelled", reason: "wrong customer" },
            failed: 0,
            replayed: 4,
            skipped: 0
          })
          assert.deepInclude((yield* service.stats()).byState, { pending: 6, replayed: 4, replaying: 0 })
        })
    )

    test("cancelled while it waits for its rate or a breaker, ends at once", (service, pass) =>
      Effect.gen(function*() {
        yield* captureMany(service, 3)
        yield* service.register("hubspot", () => breakerOpen("1 hour"))
        const job = yield* planned(service, { maxPause: "1 hour" })
        yield* pass("1 minute")
        assert.deepInclude(yield* job.progress.get, { ended: false, finished: 0, paused: ["hubspot"] })
        yield* job.cancel("enough")
        assert.deepInclude(yield* job.await, { ended: { _tag: "Cancelled", reason: "enough" }, finished: 0 })
        assert.deepInclude((yield* service.stats()).byState, { pending: 3, replaying: 0 })
      }))

    test("stops when too many of the last replays failed", (service) =>
      Effect.gen(function*() {
        yield* captureMany(service, 40)
        const sent: Array<string> = []
        // twenty are well, and from then on two of three fail
        yield* sendingTo(service, sent, () => sent.length > 20 && sent.length % 3 !== 0)
        const job = yield* planned(service, { concurrency: 1, stopWhen: { errorRatio: 0.5, over: 10 } })
        const report = yield* job.await
        assert.deepStrictEqual(report.ended, { _tag: "Stopped", failed: 5, over: 10 })
        assert.deepInclude(report, { failed: 5, finished: sent.length })
        assert.isBelow(sent.length, 40)
        assert.strictEqual((yield* service.stats()).byState.pending, 40 - report.replayed)
      }))

    test(
      "waits for an open breaker, goes on, and leaves out an integration that stays closed to it",
      (service, pass) =>
        Effect.gen(function*() {
          yield* captureMany(service, 6)
          let open = true
          yield* service.register("hubspot", () => Effect.suspend(() => open ? breakerOpen("5 seconds") : Effect.void))
          const job = yield* planned(service)
          yield* pass("4 seconds")
          assert.deepStrictEqual((yield* job.progress.get).paused, ["hubspot"])
          open = false
          yield* pass("10 seconds")
          assert.deepInclude(yield* job.await, { replayed: 6 })
          assert.deepStrictEqual((yield* job.progress.get).paused, [])
          open = true
          yield* captureMany(service, 6)
          const other = yield* planned(service, { maxPauses: 2 })
          yield* pass("1 minute")
          assert.deepInclude(yield* other.await, { ended: { _tag: "Done" }, skippedFor: { refused: 6 } })
        })
    )

    test("that is exclusive runs once at a time", (service, pass) =>
      Effect.gen(function*() {
        yield* captureMany(service, 2)
        yield* service.register("hubspot", () => Effect.sleep("2 minutes"))
        const first = yield* planned(service, { exclusive: "nightly" })
        yield* pass("90 seconds")
        const second = yield* Effect.flatMap(planned(service, { exclusive: "nightly" }), (job) => job.await)
        assert.deepInclude(second, { ended: { _tag: "Elsewhere" }, finished: 0 })
        const other = yield* planned(service, { exclusive: "another" })
        yield* pass(1)
        assert.deepInclude(yield* other.await, { ended: { _tag: "Done" } })
        yield* pass("1 minute")
        assert.deepInclude(yield* first.await, { ended: { _tag: "Done" }, replayed: 2 })
        const third = yield* Effect.flatMap(planned(service, { exclusive: "nightly" }), (job) => job.await)
        assert.deepInclude(third, { ended: { _tag: "Done" } })
      }))

    test("ends with its scope, and gives back what it holds", (service, pass) =>
      Effect.gen(function*() {
        yield* captureMany(service, 3)
        yield* service.register("hubspot", () => Effect.never)
        yield* Effect.scoped(Effect.zipRight(planned(service, { exclusive: "nightly" }), pass("1 second")))
        assert.deepInclude((yield* service.stats()).byState, { pending: 3, replaying: 0 })
        const next = yield* planned(service, { exclusive: "nightly", maxPauses: 0 })
        yield* pass("1 second")
        assert.strictEqual((yield* service.stats()).byState.replaying, 3)
        yield* next.cancel("enough")
      }))

    test("takes as many as there are", (service) =>
      Effect.gen(function*() {
        const ids = yield* captureMany(service, 250)
        const sent: Array<string> = []
        yield* sendingTo(service, sent)
        const job = yield* planned(service, { concurrency: 8 }, Arr.reverse(ids))
        assert.strictEqual((yield* job.await).replayed, 250)
        assert.deepStrictEqual(new Set(sent), new Set(ids))
      }))

    test("does not send what may have been acted on, unless it is told to", (service) =>
      Effect.gen(function*() {
        const id = yield* service.capture(letter(uncertain))
        const sent: Array<string> = []
        yield* sendingTo(service, sent)
        const careful = yield* Effect.flatMap(planned(service), (job) => job.await)
        assert.deepInclude(careful, { replayed: 0, skippedFor: { uncertain: 1 } })
        const bold = yield* Effect.flatMap(planned(service, { uncertain: "send" }), (job) => job.await)
        assert.strictEqual(bold.replayed, 1)
        assert.deepStrictEqual(sent, [id])
        yield* refusedWith(service.replay(id), "ReplayRefusedError", "not-pending")
      }))
  })
}
