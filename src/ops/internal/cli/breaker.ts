/** `breaker list | open | close | reset`: the circuits that processes share. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as CircuitBreaker from "../../../policy/CircuitBreaker.js"
import * as Exit from "./exit.js"
import * as Flags from "./flags.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const needs: Session.Needs = { layers: false, parts: ["breakers"] }

const key = Args.text({ name: "key" }).pipe(
  Args.withDescription("Of a circuit: the integration's id, unless its policy says otherwise")
)

const columns: ReadonlyArray<Table.Column<CircuitBreaker.Circuit>> = [
  { title: "KEY", value: ({ key }) => key },
  { title: "STATE", value: ({ state }) => state },
  {
    right: true,
    title: "PROBED IN",
    value: ({ retryAfter }) => Option.match(retryAfter, { onNone: () => "-", onSome: Text.duration })
  },
  { right: true, title: "OPENINGS", value: ({ openings }) => String(openings) },
  {
    title: "BY HAND",
    value: ({ byHand }) => Option.match(byHand, { onNone: () => "-", onSome: ({ mode }) => mode })
  },
  {
    title: "REASON",
    value: ({ byHand, reason }) => Option.match(byHand, { onNone: () => reason, onSome: ({ reason }) => reason })
  }
]

const toJson = (circuit: CircuitBreaker.Circuit) => ({
  key: circuit.key,
  state: circuit.state,
  reason: circuit.reason,
  byHand: Option.getOrNull(circuit.byHand),
  openings: circuit.openings,
  retryAfterMs: Option.getOrNull(Option.map(circuit.retryAfter, Duration.toMillis))
})

type Breakers = CircuitBreaker.CircuitBreakers["Type"]

const all = (breakers: Breakers) => Effect.mapError(breakers.list, Exit.fromLibrary)

const list = Command.make("list", Flags.common, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      const circuits = yield* all(yield* Session.breakers)
      if (flags.json) return yield* Screen.json({ circuits: circuits.map(toJson) })
      const screen = yield* Screen.Terminal
      yield* circuits.length === 0
        ? Screen.note("no circuits: none is open, and none has been called for a while")
        : Screen.line(Table.render(columns, circuits, screen.columns))
    })
  )).pipe(Command.withDescription("The circuits that the store knows, of all processes"))

interface Hand {
  /** What it will be: `open`. */
  readonly says: string
  /** Only where there is such a circuit. */
  readonly existing: boolean
  readonly step: (breakers: Breakers) => Effect.Effect<void>
  readonly holds: (circuit: CircuitBreaker.Circuit) => boolean
  /** What stands in its way. */
  readonly refuses?: (circuit: CircuitBreaker.Circuit) => Option.Option<string>
}

const find = (breakers: Breakers, key: string) =>
  Effect.map(all(breakers), (circuits) => Option.fromNullable(circuits.find((circuit) => circuit.key === key)))

/** A hand is never told that it failed: what the store says afterwards does. */
const confirm = (breakers: Breakers, key: string, holds: Hand["holds"]) =>
  find(breakers, key).pipe(
    Effect.filterOrFail(
      Option.exists(holds),
      () => Exit.failed(`the store does not show it: whether the circuit ${key} has been changed is not known`)
    ),
    Effect.retry(Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(100)))
  )

const change = (
  flags: Flags.Common & { readonly dryRun: boolean; readonly key: string },
  { existing, holds, refuses = Option.none, says, step }: Hand
) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      const { key } = flags
      yield* Flags.checkName(key)
      const breakers = yield* Session.breakers
      const before = yield* find(breakers, key)
      if (existing && Option.isNone(before)) {
        return yield* Exit.notFound(`there is no circuit ${key}: holdfast breaker list shows those that there are`)
      }
      const hindrance = Option.flatMap(before, refuses)
      if (Option.isSome(hindrance)) return yield* Exit.refused(`nothing was done: ${key} ${hindrance.value}`)
      if (!flags.dryRun) yield* step(breakers)
      const after = flags.dryRun ? before : yield* confirm(breakers, key, holds)
      yield* flags.json
        ? Screen.json({
          dryRun: flags.dryRun,
          key,
          before: Option.getOrNull(Option.map(before, toJson)),
          circuit: Option.getOrNull(Option.map(after, toJson))
        })
        : Screen.line(
          `${key} ${flags.dryRun ? "would be" : "is"} ${says}; it was ${
            Option.match(before, { onNone: () => "not known", onSome: ({ state }) => state })
          } before`
        )
    })
  )

const isForced = ({ byHand }: CircuitBreaker.Circuit) => Option.exists(byHand, ({ mode }) => mode === "forced-open")

const open = Command.make("open", {
  ...Flags.common,
  dryRun: Flags.dryRun,
  for: Options.text("for").pipe(
    Options.withPseudoName("DURATION"),
    Options.withDescription("Only so long, such as 15m, after which it is probed (default: until it is closed)"),
    Options.optional
  ),
  key,
  reason: Flags.reason
}, (flags) =>
  Effect.gen(function*() {
    if (Option.isNone(flags.for)) {
      return yield* change(flags, {
        existing: false,
        holds: isForced,
        says: "open until it is closed by hand",
        step: (breakers) => breakers.forceOpen(flags.key, flags.reason)
      })
    }
    const time = yield* Flags.durationOf("for", flags.for.value)
    yield* change(flags, {
      existing: false,
      holds: ({ reason, state }) => state === "open" && reason.includes(flags.reason),
      // a hand that holds it for longer goes before one that holds it for a time
      refuses: ({ byHand }) =>
        Option.flatMap(byHand, ({ mode }) =>
          mode === "forced-open" || mode === "disabled"
            ? Option.some(`is ${mode} by hand: holdfast breaker reset ends that`)
            : Option.none()),
      says: `open for ${Text.duration(time)}`,
      step: (breakers) => breakers.openFor(flags.key, time, flags.reason)
    })
  })).pipe(Command.withDescription("Refuses every call of a circuit, in all processes"))

const close = Command.make("close", { ...Flags.common, dryRun: Flags.dryRun, key }, (flags) =>
  change(flags, {
    existing: true,
    holds: (circuit) => circuit.state === "closed" && !isForced(circuit),
    says: "closed",
    step: (breakers) => breakers.forceClose(flags.key)
  })).pipe(Command.withDescription("Closes a circuit at once; it may open again by itself"))

const reset = Command.make("reset", { ...Flags.common, dryRun: Flags.dryRun, key }, (flags) =>
  change(flags, {
    existing: true,
    holds: ({ byHand, openings, state }) => state === "closed" && openings === 0 && Option.isNone(byHand),
    says: "as new",
    step: (breakers) => breakers.reset(flags.key)
  })).pipe(Command.withDescription("Makes a circuit as new: closed, nothing set by hand, nothing remembered"))

export const breaker = Command.make("breaker").pipe(
  Command.withDescription("Circuit breakers that the processes over a store share"),
  Command.withSubcommands([list, open, close, reset])
)
