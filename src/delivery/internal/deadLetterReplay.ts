/** One replay: take the letter, send it while the lease is kept alive, settle. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as IntegrationError from "../../core/IntegrationError.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import {
  type Change,
  type DeadLetter,
  DeadLetterNotFoundError,
  DeadLetterQueueError,
  type Replayer,
  ReplayRefusedError,
  signatureOf
} from "../DeadLetter.js"
import type * as LeaseItem from "../LeaseItem.js"
import type * as LeaseQueue from "../LeaseQueue.js"
import * as codec from "./deadLetterCodec.js"
import { keepAlive, type LeaseLost, persistently } from "./leaseKeeper.js"
import * as orderedId from "./orderedId.js"

export const storageError = (error: LeaseItem.LeaseQueueError): DeadLetterQueueError =>
  new DeadLetterQueueError({
    reason: "storage",
    message: `the dead letters cannot be reached: ${error.message}`,
    cause: error
  })

export interface Deps {
  readonly queue: LeaseQueue.LeaseQueue["Type"]
  readonly owner: string
  /** Milliseconds. */
  readonly lease: number
  readonly maxReplays: number
  /** The letter with a body that can be sent. */
  readonly open: (letter: DeadLetter) => Effect.Effect<DeadLetter, DeadLetterQueueError>
  readonly publish: (tag: Change["_tag"], item: LeaseItem.Item) => Effect.Effect<void>
}

export type ReplayError =
  | IntegrationError.IntegrationError
  | DeadLetterNotFoundError
  | ReplayRefusedError
  | DeadLetterQueueError

/** The call was refused in this process and nothing was sent: no fault of the letter. */
export const refusedLocally = (error: IntegrationError.IntegrationError): boolean => {
  switch (error._tag) {
    case "CircuitBreakerOpenError":
    case "BulkheadFullError":
    case "UnavailableError":
      return true
    case "RateLimitError":
      return error.origin === "local"
    default:
      return false
  }
}

export const refusal = (
  item: Pick<LeaseItem.Item, "id" | "source">,
  reason: ReplayRefusedError["reason"],
  message: string
): ReplayRefusedError => new ReplayRefusedError({ id: item.id, integration: item.source, reason, message })

export const noReplayer = (item: Pick<LeaseItem.Item, "id" | "source">): ReplayRefusedError =>
  refusal(
    item,
    "no-replayer",
    `no replayer is registered for the integration "${item.source}": ` +
      "provide its layer (with dead lettering in its stack) in the program that replays"
  )

/** Why an item in this state is not replayed. */
export const refusedByState = (item: LeaseItem.Item): ReplayRefusedError => {
  switch (item.state) {
    case "done":
    case "discarded":
      return refusal(item, "not-pending", `dead letter ${item.id} is ${codec.toState(item)} already`)
    case "poison":
      return refusal(
        item,
        "parked",
        `dead letter ${item.id} is parked after ${item.attempts} replays: force it or unpark it`
      )
    default:
      return refusal(
        item,
        "claimed",
        `dead letter ${item.id} is being replayed by ${item.lease?.owner ?? "another worker"}`
      )
  }
}

/** The letter as it is to be sent. What it lacks is no fault of the replay, which is not charged for it. */
export const prepare = (
  deps: Deps,
  item: LeaseItem.Item
): Effect.Effect<DeadLetter, ReplayRefusedError | DeadLetterQueueError> =>
  Effect.flatMap(
    codec.toLetter(item),
    (letter): Effect.Effect<DeadLetter, ReplayRefusedError | DeadLetterQueueError> => {
      const { redacted = [] } = letter.request
      return redacted.length === 0 ? deps.open(letter) : refusal(
        item,
        "redacted",
        `dead letter ${item.id} cannot be sent as it is: it was stored without its ${redacted.join(", ")}; ` +
          "edit it and put back what is missing"
      )
    }
  )

const describe = (error: IntegrationError.IntegrationError): string =>
  KnownSecrets.scrub(`${error._tag}: ${error.message}`)

const settleFailure = (
  deps: Deps,
  item: LeaseItem.Item,
  error: Option.Option<IntegrationError.IntegrationError>,
  detail: string
): Effect.Effect<void, DeadLetterQueueError> => {
  const poison = item.attempts + 1 >= deps.maxReplays
  return persistently(deps.queue.fail(item.id, item.token, {
    next: { _tag: poison ? "poison" : "park" },
    error: Option.getOrUndefined(
      Option.flatMap(error, (error) => Either.getRight(codec.encodeReplayError(item, error)))
    ),
    reason: Option.getOrUndefined(Option.map(error, (error) => error._tag)),
    signature: Option.getOrUndefined(Option.map(error, signatureOf)),
    detail
  })).pipe(
    Effect.flatMap((failed) => deps.publish(poison ? "Parked" : "ReplayFailed", failed)),
    // Another worker has it by now, and its result is the one that counts
    Effect.catchIf((error) => error.reason === "stale", () => Effect.void),
    Effect.catchAll((cause) =>
      Effect.zipRight(
        Effect.logWarning("a failed replay could not be recorded; the letter is pending again at its lease's end").pipe(
          Effect.annotateLogs({ deadLetter: item.id, replay: detail })
        ),
        Effect.fail(storageError(cause))
      )
    )
  )
}

