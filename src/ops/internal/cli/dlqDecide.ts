/** `dlq park | unpark | discard | purge`: decisions on letters. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import {
  type DeadLetter,
  type DeadLetterNotFoundError,
  type DeadLetterQueue,
  type DeadLetterQueueError,
  DeadLetterStateError,
  type Filter,
  type State
} from "../../../delivery/DeadLetterQueue.js"
import * as Exit from "./exit.js"
import * as Flags from "./flags.js"
import * as Progress from "./progress.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const needs: Session.Needs = { layers: false, parts: ["letters"] }

type Queue = DeadLetterQueue["Type"]

type Refusal = DeadLetterNotFoundError | DeadLetterStateError | DeadLetterQueueError

type Step = (queue: Queue, id: string) => Effect.Effect<DeadLetter, Refusal>

interface Decision {
  /** What has become of a letter: `parked`. */
  readonly done: string
  /** States in which a letter can be decided on so. */
  readonly from: ReadonlyArray<State>
  readonly step: Step
}

interface Selecting extends Flags.Common, Flags.FilterFlags {
  readonly all: boolean
  readonly dryRun: boolean
  readonly ids: ReadonlyArray<string>
  readonly yes: boolean
}

const selecting = {
  ...Flags.common,
  ...Flags.filter,
  all: Options.boolean("all").pipe(Options.withDescription("All that can be")),
  dryRun: Flags.dryRun,
  ids: Flags.ids,
  yes: Flags.yes
}

const outcomeOf = (error: Refusal): string => {
  switch (error._tag) {
    case "DeadLetterNotFoundError":
      return "not found"
    case "DeadLetterStateError":
      return `it is ${error.state}`
    case "DeadLetterQueueError":
      return error.message
  }
}

interface Outcome {
  readonly id: string
  readonly outcome: string
}

const looking = ({ from }: Decision): Step => (queue, id) =>
  Effect.flatMap(queue.get(id), (letter): Effect.Effect<DeadLetter, Refusal> =>
    from.includes(letter.state)
      ? Effect.succeed(letter)
      : new DeadLetterStateError({ id, message: `dead letter ${id} is ${letter.state}`, state: letter.state }))

/** By ids: each of them is told of. */
const byIds = (flags: Selecting, decision: Decision) =>
  Effect.gen(function*() {
    const queue = yield* Session.letters
    const step = flags.dryRun ? looking(decision) : decision.step
    const done = flags.dryRun ? `would be ${decision.done}` : decision.done
    const outcomes: Array<Outcome> = []
    let code: Exit.Code = Exit.codes.done
    for (const id of new Set(flags.ids)) {
      const result = yield* Effect.either(step(queue, id))
      if (Either.isLeft(result)) code = Exit.fromLibrary(result.left).code
      outcomes.push({ id, outcome: Either.isRight(result) ? done : outcomeOf(result.left) })
    }
    const { columns } = yield* Screen.Terminal
    yield* flags.json ? Screen.json({ dryRun: flags.dryRun, letters: outcomes }) : Screen.line(Table.render<Outcome>(
      [{ title: "ID", value: ({ id }) => id }, { title: "OUTCOME", value: ({ outcome }) => outcome }],
      outcomes,
      columns
    ))
    if (code !== Exit.codes.done) return yield* Exit.silently(code)
  })

