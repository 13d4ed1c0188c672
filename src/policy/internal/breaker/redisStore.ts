/** The shared record on Redis: one hash a key, each step one script, pushes by `PUBLISH`. */
import * as Array from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Redis from "../../../core/Redis.js"
import * as Core from "./circuitCore.js"
import type { View } from "./mirrorCore.js"
import * as Lua from "./scripts.js"
import * as Shared from "./sharedCore.js"
import { type Listed, type Store, StoreError } from "./store.js"

const finite = (value: number): number => Math.min(value, Number.MAX_VALUE)

/** As the scripts read them; JSON has no infinity. */
const termsOf = ({ config, livesFor, timeToLive }: Shared.Terms): string => {
  const { strategy } = config
  return JSON.stringify({
    gather: config.gather,
    halfOpenMaxConcurrent: config.halfOpenMaxConcurrent,
    layout: Shared.layoutOf(strategy),
    livesFor,
    luck: config.resetJitter === 0 ? 0 : config.random(),
    maxResetTimeout: config.maxResetTimeout,
    mode: config.mode,
    probeLease: config.probeLease,
    quorum: config.quorum,
    resetBackoff: config.resetBackoff,
    resetJitter: config.resetJitter,
    resetTimeout: config.resetTimeout,
    strategy: strategy.kind === "consecutive" ? strategy : { ...strategy, slowRate: finite(strategy.slowRate) },
    successThreshold: config.successThreshold,
    timeToLive
  })
}

const stepOf = (step: Shared.Step): string =>
  step._tag === "command" && step.command._tag === "openFor"
    ? JSON.stringify({ command: { ...step.command, millis: Math.min(step.command.millis, Core.longest) } })
    : JSON.stringify(step)

const makeScript = (action: Shared.Step["_tag"], clock: string | undefined) =>
  Redis.script({
    encode: (at: Place, key: string, step: Shared.Step, terms: Shared.Terms) => ({
      args: [at.channel, termsOf(terms), stepOf(step), key],
      keys: [at.recordOf(key)]
    }),
    lua: Lua.script(action, clock),
    name: `breaker ${action}`,
    result: Schema.Array(Schema.String)
  })

const makeScripts = (clock: string | undefined) => ({
  acquireProbe: makeScript("acquireProbe", clock),
  command: makeScript("command", clock),
  leave: makeScript("leave", clock),
  probeResult: makeScript("probeResult", clock),
  read: makeScript("read", clock),
  renewProbe: makeScript("renewProbe", clock),
  report: makeScript("report", clock)
})

const scripts = makeScripts(undefined)

const makeLook = (clock: string | undefined) =>
  Redis.script({
    encode: (record: string) => ({ keys: [record] }),
    lua: Lua.look(clock),
    name: "breaker look",
    result: Schema.Array(Schema.String)
  })

const look = makeLook(undefined)

const Shown = Schema.Struct({
  mode: Schema.Literal("auto", "enforcing", "shadow", "disabled", "forced-open"),
  modeReason: Schema.String,
  openLeft: Schema.NumberFromString,
  openings: Schema.NumberFromString,
  reason: Schema.String,
  state: Schema.Literal("closed", "open", "half-open")
})

const decodeShown = Schema.decodeUnknownOption(Shown)

/** The other way round than {@link placeOf}: none for a key that is no record's. */
const keyOf = (prefix: string, record: string): string | undefined =>
  record.startsWith(`${prefix}{`) && record.endsWith("}") ? record.slice(prefix.length + 1, -1) : undefined

/** In a pattern of the server's these mean something else. */
const literally = (text: string): string => text.replaceAll(/[\\*?[\]^]/g, "\\$&")

export interface Place {
  readonly channel: string
  readonly recordOf: (key: string) => string
}

/** The key of a record is its own hash tag; one key a script, so that any cluster takes it. */
export const placeOf = (prefix: string): Place => ({
  channel: `${prefix}pushes`,
  recordOf: (key) => `${prefix}{${key}}`
})

const texts = new Set<keyof View>(["mode", "modeReason", "state", "reason"])

