/** `outbox stats | pause | resume`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Outbox from "../../../delivery/Outbox.js"
import * as Exit from "./exit.js"
import * as Flags from "./flags.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const needs: Session.Needs = { layers: false, parts: ["outbox"] }

const number = (
  title: string,
  value: (stats: Outbox.Stats) => number
): Table.Column<Outbox.Stats> => ({ right: true, title, value: (stats) => String(value(stats)) })

const columns: ReadonlyArray<Table.Column<Outbox.Stats>> = [
  { title: "INTEGRATION", value: ({ integration }) => integration },
  number("WAITING", ({ byState }) => byState.waiting),
  number("READY", ({ byState }) => byState.ready),
  number("DELIVERING", ({ byState }) => byState.delivering),
  number("DELIVERED", ({ byState }) => byState.delivered),
  number("PARKED", ({ byState }) => byState.parked),
  number("DISCARDED", ({ byState }) => byState.discarded),
  number("DEAD LETTERS", ({ deadLettered }) => deadLettered),
  {
    right: true,
    title: "OLDEST",
    value: ({ oldestAge }) => Option.match(oldestAge, { onNone: () => "-", onSome: Text.duration })
  },
  {
    title: "PAUSED",
    value: ({ paused }) =>
      Option.match(paused, {
        onNone: () => "-",
        onSome: ({ reason, since }) => `${reason} (since ${Text.time(since)})`
      })
  }
]

const toJson = ({ oldestAge, paused, ...stats }: Outbox.Stats) => ({
  ...stats,
  paused: Option.getOrNull(
    Option.map(paused, ({ reason, since }) => ({ reason, since: DateTime.formatIso(since) }))
  ),
  oldestAgeMs: Option.getOrNull(Option.map(oldestAge, Duration.toMillis))
})

const stats = Command.make(
  "stats",
  { ...Flags.common, integration: Args.optional(Flags.integration) },
  (flags) =>
    Session.run(
      flags,
      needs,
      Effect.gen(function*() {
        if (Option.isSome(flags.integration)) yield* Flags.checkName(flags.integration.value)
        const outbox = yield* Session.outbox
        const all = yield* Effect.mapError(outbox.stats(Option.getOrUndefined(flags.integration)), Exit.fromLibrary)
        if (flags.json) return yield* Screen.json({ integrations: all.map(toJson) })
        const screen = yield* Screen.Terminal
        yield* all.length === 0
          ? Screen.note("no integration has had a worker, or has been paused")
          : Screen.line(Table.render(columns, all, screen.columns))
      })
    )
).pipe(Command.withDescription("Messages by integration and state; of all that have had a worker, or of one"))

const change = (
  flags: Flags.Common & { readonly dryRun: boolean; readonly integration: string },
  paused: boolean,
  step: (outbox: Outbox.Outbox["Type"]) => Effect.Effect<void, Outbox.OutboxError>
) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      yield* Flags.checkName(flags.integration)
      const outbox = yield* Session.outbox
      const [before] = yield* Effect.mapError(outbox.stats(flags.integration), Exit.fromLibrary)
      const was = before !== undefined && Option.isSome(before.paused)
      if (!flags.dryRun) yield* Effect.mapError(step(outbox), Exit.fromLibrary)
      const says = paused ? "paused" : "resumed"
      yield* flags.json
        ? Screen.json({ dryRun: flags.dryRun, integration: flags.integration, paused, pausedBefore: was })
        : Screen.line(
          `${flags.integration} ${flags.dryRun ? `would be ${says}` : says}${
            was === paused ? `; it was ${paused ? "paused" : "not paused"} before` : ""
          }`
        )
    })
  )

const pause = Command.make("pause", {
  ...Flags.common,
  dryRun: Flags.dryRun,
  integration: Flags.integration,
  reason: Flags.reason
}, (flags) => change(flags, true, (outbox) => outbox.pause(flags.integration, flags.reason))).pipe(
  Command.withDescription(
    "Nothing more of an integration is delivered, by any process, until it is resumed; sends go on being stored"
  )
)

const resume = Command.make(
  "resume",
  { ...Flags.common, dryRun: Flags.dryRun, integration: Flags.integration },
  (flags) => change(flags, false, (outbox) => outbox.resume(flags.integration))
).pipe(Command.withDescription("Ends a pause"))

export const outbox = Command.make("outbox").pipe(
  Command.withDescription("The outbox: calls that are stored before they are made"),
  Command.withSubcommands([stats, pause, resume])
)
