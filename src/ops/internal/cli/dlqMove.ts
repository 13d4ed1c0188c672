/** `dlq export | import`: letters as lines of JSON. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as DeadLetterExport from "../../../delivery/DeadLetterExport.js"
import { DeadLetterQueue } from "../../../delivery/DeadLetterQueue.js"
import * as Exit from "./exit.js"
import * as Files from "./files.js"
import * as Flags from "./flags.js"
import * as Progress from "./progress.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as Text from "./text.js"

const needs: Session.Needs = { layers: false, parts: ["letters"] }

export const exportLetters = Command.make("export", {
  ...Flags.common,
  ...Flags.filter,
  file: Args.text({ name: "file" }).pipe(
    Args.withDescription("Where to; made for its owner's eyes alone (default: stdout)"),
    Args.optional
  ),
  force: Options.boolean("force").pipe(Options.withDescription("Also in place of a file that is there")),
  reveal: Options.boolean("reveal").pipe(Options.withDescription("Decrypt the bodies that are encrypted"))
}, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      if (Option.isSome(flags.file)) yield* Flags.checkName(flags.file.value)
      const filter = yield* Flags.toFilter(flags)
      const queue = yield* Session.letters
      const file = Option.getOrUndefined(flags.file)
      const { total } = yield* Effect.mapError(queue.stats(filter), Exit.fromLibrary)
      const writer = file === undefined ? undefined : yield* Files.writer(file, { overwrite: flags.force })
      const reporter = yield* Progress.reporter
      let exported = 0
      yield* DeadLetterExport.toNdjson(filter, flags.reveal ? { open: Session.revealed } : {}).pipe(
        Stream.provideService(DeadLetterQueue, queue),
        Stream.mapError(Exit.fromLibrary),
        Stream.runForEach((line) =>
          Effect.gen(function*() {
            yield* writer === undefined ? Screen.out(line) : writer.write(line)
            exported++
            if (writer !== undefined) yield* reporter.report({ detail: "", done: exported, total })
          })
        ),
        Effect.ensuring(reporter.end)
      )
      if (writer === undefined) return yield* Screen.note(`${Text.count(exported, "letter")} exported`)
      yield* writer.keep
      yield* flags.json
        ? Screen.json({ exported, file })
        : Screen.line(`${Text.count(exported, "letter")} exported to ${file}`)
    })
  )).pipe(Command.withDescription("Writes dead letters as lines of JSON, which import reads"))

export const importLetters = Command.make("import", {
  ...Flags.common,
  dryRun: Flags.dryRun,
  file: Args.text({ name: "file" }).pipe(Args.withDescription("What export has written; - for what is piped in"))
}, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      if (flags.file !== "-") yield* Flags.checkName(flags.file)
      const queue = yield* Session.letters
      const reporter = yield* Progress.reporter
      let read = 0
      const text = Files.read(flags.file).pipe(
        Stream.decodeText(),
        Stream.tap((part) =>
          Effect.suspend(() => {
            read += part.split("\n").length - 1
            return reporter.report({ detail: "", done: read })
          })
        )
      )
      const report = yield* DeadLetterExport.fromNdjson(text, { dryRun: flags.dryRun }).pipe(
        Effect.provideService(DeadLetterQueue, queue),
        Effect.mapError((error) => error._tag === "CliError" ? error : Exit.fromLibrary(error)),
        Effect.ensuring(reporter.end)
      )
      for (const { message } of report.errors) yield* Screen.note(`holdfast: ${flags.file}, ${message}`)
      const { errors, failed, final, imported, lines, present } = report
      yield* flags.json
        ? Screen.json({
          dryRun: flags.dryRun,
          lines,
          imported,
          present,
          final,
          failed,
          errors: errors.map(({ line, message }) => ({ line, message }))
        })
        : Screen.line(
          `${Text.count(imported, "letter")} ${flags.dryRun ? "would be imported" : "imported"}` +
            `${flags.dryRun ? "" : `, ${present} there already`}, ${final} final and left out, ` +
            `${Text.count(failed, "line")} not read`
        )
      if (failed > 0) return yield* Exit.silently(Exit.codes.usage)
    })
  )).pipe(
    Command.withDescription(
      "Reads what export has written; a letter that is there already is not doubled, and not changed"
    )
  )
