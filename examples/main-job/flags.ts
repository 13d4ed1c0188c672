/**
 * What the command line and the environment ask for.
 */
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Provider } from "holdfast"
import { HubSpot } from "holdfast/providers/hubspot"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

export const profiles = ["none", "light", "heavy", "outage"] as const

export type Profile = typeof profiles[number]

export interface Settings {
  readonly contacts: string
  readonly faults: Profile
  readonly seed: number
  readonly json: boolean
  /** Where dead letters are kept: the first that no other run is using. */
  readonly dbs: ReadonlyArray<string>
  readonly verbose: boolean
  /** Another server than the emulator that the job starts. */
  readonly baseUrl: string | undefined
  readonly token: Redacted.Redacted
}

/** The command line or the environment cannot be followed. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

export const help = `Pushes the contacts of a CSV file to HubSpot, through faults and an outage, and loses none of them.

  npm start -- [flags]

  --contacts FILE   the contacts; needs a column "email" (default: the 500 that ship with it)
  --faults PROFILE  none, light, heavy, or outage: light faults and one full outage (default: outage)
  --seed N          an integer; the same seed gives the same faults (default: 1)
  --db FILE         where dead letters are kept (default: holdfast.db, or holdfast-remote.db with HUBSPOT_BASE_URL;
                    holdfast-2.db and so on while another run is using it)
  --json            one line of JSON on stdout and nothing else
  --verbose         log every failed call to stderr
  --help            this text

  HUBSPOT_BASE_URL      another server instead of the emulator that the job starts; --faults and --seed do nothing then
  HUBSPOT_ACCESS_TOKEN  the token for it

Exit code: 0 all is well, 1 something was lost or doubled, 2 it could not be done, 130 interrupted.
`

const options = {
  contacts: { type: "string" },
  faults: { type: "string" },
  seed: { type: "string" },
  db: { type: "string" },
  json: { type: "boolean" },
  verbose: { type: "boolean" },
  help: { type: "boolean", short: "h" }
} as const

const shipped = relative(process.cwd(), fileURLToPath(new URL("./contacts.csv", import.meta.url)))

const usage = (message: string) => new UsageError({ message: `${message} (--help shows what there is)` })

/** `--seed -5` too: by itself the parser takes every argument with a dash for a flag. */
const withSigns = (args: ReadonlyArray<string>): Array<string> =>
  args.flatMap((arg, index) => {
    if (args[index - 1] === "--seed" && /^-\d/.test(arg)) return []
    const next = args[index + 1] ?? ""
    return [arg === "--seed" && /^-\d/.test(next) ? `${arg}=${next}` : arg]
  })

const parse = (args: ReadonlyArray<string>) =>
  Effect.try({
    try: () => parseArgs({ args: withSigns(args), options, strict: true, allowPositionals: false }).values,
    // the first sentence is the news, the rest is advice that does not fit here
    catch: (error) => usage((error instanceof Error ? error.message : String(error)).split(/\n|\.(?: |$)/m)[0] ?? "")
  })

const isProfile = (name: string): name is Profile => profiles.some((profile) => profile === name)

const environment = Config.all({
  baseUrl: Config.option(Config.nonEmptyString("HUBSPOT_BASE_URL")),
  token: Config.redacted("HUBSPOT_ACCESS_TOKEN").pipe(Config.withDefault(Redacted.make("pat-fake-main-job")))
})

/** None when only the help was asked for. */
export const read = (args: ReadonlyArray<string>): Effect.Effect<Option.Option<Settings>, UsageError> =>
  Effect.gen(function*() {
    const flags = yield* parse(args)
    if (flags.help === true) return Option.none()
    const faults = flags.faults ?? "outage"
    if (!isProfile(faults)) return yield* usage(`--faults is "${faults}": it must be one of ${profiles.join(", ")}`)
    const seed = flags.seed ?? "1"
    if (!/^[+-]?\d+$/.test(seed) || !Number.isSafeInteger(Number(seed))) {
      return yield* usage(`--seed is "${seed}": it must be an integer`)
    }
    for (const name of ["contacts", "db"] as const) {
      if (flags[name]?.trim() === "") return yield* usage(`--${name} names no file`)
    }
    const { baseUrl, token } = yield* Effect.orDie(environment)
    const url = yield* Option.isNone(baseUrl) ? Effect.succeed(undefined) : checkedUrl
    // letters for one server must not be replayed to another
    const db = url === undefined ? "holdfast" : "holdfast-remote"
    return Option.some({
      baseUrl: url,
      contacts: flags.contacts ?? shipped,
      dbs: flags.db === undefined ? [`${db}.db`, ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${db}-${n}.db`)] : [flags.db],
      faults,
      json: flags.json === true,
      seed: Number(seed),
      token,
      verbose: flags.verbose === true
    })
  })

const checkedUrl = Provider.baseUrlConfig(HubSpot.definition).pipe(
  Effect.filterOrFail((url) => /^https?:/.test(url)),
  Effect.mapError(() =>
    new UsageError({ message: "HUBSPOT_BASE_URL is not the URL of a server: it must be like http://127.0.0.1:8080" })
  )
)
