/**
 * The main job, `npm start`: contacts from a CSV file to HubSpot, through faults and an outage.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { DeadLetterQueue, Holdfast } from "holdfast"
import * as Contacts from "./contacts.js"
import * as Flags from "./flags.js"
import * as Job from "./job.js"
import * as Lock from "./lock.js"
import * as Progress from "./progress.js"
import * as Report from "./report.js"
import * as Server from "./server.js"
import * as Stack from "./stack.js"
import { Tally } from "./tally.js"

const print = (text: string) => Effect.sync(() => void process.stdout.write(`${text}\n`))
const note = (text: string) => Effect.sync(() => void process.stderr.write(`${text}\n`))

const run = (settings: Flags.Settings) =>
  Effect.gen(function*() {
    const tally = new Tally()
    const runId = crypto.randomUUID()
    const file = yield* Contacts.open(settings.contacts)
    const db = yield* Effect.flatMap(
      Lock.first(settings.dbs),
      Option.match({
        onNone: () => Effect.fail(new Flags.UsageError({ message: `another run is using ${settings.dbs.join(", ")}` })),
        onSome: Effect.succeed
      })
    )
    const store = yield* Layer.build(Holdfast.layerSqlite({ filename: db }))
    const server = settings.baseUrl === undefined
      ? yield* Server.emulator({ ...settings, expectedRows: file.expectedRows })
      : Server.remote(settings.baseUrl)
    const hubspot = Stack.layer({ baseUrl: server.baseUrl, token: settings.token }, tally)

    const shown = Effect.gen(function*() {
      if (!settings.json && !settings.verbose && process.stderr.isTTY) {
        yield* Progress.draw(tally, file.expectedRows, process.stderr)
      }
      yield* Job.run({ rows: file.rows, run: runId, tally })
      return yield* server.check(tally)
    }).pipe(Effect.scoped)

    const interrupted = Effect.gen(function*() {
      const stored = yield* Job.stored(runId)
      const report = Report.make(tally, {
        deadLettered: tally.replayed + stored,
        delivered: tally.confirmed,
        duplicated: 0,
        lost: tally.submitted - tally.refused - tally.confirmed - stored
      })
      if (settings.json) yield* print(JSON.stringify(report))
      const notStarted = Math.max(0, file.expectedRows - tally.begun)
      yield* note(
        `interrupted: ${tally.confirmed} delivered, ${
          Report.plural(stored, "dead letter")
        } stored in ${db}, ${notStarted} not started; the next run replays the letters and sends the rest`
      )
    })

    const finish = Effect.gen(function*() {
      const verdict = yield* Effect.onInterrupt(shown, () => Effect.orDie(interrupted))
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      const left = yield* queue.stats({ integration: "hubspot", state: ["pending", "replaying", "parked"] })
      const report = Report.make(tally, {
        deadLettered: tally.letters.size,
        delivered: tally.submitted - tally.refused - verdict.lost,
        duplicated: verdict.duplicated,
        lost: verdict.lost
      })
      const { contacts } = settings
      if (settings.json) {
        yield* Effect.forEach(Report.badRows(tally, contacts), note)
        if (report.lost > 0 && tally.lastError !== undefined) yield* note(`the last error was ${tally.lastError}`)
        yield* print(JSON.stringify(report))
      } else {
        yield* print(
          Report.toText(report, { db, file: contacts, kept: left.total, server: server.name, tally, verdict })
        )
      }
      return report.lost === 0 && report.duplicated === 0 ? 0 : 1
    })

    return yield* Effect.provide(finish, Layer.provideMerge(hubspot, Layer.succeedContext(store)))
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.mergeAll(
      NodeHttpClient.layerUndici,
      NodeFileSystem.layer,
      // stdout is for the result alone
      Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)),
      Logger.minimumLogLevel(settings.verbose ? LogLevel.Info : LogLevel.Error)
    ))
  )

const program = Flags.read(process.argv.slice(2)).pipe(
  Effect.flatMap(Option.match({
    onNone: () => Effect.as(print(Flags.help.trimEnd()), 0),
    onSome: run
  })),
  // what the user can mend is one line and no stack trace
  Effect.catchAll((error) => Effect.as(note(`holdfast: ${error.message.replace(/\s*\n\s*/g, " ")}`), 2))
)

// by a terminal, npm and tsx one Ctrl-C arrives up to three times
const firstSignalAt: { time?: number; code?: number } = {}
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  process.on(signal, () => {
    firstSignalAt.time ??= performance.now()
    firstSignalAt.code ??= code
    if (performance.now() - firstSignalAt.time > 500) process.exit(code)
  })
}

// whoever reads the output may stop reading
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: (exit, onExit) => {
    if (Exit.isSuccess(exit)) return onExit(typeof exit.value === "number" ? exit.value : 0)
    if (Cause.isInterruptedOnly(exit.cause)) return onExit(firstSignalAt.code ?? 130)
    process.stderr.write(`holdfast: this is a fault of the job itself\n${Cause.pretty(exit.cause)}\n`)
    onExit(70)
  }
})
