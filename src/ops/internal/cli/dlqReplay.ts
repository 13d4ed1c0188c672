/** `dlq replay`: shows what it would do, asks, and does it. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { DeadLetterQueue } from "../../../delivery/DeadLetterQueue.js"
import type * as Replay from "../../../delivery/Replay.js"
import * as Outcome from "./exit.js"
import * as Flags from "./flags.js"
import * as Progress from "./progress.js"
import { meaning } from "./reasons.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const letters = (count: number) => Text.count(count, "letter")

const pace = ({ settings }: Replay.Plan): string =>
  [
    Option.match(settings.rate, { onNone: () => "as fast as its stack allows", onSome: (rate) => `${rate} a second` }),
    "oldest first",
    `${settings.concurrency} at once`,
    ...Option.match(settings.stopWhen, {
      onNone: () => ["whatever fails"],
      onSome: ({ errorRatio, over }) => [`stops when ${Math.round(errorRatio * 100)} % of the last ${over} fail`]
    })
  ].join(", ")

const planText = (plan: Replay.Plan, room: number | undefined): string => {
  const atMost = plan.examined < plan.selected && plan.eligible > 0 ? "at most " : ""
  const parts = [
    `${atMost}${letters(plan.eligible)} of ${plan.selected} would be sent` +
    Option.match(plan.estimated, { onNone: () => "", onSome: (time) => `, in ${Text.duration(time)} or more` }),
    pace(plan)
  ]
  if (plan.groups.length > 0) {
    parts.push(
      "",
      Table.render<Replay.PlanGroup>(
        [
          { right: true, title: "LETTERS", value: ({ count }) => String(count) },
          { title: "STATE", value: ({ state }) => state },
          { title: "INTEGRATION", value: ({ integration }) => integration },
          { title: "OPERATION", value: ({ operation }) => operation }
        ],
        plan.groups,
        room
      )
    )
  }
  if (plan.ineligible.length > 0) {
    parts.push(
      "",
      Table.render<Replay.Ineligible>(
        [
          { right: true, title: "NOT SENT", value: ({ count }) => String(count) },
          { title: "BECAUSE", value: ({ reason }) => `${reason}: ${meaning[reason][0]}` },
          { title: "MEND", value: ({ reason }) => meaning[reason][1] }
        ],
        plan.ineligible,
        room
      )
    )
  }
  return parts.join("\n")
}

const planJson = (plan: Replay.Plan) => ({
  selected: plan.selected,
  eligible: plan.eligible,
  ineligible: plan.ineligible,
  groups: plan.groups,
  examined: plan.examined,
  plannedAt: DateTime.formatIso(plan.plannedAt),
  estimatedMs: Option.getOrNull(Option.map(plan.estimated, Duration.toMillis))
})

const reportJson = ({ endedAt, startedAt, ...report }: Replay.Report) => ({
  ...report,
  startedAt: DateTime.formatIso(startedAt),
  endedAt: DateTime.formatIso(endedAt)
})

const endedText = (ended: Replay.Ended): string => {
  switch (ended._tag) {
    case "Done":
      return "done"
    case "Cancelled":
      return `cancelled: ${ended.reason}`
    case "Stopped":
      return `stopped: ${ended.failed} of the last ${ended.over} failed`
    case "Elsewhere":
      return "not run: a replay of this name runs in another process"
  }
}

const reportText = (plan: Replay.Plan, report: Replay.Report): string => {
  const skipped = Object.entries(report.skippedFor).map(([reason, count]) => `${count} ${reason}`).join(", ")
  return `${endedText(report.ended)}; ${report.replayed} of ${letters(plan.eligible)} sent, ${report.failed} failed, ` +
    `${report.skipped} skipped${skipped === "" ? "" : ` (${skipped})`}, in ${
      Text.duration(DateTime.distanceDuration(report.startedAt, report.endedAt))
    }`
}

const detail = (progress: Replay.Progress): string =>
  [
    ...(progress.failed > 0 ? [`${progress.failed} failed`] : []),
    ...(progress.skipped > 0 ? [`${progress.skipped} skipped`] : []),
    ...(progress.paused.length > 0 ? [`waits for ${progress.paused.map(Screen.inline).join(", ")}`] : [])
  ].join(", ")

/** Ctrl-C begins no more letters, waits for those in flight, and says how far it came. */
const watched = (queue: DeadLetterQueue["Type"], plan: Replay.Plan) =>
  Effect.gen(function*() {
    const job = yield* queue.startReplay(plan)
    const reporter = yield* Progress.reporter
    const showing = yield* job.progress.changes.pipe(
      Stream.runForEach((progress) =>
        reporter.report({ detail: detail(progress), done: progress.finished, total: plan.eligible })
      ),
      Effect.fork
    )
    const cancelled = Effect.gen(function*() {
      yield* reporter.end
      yield* Screen.note("stopping; letters in flight run to their end (Ctrl-C again: at once)")
      yield* job.cancel("interrupted by hand")
      const report = yield* job.await
      yield* Screen.note(reportText(plan, report))
    })
    const report = yield* job.await.pipe(
      Effect.onInterrupt(() => Effect.ignore(cancelled)),
      Effect.mapError(Outcome.fromLibrary)
    )
    yield* Fiber.await(showing)
    yield* reporter.end
    return report
  })

