import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Cause, Clock, Effect, Exit, FastCheck as fc, Fiber, TestClock, TestContext } from "effect"
import { Call, IntegrationError, Operation, Pipeline } from "holdfast"
import type { Transport } from "holdfast"
import { holds } from "../campaign.js"

const operation = Operation.make({ integration: "shop", method: "GET", name: "get", template: "/" })
const request = HttpClientRequest.get("/")
const response = HttpClientResponse.fromWeb(request, new Response("{}"))

const failure = (message: string) =>
  new IntegrationError.ServerError({ integration: "shop", message, operation: "get" })

/** What happened, in order, with the time at which it did. */
class Log {
  readonly lines: Array<string> = []
  say(now: number, what: string): void {
    this.lines.push(`${now} ${what}`)
  }
}

const describeOutcome = (outcome: Exit.Exit<unknown, IntegrationError.IntegrationError>): string => {
  if (Exit.isSuccess(outcome)) return "success"
  const error = Cause.failureOption(outcome.cause)
  if (Cause.isInterruptedOnly(outcome.cause)) return "interrupted"
  if (error._tag === "Some") return `${error.value._tag}: ${error.value.message}`
  return Cause.isDie(outcome.cause) ? "defect" : "interrupted"
}

const run = (
  stages: ReadonlyArray<Pipeline.Stage>,
  leaf: Transport.Send,
  call = new Call.Call(operation, {}, undefined)
) => Pipeline.fuse({ leaf, stages })(request, call)

const succeed: Transport.Send = () => Effect.succeed(response)

/** Tells of every entry and exit. */
const told = (log: Log, name: string, stage: Pipeline.Stage = {}): Pipeline.Stage => ({
  enter: (run) => {
    log.say(run.now(), `${name} in`)
    return stage.enter?.(run)
  },
  leave: (run, outcome) => {
    log.say(run.now(), `${name} out ${describeOutcome(outcome)}`)
    return stage.leave?.(run, outcome)
  }
})

describe("a pipeline", () => {
  it.effect("enters its stages outermost first and leaves them in reverse", () =>
    Effect.gen(function*() {
      const log = new Log()
      strictEqual(yield* run([told(log, "a"), told(log, "b")], succeed), response)
      deepStrictEqual(log.lines, ["0 a in", "0 b in", "0 b out success", "0 a out success"])
    }))

  it.effect("hands a refusal out through the stages above it and no other", () =>
    Effect.gen(function*() {
      const log = new Log()
      const refuse = { enter: () => Exit.fail(failure("no")) }
      const exit = yield* Effect.exit(run([told(log, "a"), told(log, "b", refuse), told(log, "c")], succeed))
      strictEqual(describeOutcome(exit), "ServerError: no")
      deepStrictEqual(log.lines, ["0 a in", "0 b in", "0 a out ServerError: no"])
    }))

  it.effect("tells a stage that gives up a wait what time it is, and not when it began", () =>
    Effect.gen(function*() {
      for (const [wait, until] of [[Effect.fail(failure("no")), 50], [Effect.never, 80]] as const) {
        const log = new Log()
        const line: Pipeline.Stage = {
          abandon: (run) => log.say(run.now(), "abandoned"),
          enter: (run) => {
            log.say(run.now(), "waits")
            return Effect.zipRight(Effect.sleep(50), wait)
          }
        }
        const start = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.fork(run([line], succeed))
        yield* TestClock.adjust(80)
        yield* Fiber.interrupt(fiber)
        deepStrictEqual(log.lines, [`${start} waits`, `${start + until} abandoned`])
      }
    }))

  it.effect("takes a defect of a stage as the outcome, and leaves the others", () =>
    Effect.gen(function*() {
      const boom = () => {
        throw new Error("boom")
      }
      for (const stage of [{ enter: boom }, { leave: boom }]) {
        const log = new Log()
        const exit = yield* Effect.exit(run([told(log, "a"), stage], succeed))
        strictEqual(describeOutcome(exit), "defect")
        deepStrictEqual(log.lines, ["0 a in", "0 a out defect"])
      }
    }))

  it.effect("takes a leaf that throws for a defect", () =>
    Effect.gen(function*() {
      const log = new Log()
      const exit = yield* Effect.exit(run([told(log, "a")], () => {
        throw new Error("boom")
      }))
      strictEqual(describeOutcome(exit), "defect")
      deepStrictEqual(log.lines, ["0 a in", "0 a out defect"])
    }))

  it.effect("keeps each stage's state apart, and through every attempt", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const stateful = (value: string): Pipeline.Stage => ({
        enter: (run) => {
          run.state = run.state === undefined ? value : `${String(run.state)}'`
          return undefined
        },
        leave: (run) => {
          seen.push(run.state)
          return undefined
        }
      })
      let attempts = 0
      const twice: Pipeline.Stage = {
        leave: () => ++attempts < 2 ? Pipeline.again(Effect.void) : undefined
      }
      yield* run([stateful("a"), twice, stateful("b")], succeed)
      deepStrictEqual(seen, ["b", "b'", "a"])
    }))

  it.effect("leaves a stage whose pause is interrupted, once more", () =>
    Effect.gen(function*() {
      const log = new Log()
      const forever: Pipeline.Stage = {
        leave: (_, outcome) => Exit.isFailure(outcome) ? undefined : Pipeline.again(Effect.never)
      }
      const fiber = yield* Effect.fork(run([told(log, "a", forever)], succeed))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      deepStrictEqual(log.lines, ["0 a in", "0 a out success", "1000 a out interrupted"])
    }))

  it.effect("does not interrupt what a stage wants done first", () =>
    Effect.gen(function*() {
      const log = new Log()
      const store: Pipeline.Stage = {
        leave: (_, outcome) => Pipeline.first(Effect.zipRight(Effect.sleep("1 second"), outcome))
      }
      const fiber = yield* Effect.fork(run([told(log, "a"), store], succeed))
      yield* TestClock.adjust("500 millis")
      const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(interrupting)
      deepStrictEqual(log.lines, ["0 a in", "1000 a out success"])
    }))
})

