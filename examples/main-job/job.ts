/**
 * The run: every row goes through the stack, what could not be delivered becomes a dead letter, and the dead letters are
 * replayed until none is left.
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Call, CircuitBreaker, DeadLetterQueue, IntegrationContext, type IntegrationError } from "holdfast"
import { HubSpot } from "holdfast/providers/hubspot"
import type { ContactsFile, Row } from "./contacts.js"
import { isRefusal } from "./stack.js"
import type { Tally } from "./tally.js"

/** HubSpot takes no call at all with this token: going on would only fill the dead letters. */
export class TokenRefusedError extends Data.TaggedError("TokenRefusedError")<{ readonly message: string }> {}

interface GoodRow {
  readonly line: number
  readonly email: string
  readonly properties: Readonly<Record<string, string>>
}

const integration = "hubspot"
const concurrency = 64

/**
 * In milliseconds: how long rows wait for a circuit that does not close, before they become dead letters; how long replays
 * may come to nothing, before the rest is left for the next run.
 */
const patience = { circuit: 10_000, leftovers: 5_000, replay: 20_000 }

const watchBreaker = (tally: Tally) =>
  Effect.gen(function*() {
    const breakers = yield* CircuitBreaker.CircuitBreakers
    yield* Effect.forkScoped(Stream.runForEach(breakers.changes, (transition) =>
      Effect.sync(() => {
        if (!transition.reason.startsWith("forced")) tally.changed(transition.to)
      })))
    // the fork subscribes in its first step, which comes before ours
    yield* Effect.yieldNow()
  })

/** Letters that are not final: what a run leaves, and what the next one begins with. */
const unfinished = { integration, state: ["pending", "replaying", "parked"] } as const

const makeDelivery = (tally: Tally, run: string) =>
  Effect.gen(function*() {
    const hubspot = yield* HubSpot
    /** Rows under way, so that two rows of one contact go one after the other. */
    const inFlight = new Map<string, Deferred.Deferred<void>>()
    /** Contacts whose last row is a dead letter: a younger row must not arrive before it. */
    const held = new Set<string>()
    /** Rows that wait for such a letter. */
    const later: Array<GoodRow> = []
    let refusedTokens = 0

    const upsert = ({ email, line, properties }: GoodRow) =>
      hubspot.contacts.batchUpsert({ payload: { inputs: [{ id: email, idProperty: "email", properties }] } }).pipe(
        Call.withPartitionKey(email),
        IntegrationContext.provide({ metadata: { run, line: String(line) } })
      )

    /**
     * Waits while the circuit is open: a row that is not sent needs no dead letter. One row after the other then finds
     * out whether HubSpot is back.
     */
    const probing = yield* Effect.makeSemaphore(1)
    /** When the next row may find out, in milliseconds since the start. */
    let probeAt = 0
    const whenCalm = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<A, E> => {
      const pause = Effect.suspend(() => Effect.sleep(Math.max(0, probeAt - tally.elapsed)))
      const isTroubled = () => tally.breaker !== "closed" && tally.elapsed - tally.troubledSince < patience.circuit
      return Effect.suspend(() =>
        isTroubled()
          ? probing.withPermits(1)(Effect.suspend(() => isTroubled() ? Effect.zipRight(pause, self) : self))
          : self
      )
    }

    const failed = (row: GoodRow, error: IntegrationError.IntegrationError): Effect.Effect<void, TokenRefusedError> =>
      Effect.suspend(() => {
        if (error._tag === "CircuitBreakerOpenError") {
          const asked = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
          probeAt = tally.elapsed + Math.min(Math.max(asked, 250), 1_000)
        }
        if (isRefusal(error)) {
          tally.refuse(row.email, row.line, `HubSpot: ${error.message}`)
          return Effect.void
        }
        if (error.deadLetterId !== undefined) {
          tally.letters.set(error.deadLetterId, row.email)
          held.add(row.email)
        } else {
          // the store could not take it, and may be able to later
          tally.withdraw(row.email)
          later.push(row)
        }
        return error._tag === "AuthenticationError" && tally.confirmed === 0 && ++refusedTokens >= 3
          ? new TokenRefusedError({ message: `HubSpot refuses the token, see HUBSPOT_ACCESS_TOKEN: ${error.message}` })
          : Effect.void
      })

    const send = (row: GoodRow): Effect.Effect<void, TokenRefusedError> =>
      Effect.matchEffect(
        Effect.suspend(() => {
          tally.submit(row.email)
          return upsert(row)
        }),
        {
          onFailure: (error) => failed(row, error),
          onSuccess: ({ errors, results }) =>
            Effect.sync(() => {
              const [refusal] = errors ?? []
              // HTTP 207: the request was fine and its one input was not
              if (results.length === 0 && refusal !== undefined) {
                tally.refuse(row.email, row.line, `HubSpot: ${refusal.message}`)
              } else {
                tally.confirm(row.email)
              }
            })
        }
      )

    /** Must be called in the order of the rows; what it gives may run at any time. */
    const inOrder = (row: GoodRow): Effect.Effect<void, TokenRefusedError> => {
      const before = inFlight.get(row.email)
      const done = Deferred.unsafeMake<void>(fiberId)
      inFlight.set(row.email, done)
      return Effect.suspend(() => {
        if (held.has(row.email)) {
          later.push(row)
          return Effect.void
        }
        return whenCalm(send(row))
      }).pipe(
        (self) => before === undefined ? self : Effect.zipRight(Deferred.await(before), self),
        Effect.ensuring(Effect.suspend(() => {
          if (inFlight.get(row.email) === done) inFlight.delete(row.email)
          return Deferred.succeed(done, undefined)
        }))
      )
    }

    const fiberId = yield* Effect.fiberId

    return {
      held,
      later,
      deliver: <E, R>(rows: Stream.Stream<GoodRow, E, R>): Effect.Effect<void, E | TokenRefusedError, R> =>
        rows.pipe(
          Stream.map(inOrder),
          Stream.mapEffect((effect) => effect, { concurrency, unordered: true }),
          Stream.runDrain
        )
    }
  })

