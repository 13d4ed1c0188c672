/** Flags that several commands have, and what is made of them. */
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as IntegrationError from "../../../core/IntegrationError.js"
import { type Filter, State } from "../../../delivery/DeadLetterQueue.js"
import { type CliError, refused, usage } from "./exit.js"
import { Terminal } from "./screen.js"
import * as Text from "./text.js"

export const store = Options.text("store").pipe(
  Options.withPseudoName("URL"),
  Options.withDescription(
    "The store: sqlite:FILE, postgres://… or redis://… (default: HOLDFAST_STORE_URL). A password in it can be seen by " +
      "others on this machine: rather set the variable"
  ),
  Options.optional
)

export const module = Options.text("module").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(
    "A module that exports the program's layers as `layer` or default (default: HOLDFAST_MODULE)"
  ),
  Options.optional
)

export const json = Options.boolean("json").pipe(Options.withDescription("For machines: JSON on stdout"))

/** What every command has. */
export const common = { json, module, store }

export interface Common {
  readonly json: boolean
  readonly module: Option.Option<string>
  readonly store: Option.Option<string>
}

export const dryRun = Options.boolean("dry-run").pipe(
  Options.withDescription("Say what would be done, and change nothing")
)

export const yes = Options.boolean("yes").pipe(Options.withAlias("y"), Options.withDescription("Do not ask"))

export const reason = Options.text("reason").pipe(
  Options.withDescription("Why, for those who look at it later")
)

/** What may be left out. */
export const text = (name: string, pseudoName: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName(pseudoName),
    Options.withDescription(description),
    Options.optional
  )

const errorTags: ReadonlyArray<IntegrationError.Tag> = [
  "NetworkError",
  "TimeoutError",
  "RateLimitError",
  "ServerError",
  "AuthenticationError",
  "AuthorizationError",
  "NotFoundError",
  "ConflictError",
  "ValidationError",
  "ResponseDecodeError",
  "CircuitBreakerOpenError",
  "BulkheadFullError",
  "UnavailableError"
]

export const filter = {
  error: Options.choice("error", errorTags).pipe(
    Options.withDescription("Of this error; may be given several times"),
    Options.repeated
  ),
  integration: text("integration", "ID", "Of this integration"),
  operation: text("operation", "NAME", "Of this operation, such as contacts.create"),
  signature: Options.text("signature").pipe(
    Options.withDescription("Whose errors are alike, such as \"ServerError 503\"; may be given several times"),
    Options.repeated
  ),
  since: text("since", "WHEN", "Captured since then: a date, or how long ago, such as 2h"),
  state: Options.choice("state", State.literals).pipe(
    Options.withDescription("In this state; may be given several times"),
    Options.repeated
  ),
  until: text("until", "WHEN", "Captured before then: a date, or how long ago, such as 7d")
}

export interface FilterFlags {
  readonly error: ReadonlyArray<IntegrationError.Tag>
  readonly integration: Option.Option<string>
  readonly operation: Option.Option<string>
  readonly signature: ReadonlyArray<string>
  readonly since: Option.Option<string>
  readonly state: ReadonlyArray<State>
  readonly until: Option.Option<string>
}

const ago = (name: string, text: Option.Option<string>): Effect.Effect<Duration.Duration | undefined, CliError> =>
  Effect.gen(function*() {
    if (Option.isNone(text)) return undefined
    const now = yield* DateTime.now
    const at = Text.parseMoment(text.value, now)
    if (Option.isNone(at)) {
      return yield* usage(`--${name} is "${text.value}": give a date such as 2026-11-26, or how long ago, such as 2h`)
    }
    return Duration.millis(Math.max(0, DateTime.toEpochMillis(now) - DateTime.toEpochMillis(at.value)))
  })

const some = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> | undefined => all.length === 0 ? undefined : all

export const toFilter = (flags: FilterFlags): Effect.Effect<Filter, CliError> =>
  Effect.gen(function*() {
    return {
      errorTag: some(flags.error),
      integration: Option.getOrUndefined(flags.integration),
      newerThan: yield* ago("since", flags.since),
      olderThan: yield* ago("until", flags.until),
      operation: Option.getOrUndefined(flags.operation),
      signature: some(flags.signature),
      state: some(flags.state)
    }
  })

export const isEmpty = (filter: Filter): boolean => Object.values(filter).every((part) => part === undefined)

export const ids = Args.text({ name: "id" }).pipe(Args.withDescription("Of a dead letter"), Args.repeated)

export const id = Args.text({ name: "id" }).pipe(Args.withDescription("Of a dead letter"))

const noFlag = (text: string): string =>
  `there is no flag ${text.replace(/=.*/s, "")} here (--help shows what there is)`

/** An unknown flag would otherwise be taken for one. */
export const checkIds = (ids: ReadonlyArray<string>): Effect.Effect<void, CliError> => {
  const odd = ids.find((id) => !/^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))
  return odd === undefined
    ? Effect.void
    : usage(
      odd.startsWith("-")
        ? noFlag(odd)
        : `"${odd}" is not the id of a dead letter: one has 26 digits and capital letters`
    )
}

/** Letters are meant by their ids, or by a filter, or all that can be; what is said twice, or not at all, is a mistake. */
export const selected = (
  flags: FilterFlags & { readonly all: boolean; readonly ids: ReadonlyArray<string> }
): Effect.Effect<Filter, CliError> =>
  Effect.gen(function*() {
    yield* checkIds(flags.ids)
    const filter = yield* toFilter(flags)
    const isByFilter = flags.all || !isEmpty(filter)
    if (flags.ids.length > 0 && isByFilter) {
      return yield* usage("say which letters by their ids, or by a filter, and not by both")
    }
    if (flags.ids.length === 0 && !isByFilter) {
      return yield* usage("say which letters: ids, a filter such as --integration, or --all")
    }
    return filter
  })

export const integration = Args.text({ name: "integration" }).pipe(Args.withDescription("Id of an integration"))

export const checkName = (name: string): Effect.Effect<void, CliError> =>
  name.startsWith("-")
    ? usage(noFlag(name))
    : Effect.void

export const durationOf = (name: string, text: string): Effect.Effect<Duration.Duration, CliError> =>
  Option.match(Text.parseDuration(text), {
    onNone: () => usage(`--${name} is "${text}": give a number and a unit, such as 30m, 12h or 30d`),
    onSome: Effect.succeed
  })

/** Asks, unless it was said already. Nobody to ask is a no. */
export const confirmed = (isSure: boolean, question: string): Effect.Effect<void, CliError, Terminal> =>
  isSure ? Effect.void : Effect.gen(function*() {
    const screen = yield* Terminal
    const answer = yield* screen.confirm(question)
    if (Option.isNone(answer)) return yield* refused(`nothing was done: --yes is needed, as there is nobody to ask`)
    if (!answer.value) return yield* refused("nothing was done")
  })