/** Given up after so long. */
const deadline = (millis: number): Pipeline.Stage => ({
  enter: (run) => {
    const outer = run.call.innermost
    const at = run.now() + millis
    if (outer === undefined || at < outer.at) run.state = run.call.innermost = new Call.Deadline(at, outer)
    return undefined
  },
  leave: (run, outcome) => {
    const own = run.state as Call.Deadline | undefined
    if (own === undefined) return undefined
    run.state = undefined
    run.call.innermost = own.outer
    return own.passed && Exit.isInterrupted(outcome) ? Exit.fail(failure("timeout")) : undefined
  }
})

describe("a deadline", () => {
  it.effect("interrupts what is under way, and the fiber goes on as if nothing had been", () =>
    Effect.gen(function*() {
      let cleaned = false
      const hang = Effect.onInterrupt(Effect.never, () => Effect.sync(() => cleaned = true))
      const fiber = yield* Effect.fork(Effect.gen(function*() {
        const exit = yield* Effect.exit(run([deadline(1_000)], () => hang))
        // an interrupted fiber would not come past this
        yield* Effect.sleep("1 second")
        return exit
      }))
      yield* TestClock.adjust("2 seconds")
      strictEqual(
        describeOutcome(yield* Fiber.join(fiber)),
        "ServerError: timeout"
      )
      strictEqual(cleaned, true)
    }))

  it.effect("does not reach children that the caller has forked before", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.gen(function*() {
        const child = yield* Effect.fork(Effect.as(Effect.sleep("5 seconds"), "alive"))
        const exit = yield* Effect.exit(run([deadline(1_000)], () => Effect.never))
        return [describeOutcome(exit), yield* Fiber.join(child)]
      }))
      yield* TestClock.adjust("5 seconds")
      deepStrictEqual((yield* Fiber.join(fiber))[1], "alive")
    }))

  it.effect("waits for what cannot be interrupted", () =>
    Effect.gen(function*() {
      const stubborn = Effect.uninterruptible(Effect.as(Effect.sleep("2 seconds"), response))
      const fiber = yield* Effect.fork(
        Effect.zipLeft(Effect.exit(run([deadline(1_000)], () => stubborn)), Effect.sleep("1 second"))
      )
      yield* TestClock.adjust("2 seconds")
      strictEqual(fiber.unsafePoll(), null)
      yield* TestClock.adjust("1 second")
      strictEqual(describeOutcome(yield* Fiber.join(fiber)), "ServerError: timeout")
    }))

  it.effect("leaves a caller's interruption what it is, also in the same moment", () =>
    Effect.gen(function*() {
      const slow = Effect.onInterrupt(Effect.never, () => Effect.sleep("1 second"))
      const fiber = yield* Effect.fork(run([deadline(1_000)], () => slow))
      yield* TestClock.adjust("1 second")
      const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 second")
      strictEqual(Exit.isInterrupted(yield* Fiber.join(interrupting)), true)
    }))

  it.effect("of a call inside of a call is its own", () =>
    Effect.gen(function*() {
      const inner = Effect.either(run([deadline(500)], () => Effect.never))
      const fiber = yield* Effect.fork(Effect.exit(
        run([deadline(1_000)], () => Effect.zipRight(inner, Effect.never))
      ))
      yield* TestClock.adjust("500 millis")
      strictEqual(fiber.unsafePoll(), null)
      yield* TestClock.adjust("500 millis")
      const exit = yield* Fiber.join(fiber)
      strictEqual(describeOutcome(exit), "ServerError: timeout")
    }))
})