/** Replays what is pending until nothing is, or until for a while nothing has come of it. */
const replayAll = (tally: Tally, run: string, patience: number) =>
  Effect.gen(function*() {
    const queue = yield* DeadLetterQueue.DeadLetterQueue

    const onProgress = ({ id, outcome }: DeadLetterQueue.ReplayProgress) =>
      Effect.sync(() => {
        if (outcome !== "replayed") return
        const email = tally.letters.get(id)
        if (email === undefined) {
          tally.leftoversReplayed++
        } else {
          tally.replayed++
          tally.confirm(email)
        }
      })

    const settleRefused = queue.stream({
      integration,
      state: ["pending", "parked"],
      errorTag: ["ValidationError", "ConflictError"]
    }).pipe(
      Stream.filter(({ error }) => isRefusal(error)),
      Stream.runForEach((letter) =>
        Effect.sync(() => {
          const email = tally.letters.get(letter.id)
          if (email === undefined || letter.metadata.run !== run) return
          tally.refuse(email, Number(letter.metadata.line), `HubSpot: ${letter.error.message}`)
        }).pipe(
          Effect.zipRight(queue.discard(letter.id, `refused in a replay: ${letter.error.message}`)),
          // somebody else has decided on it meanwhile
          Effect.catchTag("DeadLetterNotFoundError", "DeadLetterStateError", () => Effect.void)
        )
      )
    )

    // parked while the provider was away, and not for a fault of their own
    const unparkAll = Stream.runForEach(queue.stream({ integration, state: "parked" }), ({ id }) =>
      Effect.catchTag(queue.unpark(id), "DeadLetterNotFoundError", "DeadLetterStateError", () => Effect.void))

    let progressAt = performance.now()
    while (true) {
      yield* settleRefused
      yield* unparkAll
      const report = yield* queue.replayAll({ integration }, {
        concurrency,
        maxPause: "500 millis",
        maxPauses: 6,
        onProgress
      })
      if (report.selected === 0) {
        return
      }
      if (report.replayed > 0) {
        progressAt = performance.now()
      }
      if (performance.now() - progressAt > patience) {
        return
      }
      yield* Effect.sleep("100 millis")
    }
  })

/** Fills in for which contacts a letter is still to be replayed. */
const refreshHeld = (held: Set<string>) =>
  Effect.gen(function*() {
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    held.clear()
    yield* Stream.runForEach(queue.stream(unfinished), ({ partitionKey }) =>
      Effect.sync(() => {
        if (partitionKey !== undefined) held.add(partitionKey)
      }))
  })

export const run = (options: {
  readonly rows: ContactsFile["rows"]
  readonly tally: Tally
  /** Names this run in its dead letters. */
  readonly run: string
}) =>
  Effect.gen(function*() {
    const { tally } = options
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    const breakers = yield* CircuitBreaker.CircuitBreakers
    yield* watchBreaker(tally)
    const { deliver, held, later } = yield* makeDelivery(tally, options.run)

    const left = yield* queue.stats(unfinished)
    tally.leftovers = left.total
    if (left.total > 0) {
      yield* replayAll(tally, options.run, patience.leftovers)
      yield* refreshHeld(held)
    }

    tally.phase = "submitting"
    yield* deliver(Stream.filterMap(options.rows, (row) => good(row, tally)))

    tally.phase = "replaying"
    yield* replayAll(tally, options.run, patience.replay)
    while (later.length > 0) {
      const rows = later.splice(0)
      yield* refreshHeld(held)
      yield* deliver(Stream.fromIterable(rows))
      if (later.length === rows.length) {
        // the letters before them are stuck: these become letters too, behind them, and nothing is sent
        yield* breakers.forceOpen(integration, "an older row of the same contact has not been delivered")
        held.clear()
        yield* deliver(Stream.fromIterable(later.splice(0)))
        yield* breakers.forceClose(integration)
        // what cannot even be stored is lost
        for (const { email } of later) tally.submit(email)
        break
      }
      yield* replayAll(tally, options.run, patience.replay)
    }
    tally.phase = "checking"
  })

const good = (row: Row, tally: Tally): Option.Option<GoodRow> => {
  if (Either.isLeft(row.result)) {
    tally.bad(row.line, row.result.left)
    return Option.none()
  }
  return Option.some({ line: row.line, ...row.result.right })
}

/** How many letters of this run the store holds that are not final. */
export const stored = (run: string): Effect.Effect<
  number,
  DeadLetterQueue.DeadLetterQueueError,
  DeadLetterQueue.DeadLetterQueue
> =>
  Effect.flatMap(DeadLetterQueue.DeadLetterQueue, (queue) =>
    queue.stream(unfinished).pipe(
      Stream.filter(({ metadata }) => metadata.run === run),
      Stream.runCount
    ))
