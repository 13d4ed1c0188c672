/** From the changes of a dead letter queue to alerts: one fiber gathers, one tells, and none waits for the other. */
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as background from "../../internal/background.js"
import * as DeadLetterQueue from "../DeadLetterQueue.js"
import type { Alert } from "./deadLetterAlertMessages.js"

export interface Options {
  /** For how long letters like one that was told of are gathered. Default `15 minutes`. */
  readonly window?: Duration.DurationInput | undefined
  /** Alerts that wait to be told; what comes on top of them is told with the next summary. Default 100. */
  readonly capacity?: number | undefined
}

/** Of kinds that are told apart at once. What is on top of them is told as one. */
const maxKinds = 500

const others = "many signatures"

/** Longer, and the next alert waits too long. */
const patience = "10 seconds"

const drainFor = "5 seconds"

/** What has come since the last alert of its kind. */
interface Gathered {
  readonly integration: string
  readonly operation: string
  readonly signature: string
  count: number
  parked: number
  since: DateTime.Utc
  until: DateTime.Utc
  letterId: string
}

const alertOf = (kind: Alert["kind"], { count, parked, ...rest }: Gathered): Alert => ({ ...rest, kind, count, parked })

export const watch = (
  notify: (alert: Alert) => Effect.Effect<void, unknown>,
  options: Options
): Effect.Effect<void, never, DeadLetterQueue.DeadLetterQueue | Scope.Scope> =>
  Effect.gen(function*() {
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    const scope = yield* Effect.scope
    const window = Duration.toMillis(options.window ?? "15 minutes")
    const mailbox = yield* Mailbox.make<Alert>({
      capacity: Math.max(options.capacity ?? 100, 1),
      strategy: "dropping"
    })
    const open = new Map<string, Gathered>()

    const tell = (alert: Alert): Effect.Effect<void> =>
      notify(alert).pipe(
        Effect.timeout(patience),
        Effect.retry(Schedule.intersect(Schedule.exponential("1 second"), Schedule.recurs(3))),
        Effect.catchAllCause((cause) =>
          Effect.logWarning(
            `an alert could not be sent: ${alert.integration} ${alert.operation}, ${alert.signature}`,
            cause
          )
        )
      )

    /** What there is no room for stays, and is told with the next. */
    const hand = (kind: Alert["kind"], gathered: Gathered): void => {
      if (gathered.count === 0 || !mailbox.unsafeOffer(alertOf(kind, { ...gathered }))) return
      gathered.count = 0
      gathered.parked = 0
    }

    const close = (key: string, gathered: Gathered): Effect.Effect<void> =>
      Effect.flatMap(background.sleep(window), () => {
        if (gathered.count === 0) {
          open.delete(key)
          return Effect.void
        }
        hand("more", gathered)
        return close(key, gathered)
      })

    const gather = (change: DeadLetterQueue.Change): Effect.Effect<void> =>
      Effect.suspend(() => {
        const { at, id, integration, operation } = change
        if (change._tag !== "Captured" && change._tag !== "Parked") return Effect.void
        const kind = JSON.stringify([integration, operation, change.signature])
        const isKnown = open.has(kind) || open.size < maxKinds
        const key = isKnown ? kind : others
        const before = open.get(key)
        const gathered = before ?? {
          integration: isKnown ? integration : "several integrations",
          operation: isKnown ? operation : "",
          signature: isKnown ? change.signature : others,
          count: 0,
          parked: 0,
          since: at,
          until: at,
          letterId: id
        }
        if (gathered.count === 0) gathered.since = at
        gathered.count++
        if (change._tag === "Parked") gathered.parked++
        gathered.until = at
        gathered.letterId = id
        if (before !== undefined) return Effect.void
        open.set(key, gathered)
        hand("first", gathered)
        return Effect.asVoid(Effect.forkIn(close(key, gathered), scope))
      })

    const teller = yield* Effect.forkScoped(Stream.runForEach(Mailbox.toStream(mailbox), tell))
    const changes = yield* queue.subscribe
    const gatherer = yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(changes), gather)))
    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        yield* Fiber.interrupt(gatherer)
        yield* Effect.forEach(yield* Queue.takeAll(changes), gather, { discard: true })
        for (const gathered of open.values()) hand("more", gathered)
        yield* mailbox.end
        yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(teller)), drainFor)
      })
    )
  })
