/** `dlq edit`: changes what a replay sends. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Body, type DeadLetter, type Edit, previewEdit } from "../../../delivery/DeadLetterQueue.js"
import * as Exit from "./exit.js"
import * as Files from "./files.js"
import * as Flags from "./flags.js"
import * as Letter from "./letterJson.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as Table from "./table.js"

const optional = (name: string, pseudoName: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName(pseudoName),
    Options.withDescription(description),
    Options.optional
  )

/** `name: value`, as many as there are; none is what `--no-headers` says. */
const headersOf = (lines: ReadonlyArray<string>): Effect.Effect<Record<string, string>, Exit.CliError> =>
  Effect.reduce(lines, {}, (headers: Record<string, string>, line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)$/s.exec(line) ?? []
    return name === undefined || value === undefined
      // not the text itself: somebody may have tried to put a credential there
      ? Exit.usage("a --header is a name, a colon and a value")
      : Effect.succeed({ ...headers, [name.toLowerCase()]: value.trim() })
  })

const bodyText = (body: Body | undefined): string | undefined =>
  body === undefined ? undefined : body._tag === "Encrypted" ? `(encrypted with the key "${body.keyId}")` : body.value

interface Difference {
  readonly part: string
  readonly before: string
  readonly after: string
}

const differences = (before: DeadLetter, after: DeadLetter): ReadonlyArray<Difference> => {
  const partsOf = ({ idempotencyKey, request }: DeadLetter): ReadonlyArray<readonly [string, string | undefined]> => [
    ["url", request.url],
    ["headers", JSON.stringify(request.headers)],
    ["contentType", request.contentType],
    ["body", bodyText(request.body)],
    ["idempotencyKey", idempotencyKey]
  ]
  const now = new Map(partsOf(after))
  return partsOf(before).flatMap(([part, text]) =>
    now.get(part) === text ? [] : [{ after: now.get(part) ?? "", before: text ?? "", part }]
  )
}

export const edit = Command.make("edit", {
  ...Flags.common,
  body: optional("body", "FILE", "The new body: a file, or - for what is piped in"),
  contentType: optional("content-type", "TYPE", "The new content type"),
  dryRun: Flags.dryRun,
  header: Options.text("header").pipe(
    Options.withPseudoName("NAME:VALUE"),
    Options.withDescription("One of the new headers, which take the place of all; no credential"),
    Options.repeated
  ),
  id: Flags.id,
  keepKey: Options.boolean("keep-key").pipe(
    Options.withDescription("Send it with the idempotency key that it had, and not with a fresh one")
  ),
  noHeaders: Options.boolean("no-headers").pipe(Options.withDescription("It has no headers from now on")),
  reason: Options.optional(Flags.reason),
  url: optional("url", "URL", "The new path and query"),
  version: Options.integer("letter-version").pipe(
    Options.withDescription("Only if it still has this version; see holdfast dlq show (default: the one it has)"),
    Options.optional
  )
}, (flags) =>
  Session.run(
    flags,
    { layers: false, parts: ["letters"] },
    Effect.gen(function*() {
      yield* Flags.checkIds([flags.id])
      if (flags.noHeaders && flags.header.length > 0) {
        return yield* Exit.usage("--no-headers and --header exclude each other")
      }
      const headers = yield* headersOf(flags.header)
      const body = Option.isSome(flags.body) ? yield* Files.text(flags.body.value) : undefined
      const change: Edit = {
        body: body === undefined ? undefined : { _tag: "Text", value: body },
        contentType: Option.getOrUndefined(flags.contentType),
        headers: flags.noHeaders || flags.header.length > 0 ? headers : undefined,
        idempotencyKey: flags.keepKey ? "keep" : "fresh",
        url: Option.getOrUndefined(flags.url)
      }
      const queue = yield* Session.letters
      const letter = yield* Effect.mapError(queue.get(flags.id), Exit.fromLibrary)
      const options = {
        reason: Option.getOrUndefined(flags.reason),
        version: Option.getOrElse(flags.version, () => letter.version)
      }
      const readable = yield* Effect.mapError(Session.revealed(letter), Exit.fromLibrary)
      const preview = yield* Effect.mapError(previewEdit(readable, change, options), Exit.fromLibrary)
      const changes = differences(readable, preview)
      const edited = flags.dryRun
        ? preview
        : yield* Effect.mapError(
          Effect.flatMap(queue.edit(flags.id, change, options), Session.revealed),
          Exit.fromLibrary
        )
      if (flags.json) {
        return yield* Screen.json({ dryRun: flags.dryRun, changes, letter: yield* Letter.toJson(edited) })
      }
      const { columns } = yield* Screen.Terminal
      yield* Screen.line(
        flags.dryRun
          ? `dead letter ${flags.id} would be changed`
          : `dead letter ${flags.id} has version ${edited.version}`
      )
      yield* Screen.line(Table.render<Difference>(
        [
          { title: "PART", value: ({ part }) => part },
          { title: "BEFORE", value: ({ before }) => before },
          { title: "AFTER", value: ({ after, part }) => part === "idempotencyKey" ? "(a fresh one)" : after }
        ],
        changes,
        columns
      ))
    })
  )).pipe(
    Command.withDescription("Changes what a replay of a dead letter sends; what it was before is kept in its history")
  )