/** By a filter: they are counted. */
const byFilter = (flags: Selecting, given: Filter, { done, from, step }: Decision) =>
  Effect.gen(function*() {
    const odd = flags.state.find((state) => !from.includes(state))
    if (odd !== undefined) return yield* Exit.refused(`what is ${odd} cannot be ${done}`)
    const filter = { ...given, state: given.state ?? from }
    const queue = yield* Session.letters
    const { total } = yield* Effect.mapError(queue.stats(filter), Exit.fromLibrary)
    const changed = { done: 0, failed: 0 }
    if (!flags.dryRun && total > 0) {
      yield* Flags.confirmed(flags.yes, `${Text.count(total, "letter")} will be ${done}. Go on?`)
      const reporter = yield* Progress.reporter
      yield* queue.stream(filter).pipe(
        Stream.mapEffect((letter) =>
          Effect.gen(function*() {
            const result = yield* Effect.either(step(queue, letter.id))
            if (Either.isRight(result)) changed.done++
            // somebody else has decided on it meanwhile
            else if (result.left._tag !== "DeadLetterQueueError") changed.failed++
            else return yield* result.left
            yield* reporter.report({ detail: "", done: changed.done + changed.failed, total })
          }), { concurrency: 32, unordered: true }),
        Stream.runDrain,
        Effect.mapError(Exit.fromLibrary),
        Effect.ensuring(reporter.end)
      )
    }
    yield* flags.json
      ? Screen.json({ dryRun: flags.dryRun, matched: total, ...changed })
      : Screen.line(
        flags.dryRun
          ? `${Text.count(total, "letter")} would be ${done}`
          : `${Text.count(changed.done, "letter")} ${done}${
            changed.failed === 0 ? "" : `, ${changed.failed} changed by somebody else meanwhile`
          }`
      )
    if (changed.failed > 0) return yield* Exit.silently(Exit.codes.failed)
  })

const decide = (flags: Selecting, decision: Decision) =>
  Session.run(
    flags,
    needs,
    Effect.flatMap(
      Flags.selected(flags),
      (filter) => flags.ids.length === 0 ? byFilter(flags, filter, decision) : byIds(flags, decision)
    )
  )

export const park = Command.make(
  "park",
  { ...selecting, reason: Flags.reason },
  (flags) => decide(flags, { done: "parked", from: ["pending"], step: (queue, id) => queue.park(id, flags.reason) })
).pipe(
  Command.withDescription("Sets dead letters aside, so that no replay takes them up unless it is forced to")
)

export const unpark = Command.make(
  "unpark",
  selecting,
  (flags) => decide(flags, { done: "pending again", from: ["parked"], step: (queue, id) => queue.unpark(id) })
).pipe(
  Command.withDescription("Makes parked dead letters pending again, their replays counted anew")
)

export const discard = Command.make("discard", { ...selecting, reason: Flags.reason }, (flags) =>
  decide(flags, {
    done: "discarded",
    from: ["pending", "parked"],
    step: (queue, id) => queue.discard(id, flags.reason)
  })).pipe(Command.withDescription("Gives dead letters up: they are kept until a purge, and not sent again"))

export const purge = Command.make("purge", {
  ...Flags.common,
  dryRun: Flags.dryRun,
  error: Flags.filter.error,
  integration: Flags.filter.integration,
  olderThan: Options.text("older-than").pipe(
    Options.withPseudoName("DURATION"),
    Options.withDescription("Not changed for so long, such as 30d")
  ),
  operation: Flags.filter.operation,
  signature: Flags.filter.signature,
  state: Flags.filter.state,
  yes: Flags.yes
}, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      const olderThan = yield* Flags.durationOf("older-than", flags.olderThan)
      const none = Option.none<string>()
      const { newerThan: _, olderThan: __, ...filter } = yield* Flags.toFilter({ ...flags, since: none, until: none })
      const queue = yield* Session.letters
      const would = yield* Effect.mapError(queue.purge({ dryRun: true, filter, olderThan }), Exit.fromLibrary)
      const isOver = flags.dryRun || would.purged === 0
      if (!isOver) {
        yield* Flags.confirmed(flags.yes, `${Text.count(would.purged, "letter")} will be removed for good. Go on?`)
      }
      const report = isOver ? would : yield* Effect.mapError(queue.purge({ filter, olderThan }), Exit.fromLibrary)
      yield* flags.json ? Screen.json({ dryRun: flags.dryRun, ...report }) : Screen.line(
        `${Text.count(report.purged, "letter")} ${flags.dryRun ? "would be removed" : "removed"}: ` +
          `${report.replayed} replayed, ${report.discarded} discarded`
      )
    })
  )).pipe(Command.withDescription("Removes letters that are replayed or discarded, and no others"))