// --- the same as an onion ---------------------------------------------------------------------------------------------

type Kind =
  | { readonly type: "pass" }
  | { readonly type: "refuse" }
  | { readonly type: "wait"; readonly millis: number }
  | { readonly type: "refuse later"; readonly millis: number }
  | { readonly type: "turn" }
  | { readonly type: "first"; readonly millis: number }
  | { readonly type: "retry"; readonly millis: number; readonly attempts: number }
  | { readonly type: "deadline"; readonly millis: number }

interface Answer {
  readonly millis: number
  readonly how: "success" | "failure" | "defect"
}

const kindArbitrary: fc.Arbitrary<Kind> = fc.oneof(
  fc.record({ type: fc.constant("pass" as const) }),
  fc.record({ type: fc.constant("refuse" as const) }),
  fc.record({ millis: fc.integer({ max: 9, min: 1 }), type: fc.constant("wait" as const) }),
  fc.record({ millis: fc.integer({ max: 9, min: 1 }), type: fc.constant("refuse later" as const) }),
  fc.record({ type: fc.constant("turn" as const) }),
  fc.record({ millis: fc.integer({ max: 9, min: 1 }), type: fc.constant("first" as const) }),
  fc.record({
    attempts: fc.integer({ max: 3, min: 2 }),
    millis: fc.integer({ max: 9, min: 1 }),
    type: fc.constant("retry" as const)
  }),
  fc.record({ millis: fc.integer({ max: 40, min: 1 }), type: fc.constant("deadline" as const) })
)

const answerArbitrary: fc.Arbitrary<Answer> = fc.record({
  how: fc.constantFrom("success", "success", "failure", "failure", "defect"),
  millis: fc.integer({ max: 20, min: 0 })
})

// no two timers may ever end in the same millisecond: which of them comes first is nobody's promise
const spread = (index: number, millis: number): number => millis * 100_000 + 2 ** index

const turned = (outcome: Pipeline.Outcome): Pipeline.Outcome =>
  Exit.isSuccess(outcome)
    ? Exit.fail(failure("turned"))
    : Cause.isFailure(outcome.cause)
    ? Exit.succeed(response)
    : outcome

const isPlainFailure = (outcome: Pipeline.Outcome): boolean =>
  Exit.isFailure(outcome) && Cause.failureOption(outcome.cause)._tag === "Some" && !Exit.isInterrupted(outcome)

/** The stage, and the number of attempts in its own hands. */
const toStage = (kind: Kind, index: number, log: Log): Pipeline.Stage => {
  const name = `${index}`
  switch (kind.type) {
    case "pass":
      return told(log, name)
    case "refuse":
      return told(log, name, { enter: () => Exit.fail(failure("refused")) })
    case "wait":
      return told(log, name, { enter: () => Effect.sleep(spread(index, kind.millis)) })
    case "refuse later":
      return told(log, name, {
        enter: () => Effect.zipRight(Effect.sleep(spread(index, kind.millis)), Effect.fail(failure("refused")))
      })
    case "turn":
      return told(log, name, { leave: (_, outcome) => turned(outcome) })
    case "first":
      return told(log, name, {
        leave: (_, outcome) => Pipeline.first(Effect.zipRight(Effect.sleep(spread(index, kind.millis)), outcome))
      })
    case "retry":
      return told(log, name, {
        enter: (run) => {
          run.state = 1
          return undefined
        },
        leave: (run, outcome) => {
          if (!isPlainFailure(outcome) || (run.state as number) >= kind.attempts) return undefined
          run.state = (run.state as number) + 1
          return Pipeline.again(Effect.sleep(spread(index, kind.millis)))
        }
      })
    case "deadline":
      return deadline(spread(index, kind.millis))
  }
}