const viewOf = (values: ReadonlyArray<string>): View | undefined => {
  const view: Record<string, unknown> = {}
  for (const [i, name] of Lua.viewFields.entries()) {
    const value = values[i]
    if (value === undefined) return undefined
    const number = Number(value)
    if (!texts.has(name) && (value === "" || !Number.isFinite(number))) return undefined
    view[name] = texts.has(name) ? value : name === "troubled" ? number === 1 : number
  }
  // all fields of a view are among `viewFields`, and each is there by now, of its own type
  return view as unknown as View
}

const nonsense = (message: string, cause?: unknown) => new StoreError({ cause, message, reason: "nonsense" })

const answerOf = (reply: ReadonlyArray<string>): Either.Either<Shared.Answer, StoreError> => {
  const [granted, retryAfter] = reply
  const view = viewOf(reply.slice(3))
  if (view === undefined || retryAfter === undefined) {
    return Either.left(nonsense("the record is not what it should be"))
  }
  return Either.right({
    granted: granted === "1",
    retryAfter: retryAfter === "" ? undefined : Number(retryAfter),
    view
  })
}

/** What a server refuses for the sake of this one key; all else is about the server. */
const ofTheKey = new Set(["WRONGTYPE", "ERR"])

const failed = (error: Redis.RedisError): StoreError =>
  new StoreError({
    cause: error,
    message: error.message,
    reason: error.reason === "reply" || error.reason === "argument" ||
        (error.reason === "refused" && ofTheKey.has(error.code ?? ""))
      ? "nonsense"
      : "away"
  })

const pushOf = (text: string): Option.Option<readonly [key: string, view: View]> => {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch {
    return Option.none()
  }
  if (!Array.isArray(values) || !values.every((value) => typeof value === "string")) return Option.none()
  const [key, ...fields] = values as ReadonlyArray<string>
  const view = viewOf(fields)
  return key === undefined || view === undefined ? Option.none() : Option.some([key, view])
}

/** `clock`: for tests, how the scripts ask for the time. */
export const make = (redis: Redis.Redis["Type"], prefix: string, clock?: string): Store => {
  const place = placeOf(prefix)
  const all = clock === undefined ? scripts : makeScripts(clock)
  const lookAt = clock === undefined ? look : makeLook(clock)
  const show = (record: string): Effect.Effect<Option.Option<Listed>, StoreError> => {
    const key = keyOf(prefix, record)
    return key === undefined ? Effect.succeedNone : redis.run(lookAt, record).pipe(
      Effect.map((values) =>
        Option.map(
          decodeShown(Object.fromEntries(Lua.lookFields.map((name, i) => [name, values[i]]))),
          (shown) => ({ ...shown, key })
        )
      ),
      Effect.mapError(failed),
      Effect.catchIf((error) => error.reason === "nonsense", () => Effect.succeedNone)
    )
  }
  return {
    client: redis,
    list: Effect.mapError(redis.scan(`${literally(prefix)}{*}`), failed).pipe(
      Effect.flatMap(Effect.forEach(show, { concurrency: 16 })),
      Effect.map(Array.getSomes)
    ),
    name: "Redis",
    step: (key, step, terms) =>
      Effect.flatMap(Effect.mapError(redis.run(all[step._tag], place, key, step, terms), failed), answerOf),
    subscribe: (onPush) =>
      Effect.gen(function*() {
        const notices = yield* redis.subscribe(place.channel)
        const isOpen = yield* Deferred.make<void>()
        const lost = yield* Deferred.make<StoreError>()
        const isGap = Deferred.succeed(lost, new StoreError({ message: "pushes may have been missed", reason: "away" }))
        yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(notices), (notice) => {
          switch (notice._tag) {
            case "Attached":
              return Effect.flatMap(Deferred.succeed(isOpen, undefined), (isFirst) => isFirst ? Effect.void : isGap)
            case "Lost":
              return Effect.flatMap(Deferred.isDone(isOpen), (wasOpen) => wasOpen ? isGap : Effect.void)
            case "Message":
              return Effect.sync(() => Option.map(pushOf(notice.text), ([key, view]) => onPush(key, view)))
          }
        })))
        yield* Deferred.await(isOpen)
        // The connection looks after itself: what it may have missed comes as a notice. But who only listens does not find
        // out that the server is no master any more. A key that nobody has says so, and nothing is written.
        const check = Effect.mapError(Effect.asVoid(redis.send("PEXPIRE", place.recordOf(""), 1)), failed)
        return { check, lost: Deferred.await(lost) }
      })
  }
}
