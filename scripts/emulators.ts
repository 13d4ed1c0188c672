// npm run emulators: the emulators of all providers, or of some, each on a port of this machine.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { catalog } from "holdfast/providers/catalog"
import { type Emulator, EmulatorServer, Faults } from "holdfast/testing"
import { parseArgs } from "node:util"

const help = `Starts the emulators of providers on 127.0.0.1, and prints what to set so that a program talks to them.

  npm run emulators -- [flags]

  --only IDS          of these providers only: hubspot,stripe (default: all)
  --port-from N       the first port, one each in the order of their ids; 0: any that is free (default: 4100)
  --port ID=N         the port of one; may be given several times
  --seed N            an integer; the same seed gives the same faults (default: 1)
  --faults PROFILE    none, light, heavy, or outage: light faults and one outage of 10 seconds (default: none)
  --json              a line of JSON for each, in the place of the table
  --help              this text

Each has its OpenAPI document at /openapi.json, what it was asked at /__emulator/ledger, what it holds at
/__emulator/state, and takes POST /__emulator/reset and POST /__emulator/outage?down=true. Ctrl-C ends them.

Exit code: 0 ended by Ctrl-C or SIGTERM, 1 one could not be started, 2 wrong usage.
`

class Stop extends Data.TaggedError("Stop")<{ readonly code: 1 | 2; readonly message: string }> {}

const usage = (message: string) => new Stop({ code: 2, message: `${message} (--help shows what there is)` })

const profiles: Readonly<Record<string, (seed: number) => Faults.Plan>> = {
  none: () => Faults.none,
  light: (seed) => Faults.light(seed),
  heavy: (seed) => Faults.heavy(seed),
  outage: (seed) => Faults.light(seed, { outages: [{ afterRequests: 100, for: "10 seconds" }] })
}

const ids = catalog.entries.map(({ id }) => id).sort()

const known = (id: string) =>
  ids.includes(id) ? Effect.succeed(id) : usage(`there is no provider "${id}", but ${ids.join(", ")}`)

const whole = (flag: string, text: string, from: number, to: number) => {
  const number = Number(text)
  return /^-?\d+$/.test(text) && number >= from && number <= to
    ? Effect.succeed(number)
    : usage(`${flag} is "${text}", and must be a whole number from ${from} to ${to}`)
}

const options = {
  only: { type: "string", multiple: true },
  "port-from": { type: "string", default: "4100" },
  port: { type: "string", multiple: true },
  seed: { type: "string", default: "1" },
  faults: { type: "string", default: "none" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" }
} as const

const read = Effect.gen(function*() {
  const flags = yield* Effect.try({
    try: () => parseArgs({ args: process.argv.slice(2), options, strict: true, allowPositionals: false }).values,
    catch: (error) => usage(error instanceof Error ? error.message : String(error))
  })
  if (flags.help === true) return undefined
  const plan = Object.hasOwn(profiles, flags.faults) ? profiles[flags.faults] : undefined
  if (plan === undefined) {
    return yield* usage(`--faults is "${flags.faults}", and not ${Object.keys(profiles).join(", ")}`)
  }
  const seed = yield* whole("--seed", flags.seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const named = (flags.only ?? []).flatMap((list) => list.split(",")).map((id) => id.trim()).filter((id) => id !== "")
  const chosen = named.length === 0 ? ids : [...new Set(yield* Effect.forEach(named, known))].sort()

  const own = new Map<string, number>()
  for (const pair of flags.port ?? []) {
    const [id = "", port = ""] = pair.split("=")
    own.set(yield* known(id), yield* whole(`--port ${id}`, port, 0, 65_535))
  }
  const from = yield* whole("--port-from", flags["port-from"], 0, 65_535)
  const taken = new Set(own.values())
  let next = from
  const ports = new Map(chosen.map((id) => {
    const port = own.get(id)
    if (port !== undefined) return [id, port]
    while (from > 0 && taken.has(next)) next++
    return [id, from > 0 ? next++ : 0]
  }))
  return { faults: plan(seed), json: flags.json === true, ports }
})

/** What every provider's index has. */
interface Module {
  readonly Emulator: { readonly make: (options: Emulator.Options) => Effect.Effect<Emulator.Emulator> }
}

const start = (id: string, port: number, faults: Faults.Plan) =>
  Effect.gen(function*() {
    // by convention the folder has the provider's id
    const { Emulator } = yield* Effect.promise(() => import(`holdfast/providers/${id}`) as Promise<Module>)
    const emulator = yield* Emulator.make({ faults })
    const { baseUrl } = yield* Effect.mapError(
      EmulatorServer.serve(emulator, { port }),
      ({ cause }) =>
        new Stop({
          code: 1,
          message: `${id} cannot be served on port ${port}: ${cause instanceof Error ? cause.message : String(cause)}`
        })
    )
    return baseUrl
  })

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()).join("\n")
}

const print = (text: string) => Effect.sync(() => void process.stdout.write(`${text}\n`))
const note = (text: string) => Effect.sync(() => void process.stderr.write(`${text}\n`))

const program = Effect.gen(function*() {
  const settings = yield* read
  if (settings === undefined) return yield* print(help.trimEnd())
  const served = yield* Effect.forEach(
    settings.ports,
    ([id, port]) =>
      Effect.map(start(id, port, settings.faults), (url) => ({
        id,
        url,
        variable: catalog.entries.find((entry) => entry.id === id)!.baseUrlVariable
      }))
  )
  yield* print(
    settings.json
      ? served.map((one) => JSON.stringify(one)).join("\n")
      : table([["PROVIDER", "URL", "SET"], ...served.map(({ id, url, variable }) => [id, url, `${variable}=${url}`])])
  )
  yield* note("any credential of the right kind will do; Ctrl-C ends them")
  return yield* Effect.never
})

NodeRuntime.runMain(
  Effect.scoped(program).pipe(
    Effect.catchAll((stop) =>
      Effect.zipRight(note(`emulators: ${stop.message}`), Effect.sync(() => void (process.exitCode = stop.code)))
    )
  ),
  {
    disablePrettyLogger: true,
    // the exit code has been set; a signal is how it ends
    teardown: (exit, onExit) =>
      onExit(Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause) ? 1 : Number(process.exitCode ?? 0))
  }
)
