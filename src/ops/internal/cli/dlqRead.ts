/** `dlq list | show | stats`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import * as Exit from "./exit.js"
import * as Flags from "./flags.js"
import * as Letter from "./letterJson.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const needs: Session.Needs = { layers: false, parts: ["letters"] }

/** The queue takes no more at once. */
const largestPage = 500

export const list = Command.make("list", {
  ...Flags.common,
  ...Flags.filter,
  after: Options.text("after").pipe(
    Options.withPseudoName("ID"),
    Options.withDescription("Those after this one: the last of the page before"),
    Options.optional
  ),
  all: Options.boolean("all").pipe(Options.withDescription("All of them, however many")),
  limit: Options.integer("limit").pipe(
    Options.withDescription("At most so many (default: 50)"),
    Options.withDefault(50)
  ),
  newest: Options.boolean("newest").pipe(Options.withDescription("The newest first"))
}, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      const limit = flags.all ? Number.POSITIVE_INFINITY : flags.limit
      if (!(limit >= 1)) return yield* Exit.usage(`--limit is ${flags.limit}: it must be a whole number from 1 up`)
      const filter = yield* Flags.toFilter(flags)
      const queue = yield* Session.letters
      const { columns } = yield* Screen.Terminal
      const now = yield* DateTime.now
      let left = limit
      let after = Option.getOrUndefined(flags.after)
      let undecodable = 0
      let more: Option.Option<string> = Option.none()
      let shown = 0
      do {
        const page = yield* Effect.mapError(
          queue.list(filter, {
            after,
            limit: Math.min(left, largestPage),
            order: flags.newest ? "newest" : "oldest"
          }),
          Exit.fromLibrary
        )
        undecodable += page.undecodable
        if (flags.json) {
          for (const letter of page.items) yield* Screen.json(yield* Letter.toJson(letter))
        } else if (page.items.length > 0) {
          // as wide as what is on this page: nobody waits for the last one
          const table = Table.render(Letter.columns(now), page.items, columns)
          yield* Screen.line(shown === 0 ? table : table.slice(table.indexOf("\n") + 1))
        }
        shown += page.items.length
        left -= page.items.length + page.undecodable
        more = page.next
        after = Option.getOrUndefined(page.next)
      } while (Option.isSome(more) && left > 0)
      if (shown === 0 && !flags.json) yield* Screen.note("no dead letters")
      if (undecodable > 0) {
        yield* Screen.note(`${Text.count(undecodable, "dead letter")} cannot be read by this version`)
      }
      if (Option.isSome(more)) yield* Screen.note(`there are more: --after ${more.value}, or --all`)
    })
  )).pipe(
    Command.withDescription("The dead letters of a filter, oldest first: a table, or with --json a line of JSON each")
  )

export const show = Command.make("show", { ...Flags.common, id: Flags.id }, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      yield* Flags.checkIds([flags.id])
      const queue = yield* Session.letters
      const letter = yield* Effect.mapError(Effect.flatMap(queue.get(flags.id), Session.revealed), Exit.fromLibrary)
      const history = yield* Effect.mapError(queue.history(flags.id), Exit.fromLibrary)
      yield* flags.json
        ? Effect.flatMap(Letter.toJson(letter), (json) =>
          Screen.json({ ...json, history: Letter.historyToJson(history) }))
        : Screen.line(Letter.toText(letter, history, yield* DateTime.now))
    })
  )).pipe(Command.withDescription("One dead letter: its request as it is stored, its error, its history"))

const statsText = (
  stats: DeadLetterQueue.Stats,
  groups: ReadonlyArray<DeadLetterQueue.Group>,
  now: DateTime.Utc,
  room: number | undefined
): string => {
  const counts = Table.fields([
    ["total", String(stats.total)],
    ...Object.entries(stats.byState).map(([state, count]) => [state, String(count)] as const),
    ["oldest", Option.getOrUndefined(Option.map(stats.oldestAge, Text.duration))],
    ["unreadable", stats.undecodable === 0 ? undefined : String(stats.undecodable)]
  ])
  return groups.length === 0 ? counts : `${counts}\n\n${
    Table.render<DeadLetterQueue.Group>(
      [
        { right: true, title: "COUNT", value: ({ count }) => String(count) },
        { title: "INTEGRATION", value: ({ integration }) => integration },
        { title: "OPERATION", value: ({ operation }) => operation },
        { right: true, title: "FIRST", value: ({ firstSeen }) => `${Text.shortAge(firstSeen, now)} ago` },
        { right: true, title: "LAST", value: ({ lastSeen }) => `${Text.shortAge(lastSeen, now)} ago` },
        { title: "SIGNATURE", value: ({ signature }) => signature }
      ],
      groups,
      room
    )
  }`
}

export const stats = Command.make("stats", { ...Flags.common, ...Flags.filter }, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      const filter = yield* Flags.toFilter(flags)
      const queue = yield* Session.letters
      const [stats, groups] = yield* Effect.mapError(
        Effect.all([queue.stats(filter), queue.groups(filter)]),
        Exit.fromLibrary
      )
      const { columns } = yield* Screen.Terminal
      yield* flags.json
        ? Screen.json({
          total: stats.total,
          byState: stats.byState,
          byIntegration: stats.byIntegration,
          byErrorTag: stats.byErrorTag,
          oldestAgeMs: Option.getOrNull(Option.map(stats.oldestAge, Duration.toMillis)),
          undecodable: stats.undecodable,
          groups: groups.map(({ firstSeen, lastSeen, ...group }) => ({
            ...group,
            firstSeen: DateTime.formatIso(firstSeen),
            lastSeen: DateTime.formatIso(lastSeen)
          }))
        })
        : Screen.line(statsText(stats, groups, yield* DateTime.now, columns))
    })
  )).pipe(Command.withDescription("How many there are, by state and by what failed"))