export const replay = Command.make("replay", {
  ...Flags.common,
  ...Flags.filter,
  all: Options.boolean("all").pipe(Options.withDescription("All that are pending")),
  concurrency: Options.integer("concurrency").pipe(
    Options.withDescription("Letters in flight at once (default: 4)"),
    Options.optional
  ),
  dryRun: Flags.dryRun,
  exclusive: Options.text("exclusive").pipe(
    Options.withPseudoName("NAME"),
    Options.withDescription("Only if no replay of this name runs, in any process over the store"),
    Options.optional
  ),
  force: Options.boolean("force").pipe(Options.withDescription("Also those that are parked")),
  ids: Flags.ids,
  noStop: Options.boolean("no-stop").pipe(Options.withDescription("Go on however many fail")),
  rate: Options.float("rate").pipe(Options.withDescription("At most so many letters a second"), Options.optional),
  stopOver: Options.integer("stop-over").pipe(
    Options.withDescription("Of how many of the last replays the share is taken (default: 20)"),
    Options.withDefault(20)
  ),
  stopRatio: Options.float("stop-ratio").pipe(
    Options.withDescription("Stop when this share of the last replays has failed (default: 0.5)"),
    Options.withDefault(0.5)
  ),
  uncertain: Options.choice("uncertain", ["skip", "send"]).pipe(
    Options.withDescription(
      "What to do with letters that may have been acted on, of an operation that is not idempotent"
    ),
    Options.withDefault("skip" as const)
  ),
  yes: Flags.yes
}, (flags) =>
  Session.run(
    flags,
    { layers: true, parts: ["letters"] },
    Effect.gen(function*() {
      const filter = yield* Flags.selected(flags)
      const isById = flags.ids.length > 0
      const queue = yield* Session.letters
      const plan = yield* Effect.mapError(
        queue.planReplay(isById ? flags.ids : filter, {
          concurrency: Option.getOrUndefined(flags.concurrency),
          exclusive: Option.getOrUndefined(flags.exclusive),
          force: flags.force,
          rate: Option.getOrUndefined(flags.rate),
          stopWhen: flags.noStop ? false : { errorRatio: flags.stopRatio, over: flags.stopOver },
          uncertain: flags.uncertain
        }),
        Outcome.fromLibrary
      )
      const { columns } = yield* Screen.Terminal
      const shown = flags.json ? Effect.void : Screen.line(planText(plan, columns))
      const missing = plan.ineligible.find(({ reason }) => reason === "not-found")
      if (flags.dryRun || plan.eligible === 0) {
        yield* flags.json ? Screen.json({ plan: planJson(plan) }) : shown
        if (missing !== undefined) return yield* Outcome.notFound(`there is no dead letter ${missing.ids.join(", ")}`)
        if (plan.eligible === 0 && plan.selected > 0 && !flags.dryRun) {
          return yield* Outcome.failed("nothing was sent: none of the letters can be, as they are")
        }
        return
      }
      yield* shown
      yield* Flags.confirmed(flags.yes, `Send ${letters(plan.eligible)} again?`)
      const report = yield* watched(queue, plan)
      yield* flags.json
        ? Screen.json({ plan: planJson(plan), report: reportJson(report) })
        : Screen.line(reportText(plan, report))
      const isDone = report.ended._tag === "Done" && report.failed === 0 && report.skipped === 0
      if (!isDone || (isById && plan.ineligible.length > 0)) return yield* Outcome.silently(Outcome.codes.failed)
    })
  )).pipe(
    Command.withDescription(
      "Sends dead letters again, through the layers of a module: says what it would do, asks, and does it"
    )
  )