/** The same stage as a wrapper of plain effects. */
const toLayer = (kind: Kind, index: number, log: Log) =>
(
  next: Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError.IntegrationError>
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError.IntegrationError> => {
  if (kind.type === "deadline") {
    return Effect.timeoutFail(next, {
      duration: spread(index, kind.millis),
      onTimeout: () => failure("timeout")
    })
  }
  const say = (what: string) => Effect.map(Effect.clock, (clock) => log.say(clock.unsafeCurrentTimeMillis(), what))
  const millis = "millis" in kind ? spread(index, kind.millis) : 0
  const enter = kind.type === "wait"
    ? Effect.sleep(millis)
    : kind.type === "refuse"
    ? Effect.fail(failure("refused"))
    : kind.type === "refuse later"
    ? Effect.zipRight(Effect.sleep(millis), Effect.fail(failure("refused")))
    : Effect.void
  return Effect.uninterruptibleMask((restore) => {
    const below = (attempt: number): typeof next =>
      Effect.flatMap(Effect.exit(restore(next)), (outcome) => leave(outcome, attempt))
    const leave = (outcome: Pipeline.Outcome, attempt: number): typeof next =>
      Effect.zipRight(
        say(`${index} out ${describeOutcome(outcome)}`),
        Effect.suspend(() => {
          if (kind.type === "turn") return turned(outcome)
          if (kind.type === "first") return Effect.zipRight(Effect.sleep(millis), outcome)
          if (kind.type === "retry" && isPlainFailure(outcome) && attempt < kind.attempts) {
            return Effect.matchCauseEffect(restore(Effect.sleep(millis)), {
              onFailure: (cause) => leave(Exit.failCause(cause), attempt + 1),
              onSuccess: () => below(attempt + 1)
            })
          }
          return outcome
        })
      )
    return Effect.zipRight(
      say(`${index} in`),
      Effect.matchCauseEffect(restore(enter), { onFailure: Effect.failCause, onSuccess: () => below(1) })
    )
  })
}

const leafOf = (answers: ReadonlyArray<Answer>): () => ReturnType<Transport.Send> => {
  let sent = 0
  return () =>
    Effect.suspend(() => {
      const answer = answers[sent++ % answers.length]!
      const then = answer.how === "success"
        ? Effect.succeed(response)
        : answer.how === "failure"
        ? Effect.fail(failure("leaf"))
        : Effect.die("leaf")
      return answer.millis === 0 ? then : Effect.zipRight(Effect.sleep(spread(15, answer.millis)), then)
    })
}

const observe = (
  interruptAt: number | undefined,
  effect: ReturnType<Transport.Send>
): Promise<string> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    if (interruptAt !== undefined) {
      yield* TestClock.adjust(interruptAt * 100_000)
      yield* Effect.fork(Fiber.interrupt(fiber))
    }
    yield* TestClock.adjust("1000 days")
    return describeOutcome(yield* Fiber.await(fiber))
  }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise)

describe("fused stages", () => {
  it("do what the same policies do that wrap each other, at the same times, also when interrupted", () =>
    holds(
      fc.asyncProperty(
        fc.array(kindArbitrary, { maxLength: 6, minLength: 1 }),
        fc.array(answerArbitrary, { maxLength: 6, minLength: 1 }),
        fc.option(fc.integer({ max: 60, min: 0 }), { nil: undefined }),
        async (drawn, answers, interruptAt) => {
          // no deadline and no interruption reaches what a stage wants done first, and its outcome stands; a wrapper would
          // let it end and then add the interruption to it
          const firstDeadline = drawn.findIndex((kind) => kind.type === "deadline")
          const reached = interruptAt !== undefined ? 0 : firstDeadline < 0 ? drawn.length : firstDeadline
          const kinds = drawn.filter((kind, index) => kind.type !== "first" || index < reached)
          const fused = new Log()
          const fusedOutcome = await observe(
            interruptAt,
            run(kinds.map((kind, index) => toStage(kind, index, fused)), leafOf(answers))
          )
          const onion = new Log()
          const onionOutcome = await observe(
            interruptAt,
            kinds.reduceRight((next, kind, index) => toLayer(kind, index, onion)(next), leafOf(answers)())
          )
          deepStrictEqual([...fused.lines, fusedOutcome], [...onion.lines, onionOutcome])
        }
      ),
      150
    ))
})
