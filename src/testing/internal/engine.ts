import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Reflection from "../../core/internal/endpoint.js"
import * as OpenApi from "../../platform/OpenApi.js"
import * as Faults from "../Faults.js"
import type * as Ledger from "../Ledger.js"
import { control } from "./control.js"
import { hash53 } from "./hash.js"
import type * as Emulator from "./model.js"
import { OutageClock } from "./outageClock.js"
import * as Quota from "./quota.js"
import * as Route from "./route.js"
import * as Wire from "./wire.js"

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** An `Emulator.Spec` whose types are forgotten: what arrives here has been checked by the Schemas. */
interface AnySpec<State> extends Omit<Emulator.Spec<unknown, State>, "handlers"> {
  readonly handlers: (state: State) => unknown
}

type AnyHandler = (
  request: Route.Decoded,
  exchange: Emulator.Exchange
) => Effect.Effect<unknown, Emulator.EmulatorError>

const decoder = new TextDecoder()

const secretHeaders = ["authorization", "proxy-authorization", "cookie", "x-api-key"]

const redact = <A>(
  fields: Readonly<Record<string, A>>,
  secret: ReadonlySet<string>
): Readonly<Record<string, A | string>> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, secret.has(name) ? "<redacted>" : value]))

const bodyOf = (text: string): unknown => {
  if (text === "") return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The same request sent again has the same key, however its query is ordered. */
const keyOf = (method: string, url: URL, text: string): string => {
  const query = [...url.searchParams].map((pair) => pair.join("=")).sort().join("&")
  return `${method} ${url.pathname}?${query} ${text}`
}

const uuidOf = (sequence: number): string => `00000000-0000-4000-8000-${sequence.toString(16).padStart(12, "0")}`

/** One request on its way through the emulator. */
interface Visit {
  readonly entry: Mutable<Ledger.Entry>
  readonly changes: Array<Ledger.Change>
  readonly injection: Faults.Injection
  readonly incoming: Wire.Incoming
  readonly url: URL
  /** With its credentials, which the entry does not have. */
  readonly query: Route.Query
  readonly match: Route.Match
  readonly requestId: string
}

export class Engine<State> {
  state: State
  readonly entries: Array<Ledger.Entry> = []
  readonly #spec: AnySpec<State>
  readonly #options: Emulator.Options
  readonly #route: ReturnType<typeof Route.router>
  readonly #secretHeaders: ReadonlySet<string>
  readonly #secretQuery: ReadonlySet<string>
  readonly #authorize: Emulator.Authorize
  #handlers: unknown
  #plan: Faults.Plan
  #outage: OutageClock
  #windows: ReadonlyArray<Quota.Window> = []
  /** Since the plan was put in place: requests, those of each operation, and the same request again. */
  #arrivals = 0
  #operationArrivals = new Map<string, number>()
  #seen = new Map<string, number>()
  /** Requests under way. */
  #active = 0

  constructor(spec: AnySpec<State>, options: Emulator.Options, now: number) {
    this.#spec = spec
    this.#options = options
    // AnyApi is what every HttpApi is: the spec's type says it is one
    const api = spec.integration.api as Reflection.AnyApi
    this.#route = Route.router(
      Reflection.reflect(spec.integration, api).map((endpoint) => Route.compile(endpoint, spec.hears))
    )
    this.#secretHeaders = new Set([...secretHeaders, ...spec.secretHeaders ?? []])
    this.#secretQuery = new Set(spec.secretQuery)
    this.#authorize = options.authorize ?? spec.authorize ?? (() => true)
    this.#plan = options.faults ?? Faults.none
    this.state = spec.state()
    this.#handlers = spec.handlers(this.state)
    this.#outage = new OutageClock(this.#plan.outages, now)
    this.#windows = this.#makeWindows()
  }

  reset(now: number): void {
    this.state = this.#spec.state()
    this.#handlers = this.#spec.handlers(this.state)
    this.entries.length = 0
    this.#windows = this.#makeWindows()
    this.#outage.byHand = false
    this.setFaults(this.#plan, now)
  }

  setOutage(down: boolean): void {
    this.#outage.byHand = down
  }

  setFaults(plan: Faults.Plan, now: number): void {
    this.#plan = plan
    this.#arrivals = 0
    this.#operationArrivals = new Map()
    this.#seen = new Map()
    const byHand = this.#outage.byHand
    this.#outage = new OutageClock(plan.outages, now)
    this.#outage.byHand = byHand
  }

  get snapshot(): unknown {
    return this.#spec.snapshot === undefined ? this.state : this.#spec.snapshot(this.state)
  }

  #makeWindows(): ReadonlyArray<Quota.Window> {
    const limit = this.#options.rateLimit
    const quotas = limit === undefined
      ? []
      : Array.isArray(limit)
      ? limit as ReadonlyArray<Quota.Quota>
      : [limit as Quota.Quota]
    return quotas.map((quota) => new Quota.Window(quota))
  }

  handle(incoming: Wire.Incoming): Effect.Effect<Wire.Outcome> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const url = new URL(incoming.url, "http://emulator")
      if (url.pathname.startsWith("/__emulator/")) {
        return Effect.succeed<Wire.Outcome>({ _tag: "Whole", answer: control(this, incoming, url, now) })
      }
      if (incoming.method === "GET" && url.pathname === "/openapi.json") {
        // unless the provider itself has something there
        const match = this.#route(incoming.method, url.pathname, incoming.headers)
        if (match._tag !== "Found") return Effect.succeed<Wire.Outcome>({ _tag: "Whole", answer: this.#document() })
      }
      const visit = this.#arrive(incoming, url, now)
      const { latency } = visit.injection
      const served = Effect.suspend(() => this.#serve(visit))
      return Effect.map(
        Effect.acquireUseRelease(
          Effect.sync(() => ++this.#active),
          (active) =>
            active > (this.#options.concurrency ?? Infinity)
              ? Effect.sync((): Wire.Outcome => ({ _tag: "Whole", answer: this.#crowded(visit, now) }))
              : Duration.toMillis(latency) > 0
              ? Effect.zipRight(Effect.sleep(latency), served)
              : served,
          () => Effect.sync(() => void --this.#active)
        ),
        (outcome) => {
          if ("answer" in outcome) visit.entry.status = outcome.answer.status
          return outcome
        }
      )
    })
  }

  #document(): Wire.Answer {
    const { api, ...integration } = this.#spec.integration
    // AnyApi is what every HttpApi is: the spec's type says it is one
    const described = { ...integration, api: api as Reflection.AnyApi }
    return Wire.answer(200, OpenApi.make(described, { servers: ["/"] }))
  }

  /** Writes the request down and decides what goes wrong with it: once, when it arrives. */
  #arrive(incoming: Wire.Incoming, url: URL, now: number): Visit {
    const match = this.#route(incoming.method, url.pathname, incoming.headers)
    const operation = match._tag === "Found"
      ? match.route.endpoint.operation.name
      : `${incoming.method} ${url.pathname}`
    const text = decoder.decode(incoming.body)
    const key = keyOf(incoming.method, url, text)
    const hash = `${operation} ${hash53(key, 0)}`
    const seen = this.#seen.get(hash) ?? 0
    this.#seen.set(hash, seen + 1)
    const operationArrival = (this.#operationArrivals.get(operation) ?? 0) + 1
    this.#operationArrivals.set(operation, operationArrival)
    const arrival = ++this.#arrivals

    const request: Faults.Request = { operation, key, seen, arrival, operationArrival }
    const outage = this.#outage.isDown(arrival, now)
    const injection = outage
      ? { fault: this.#plan.duringOutage(request), latency: Duration.zero }
      : this.#plan.decide(request)
    const changes: Array<Ledger.Change> = []
    const sequence = this.entries.length + 1
    const query = Route.queryOf(url.searchParams)
    const entry: Mutable<Ledger.Entry> = {
      sequence,
      at: now,
      operation,
      method: incoming.method,
      path: url.pathname,
      query: redact(query, this.#secretQuery),
      headers: redact(incoming.headers, this.#secretHeaders),
      body: bodyOf(text),
      fault: injection.fault._tag,
      outage,
      processed: false,
      changes,
      status: undefined
    }
    this.entries.push(entry)
    return { entry, changes, injection, incoming, url, query, match, requestId: uuidOf(sequence) }
  }

  #serve(visit: Visit): Effect.Effect<Wire.Outcome> {
    const fault = visit.injection.fault
    switch (fault._tag) {
      case "ResetBefore":
        return Effect.succeed({ _tag: "Reset" })
      case "HangBefore":
        return Effect.succeed({ _tag: "Hang" })
      case "Status":
        return Effect.map(Clock.currentTimeMillis, (now) => ({
          _tag: "Whole",
          answer: this.#faulty(visit, fault, now)
        }))
    }
    // from the handler's first step to the ledger's last word nothing may come between
    return Effect.uninterruptible(Effect.map(this.#process(visit), (answer): Wire.Outcome => {
      const empty = answer.body.length === 0
      switch (fault._tag) {
        case "None":
          return { _tag: "Whole", answer }
        case "ResetAfter":
          return { _tag: "Reset" }
        case "HangAfter":
          return { _tag: "Hang" }
        case "HalfBody":
          // nothing to halve: the connection goes instead
          return empty ? { _tag: "Reset" } : { _tag: "Half", answer }
        case "MalformedJson":
          return { _tag: "Whole", answer: empty ? answer : { ...answer, body: Wire.broken(answer.body) } }
        case "SlowBody":
          return { _tag: "Slow", answer, millis: Duration.toMillis(fault.duration) }
      }
    }))
  }

  #process(visit: Visit): Effect.Effect<Wire.Answer> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { match } = visit
      const refused = this.#admit(visit, now)
      if (refused !== undefined) return Effect.succeed(refused)
      if (match._tag !== "Found") return Effect.succeed(this.#unrouted(visit, match))
      const { params, route } = match
      return Effect.matchEffect(route.decode(visit.incoming, params, visit.query), {
        onFailure: (invalid) => Effect.succeed(this.#fail(visit, { ...invalid, status: 400 })),
        onSuccess: (request) => this.#run(visit, route, request, now)
      })
    })
  }

  /** The credential, then the quotas; `undefined` when the request may pass. */
  #admit(visit: Visit, now: number): Wire.Answer | undefined {
    if (!this.#authorize(visit.incoming.headers, visit.query)) {
      return this.#fail(visit, { kind: "unauthorized", status: 401, message: "the credential is missing or not valid" })
    }
    const windows = this.#windowsOf(visit.entry.operation)
    for (const window of windows) {
      const view = window.view(now)
      if (view.remaining > 0) continue
      return this.#fail(visit, {
        kind: "rateLimit",
        status: 429,
        message: `more than ${view.quota.limit} requests`,
        quota: view,
        headers: view.quota.retryAfter === true
          ? { "retry-after": String(Math.max(1, Math.ceil(view.waitMillis / 1000))) }
          : {}
      }, now)
    }
    for (const window of windows) window.take(now)
    return undefined
  }

  #crowded(visit: Visit, now: number): Wire.Answer {
    return this.#fail(visit, {
      kind: "rateLimit",
      status: 429,
      message: `more than ${this.#options.concurrency} requests at once`
    }, now)
  }

  #windowsOf(operation: string): ReadonlyArray<Quota.Window> {
    return this.#windows.filter(({ quota }) => quota.applies === undefined || quota.applies(operation))
  }

  #run(visit: Visit, route: Route.Route, request: Route.Decoded, now: number): Effect.Effect<Wire.Answer> {
    const handler = this.#handlerOf(route)
    const exchange: Emulator.Exchange = {
      operation: visit.entry.operation,
      headers: visit.incoming.headers,
      query: visit.query,
      now,
      changed: (change) => void visit.changes.push(change)
    }
    const { says = (body) => body } = this.#spec
    const said = (body: unknown) => says(body, exchange)
    const handled = Effect.flatMap(Effect.suspend(() => handler(request, exchange)), (result) => {
      visit.entry.processed = true
      const { headers, status = route.defaultStatus, value } = isReply(result) ? result : { value: result, headers: {} }
      return Effect.map(
        Effect.orDie(route.encode(status, value)),
        (body) => Wire.answer(status, said(body), { ...this.#headersOf(visit, now), ...headers })
      )
    })
    return Effect.flatMap(Effect.exit(handled), (exit) => {
      if (Exit.isSuccess(exit)) return Effect.succeed(exit.value)
      const failure = Cause.failureOption(exit.cause)
      if (failure._tag === "Some") {
        return Effect.succeed(this.#fail(visit, { kind: "handler", ...errorFields(failure.value) }, now))
      }
      return Effect.as(
        Effect.logError(`the emulator's handler of ${visit.entry.operation} died`, exit.cause),
        this.#fail(visit, { kind: "defect", status: 500, message: `emulator: ${Cause.pretty(exit.cause)}` }, now)
      )
    })
  }

  #handlerOf(route: Route.Route): AnyHandler {
    const { group, name, topLevel } = route.endpoint
    // `Handlers<Api>` has one of these for every endpoint
    const handlers = this.#handlers as Readonly<Record<string, AnyHandler & Readonly<Record<string, AnyHandler>>>>
    const handler = topLevel ? handlers[name] : handlers[group]?.[name]
    return handler ?? (() => Effect.dieMessage(`there is no handler for ${route.endpoint.operation.name}`))
  }

  #unrouted(visit: Visit, match: Exclude<Route.Match, { readonly _tag: "Found" }>): Wire.Answer {
    switch (match._tag) {
      case "NotFound":
        return this.#fail(visit, { kind: "route", status: 404, message: "resource not found" })
      case "OtherMethod":
        return this.#fail(visit, {
          kind: "method",
          status: 405,
          message: `${visit.incoming.method} is not allowed here`,
          headers: { allow: match.allow.join(", ") }
        })
      case "Malformed":
        return this.#fail(visit, { kind: "malformed", status: 400, message: "the path is not percent-encoded" })
    }
  }

  #faulty(visit: Visit, fault: Extract<Faults.Fault, { readonly _tag: "Status" }>, now: number): Wire.Answer {
    const { retryAfter, status } = fault
    const headers = {
      ...fault.headers,
      ...(retryAfter === undefined ? undefined : {
        "retry-after": retryAfter.form === "seconds"
          ? String(retryAfter.seconds)
          // an HTTP-date has no fractions: rounded down it would ask for less than it should
          : new Date(Math.ceil(now / 1000 + retryAfter.seconds) * 1000).toUTCString()
      })
    }
    if (fault.body !== undefined) return Wire.answer(status, fault.body, headers)
    return this.#fail(visit, { kind: "fault", status, message: `injected fault: HTTP ${status}`, headers }, now)
  }

  #fail(
    visit: Visit,
    failure: Pick<Emulator.Failure, "kind" | "status" | "message"> & Partial<Emulator.Failure> & {
      readonly headers?: Readonly<Record<string, string>> | undefined
    },
    now = visit.entry.at
  ): Wire.Answer {
    const { body, headers, status } = this.#spec.error({
      code: undefined,
      issues: [],
      details: {},
      quota: undefined,
      operation: visit.entry.operation,
      requestId: visit.requestId,
      ...failure
    })
    return Wire.answer(status ?? failure.status, body, {
      ...this.#headersOf(visit, now),
      ...headers,
      ...failure.headers
    })
  }

  #headersOf(visit: Visit, now: number): Readonly<Record<string, string>> {
    return this.#spec.headers?.({
      active: this.#active,
      now,
      operation: visit.entry.operation,
      requestId: visit.requestId,
      quotas: this.#windowsOf(visit.entry.operation).map((window) => window.view(now))
    }) ?? {}
  }
}

const errorFields = (error: Emulator.EmulatorError) => ({
  status: error.status,
  message: error.message,
  ...(error.code === undefined ? undefined : { code: error.code }),
  ...(error.issues === undefined ? undefined : { issues: error.issues }),
  ...(error.details === undefined ? undefined : { details: error.details }),
  ...(error.headers === undefined ? undefined : { headers: error.headers })
})

const isReply = (value: unknown): value is Emulator.Reply<unknown> =>
  typeof value === "object" && value !== null && "_tag" in value && value._tag === "Reply" && "value" in value
