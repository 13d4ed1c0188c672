/**
 * The Measurement Protocol, emulated: it takes everything, and keeps what Google would keep.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import * as Api from "./Api.js"
import type * as Schemas from "./Schemas.js"

/**
 * An event that is in the reports.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recorded {
  /** The measurement id or the Firebase app id. */
  readonly stream: string
  readonly client: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly event: typeof Schemas.Event.Type
}

/**
 * Why a request has left no trace.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dropped {
  readonly stream: string
  readonly reason: "secret" | "client" | "too old"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly events: Array<Recorded>
  /** Of those requests that are as they should be: the others are not `processed` in the ledger. */
  readonly dropped: Array<Dropped>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** The secret of each stream, by its measurement id or its Firebase app id. Default: any stream, with any secret. */
  readonly streams?: Readonly<Record<string, string>> | undefined
}

type Handlers = Emulator.Handlers<Api.GoogleAnalyticsEventsApi>

type Request = Parameters<Handlers["events"]["collect"]>[0]

type Message = (typeof Schemas.Validation.Type)["validationMessages"][number]

const hours = 3_600_000

const maxAge = 72 * hours

const streamOf = ({ urlParams }: Request): string =>
  "measurement_id" in urlParams ? urlParams.measurement_id : urlParams.firebase_app_id

/** The kind of id that the stream wants. */
const clientField = ({ urlParams }: Request) => "measurement_id" in urlParams ? "client_id" : "app_instance_id"

const timeOf = ({ payload }: Request, now: number): number =>
  payload.timestamp_micros === undefined ? now : Math.floor(payload.timestamp_micros / 1000)

const handlers = ({ streams }: Options) => (state: State): Handlers => ({
  events: {
    collect: (request, exchange) =>
      Effect.sync(() => {
        const stream = streamOf(request)
        const client = request.payload[clientField(request)]
        const at = timeOf(request, exchange.now)
        const secret = exchange.query.api_secret
        const drop = (reason: Dropped["reason"]) => void state.dropped.push({ stream, reason })
        if (streams === undefined ? secret === undefined : secret === undefined || streams[stream] !== secret) {
          return drop("secret")
        }
        if (client === undefined) return drop("client")
        if (exchange.now - at > maxAge) return drop("too old")
        for (const event of request.payload.events) {
          state.events.push({ stream, client, at, event })
          exchange.changed({ resource: "events", kind: "recorded", key: event.name })
        }
      }),
    // it looks at neither secret nor stream
    validate: (request, { now }) =>
      Effect.sync(() => {
        const validationMessages: Array<Message> = []
        const field = clientField(request)
        if (request.payload[field] === undefined) {
          validationMessages.push({
            fieldPath: field,
            description: `this kind of stream wants ${field}`,
            validationCode: "VALUE_REQUIRED"
          })
        }
        if (now - timeOf(request, now) > maxAge) {
          validationMessages.push({
            fieldPath: "timestamp_micros",
            description: "more than 72 hours ago",
            validationCode: "VALUE_OUT_OF_BOUNDS"
          })
        }
        return { validationMessages }
      })
  }
})

const codeOf = ({ message, path }: Emulator.Issue): string => {
  if (/is missing/.test(message)) return "VALUE_REQUIRED"
  if (/reserved/.test(message)) return "NAME_RESERVED"
  if (/a name /.test(message)) return "NAME_INVALID"
  if (/at most \d+ (parameters|user)|^Expected an array of at most/.test(message) || path === "events") {
    return "EXCEEDED_MAX_ENTITIES"
  }
  return /at most/.test(message) ? "VALUE_OUT_OF_BOUNDS" : "VALUE_INVALID"
}

/**
 * What cannot be read is taken all the same, and dropped; only the validation says what is wrong with it. A wrong credential is
 * refused in a test that asks for it by `authorize`: Google never does.
 */
const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  if (failure.kind !== "invalid" && failure.kind !== "malformed") return { body: failure.message }
  if (failure.operation !== "events.validate") return { status: 204, body: undefined }
  const issues = failure.issues.length > 0 ? failure.issues : [{ path: "", message: failure.message }]
  return {
    status: 200,
    body: {
      validationMessages: issues.map((issue): Message => ({
        fieldPath: issue.path,
        description: issue.message,
        validationCode: codeOf(issue)
      }))
    }
  }
}

/**
 * Starts a Measurement Protocol in memory.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/google-analytics-events"
 *
 * const program = Effect.gen(function*() {
 *   const analytics = yield* Emulator.make({ streams: { "G-ABC123": "fake-secret" } })
 *   // … run the program under test against it …
 *   const { dropped, events } = yield* analytics.state
 *   return { dropped, purchases: events.filter(({ event }) => event.name === "purchase") }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "google-analytics-events", version: "ga4", api: Api.GoogleAnalyticsEventsApi },
    state: (): State => ({ events: [], dropped: [] }),
    handlers: handlers(options),
    error,
    secretQuery: ["api_secret"]
  }, options)

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point
 * `GOOGLE_ANALYTICS_EVENTS_BASE_URL` or `GoogleAnalyticsEvents.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