/** Best effort: when it fails, the letter is pending again at the lease's end. */
const giveBack = (deps: Deps, item: LeaseItem.Item, detail: string): Effect.Effect<void> =>
  persistently(deps.queue.release(item.id, item.token, { detail })).pipe(
    Effect.flatMap((released) => deps.publish("Released", released)),
    Effect.catchAll((error) =>
      error.reason === "stale"
        ? Effect.void
        : Effect.logWarning("a dead letter could not be released; it is pending again at its lease's end").pipe(
          Effect.annotateLogs({ deadLetter: item.id, error: error.message })
        )
    )
  )

const settle = (
  deps: Deps,
  item: LeaseItem.Item,
  exit: Exit.Exit<void, IntegrationError.IntegrationError | LeaseLost>
): Effect.Effect<DeadLetter, ReplayError> => {
  if (Exit.isSuccess(exit)) {
    return persistently(deps.queue.complete(item.id, item.token)).pipe(
      Effect.mapError((error) =>
        error.reason === "stale"
          ? refusal(item, "lease-lost", `dead letter ${item.id} was sent, but its lease had ended before that`)
          : storageError(error)
      ),
      Effect.tap((done) => deps.publish("Replayed", done)),
      Effect.flatMap(codec.toLetter)
    )
  }
  const failure = Cause.failureOption(exit.cause)
  if (Option.isSome(failure)) {
    const error = failure.value
    if (error._tag === "LeaseLost") {
      return refusal(item, "lease-lost", `the lease of dead letter ${item.id} was lost: ${error.message}`)
    }
    const settled = refusedLocally(error)
      ? giveBack(deps, item, describe(error))
      : settleFailure(deps, item, Option.some(error), describe(error))
    return Effect.zipRight(settled, Effect.fail(error))
  }
  const cause = Cause.stripFailures(exit.cause)
  return Cause.isInterruptedOnly(cause)
    ? Effect.zipRight(giveBack(deps, item, "interrupted"), Effect.failCause(cause))
    : Effect.zipRight(
      settleFailure(deps, item, Option.none(), KnownSecrets.scrub(`the replay died: ${Cause.pretty(cause)}`)),
      Effect.failCause(cause)
    )
}

const notAcquired = (
  deps: Deps,
  item: LeaseItem.Item,
  error: LeaseItem.LeaseQueueError
): Effect.Effect<never, DeadLetterNotFoundError | ReplayRefusedError | DeadLetterQueueError> => {
  switch (error.reason) {
    case "not-found":
      return new DeadLetterNotFoundError({ id: item.id })
    case "held":
      return refusal(item, "held", `dead letter ${item.id} has to wait: ${error.message}`)
    case "state":
      return Effect.flatMap(
        Effect.mapError(deps.queue.get(item.id), storageError),
        (found): Effect.Effect<never, DeadLetterNotFoundError | ReplayRefusedError> =>
          Option.isSome(found) ? refusedByState(found.value) : new DeadLetterNotFoundError({ id: item.id })
      )
    default:
      return storageError(error)
  }
}

/** Of an item that `prepare` has found fit to be sent. */
export const replay = (
  deps: Deps,
  item: LeaseItem.Item,
  replayer: Replayer,
  options: { readonly states: ReadonlyArray<"ready" | "parked" | "poison">; readonly ordered: boolean }
): Effect.Effect<DeadLetter, ReplayError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const leased = yield* persistently(deps.queue.acquire(item.id, {
        owner: `${deps.owner}/${orderedId.next(now)}`,
        lease: deps.lease,
        states: options.states,
        ordered: options.ordered
      })).pipe(Effect.catchAll((error) => notAcquired(deps, item, error)))
      yield* deps.publish("Replaying", leased)
      // it may have been edited in between
      const letter = yield* Effect.either(prepare(deps, leased))
      if (Either.isLeft(letter)) {
        yield* giveBack(deps, leased, letter.left.message)
        return yield* letter.left
      }
      const exit = yield* Effect.exit(
        restore(
          Effect.raceFirst(replayer(letter.right), Effect.interruptible(keepAlive(deps.queue, leased, deps.lease)))
        )
      )
      return yield* settle(deps, leased, exit)
    })
  )
