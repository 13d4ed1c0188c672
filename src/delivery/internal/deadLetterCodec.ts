/** Dead letters as items of a lease queue, and back. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as IntegrationError from "../../core/IntegrationError.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import {
  DeadLetter,
  DeadLetterQueueError,
  DeadLetterRequest,
  type Filter,
  type Group,
  LedgerEntry,
  type NewDeadLetter,
  signatureOf,
  type State
} from "../DeadLetter.js"
import type * as LeaseItem from "../LeaseItem.js"

/** What has no column of its own. The error has one, since a replay replaces it. */
const Stored = Schema.Struct(
  Struct.pick(
    DeadLetter.fields,
    "request",
    "attempts",
    "firstAttemptAt",
    "lastAttemptAt",
    "correlationId",
    "tenantId",
    "connectionId",
    "userId",
    "idempotencyKey",
    "earlier",
    "metadata"
  )
)

type Stored = typeof Stored.Type

const encodeStored = Schema.encodeEither(Schema.parseJson(Stored))

export const decodeStored = Schema.decodeUnknownEither(Schema.parseJson(Stored))

const encodeIntegrationError = Schema.encodeEither(IntegrationError.IntegrationError)

const decodeError = Schema.decodeUnknownEither(Schema.parseJson(IntegrationError.IntegrationError))

const undecodable = (what: string) => (cause: unknown): DeadLetterQueueError =>
  new DeadLetterQueueError({ reason: "undecodable", message: what, cause })

/** JSON knows no infinity: a number that is not finite would come back as null, and fit no schema. */
const finite = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? Number.MAX_SAFE_INTEGER : value

const stringify = (value: unknown): Either.Either<string, unknown> => Either.try(() => JSON.stringify(value, finite))

/** What cannot be JSON in the details or the cause must not cost the letter. */
export const encodeError = (
  error: IntegrationError.IntegrationError
): Either.Either<string, DeadLetterQueueError> =>
  encodeIntegrationError(error).pipe(
    // errors of a replay have not been through a capture
    Either.map((encoded) => KnownSecrets.scrub(encoded)),
    Either.flatMap((encoded) =>
      Either.orElse(stringify(encoded), () => stringify({ ...encoded, details: undefined, cause: undefined }))
    ),
    Either.mapLeft(undecodable(`a ${error._tag} could not be encoded`))
  )

/** A replay may have been acted on as well; the mark stays, whatever later replays fail with. */
const Mark = Schema.Struct({ mayHaveBeenProcessed: Schema.optional(Schema.Boolean) })

const decodeMark = Schema.decodeUnknownEither(Schema.parseJson(Mark))

const isMarked = (item: LeaseItem.Item): boolean =>
  Either.match(decodeMark(item.lastError), {
    onLeft: () => false,
    onRight: (mark) => mark.mayHaveBeenProcessed === true
  })

/** The error of a failed replay, as it takes the place of the one before. */
export const encodeReplayError = (
  item: LeaseItem.Item,
  error: IntegrationError.IntegrationError
): Either.Either<string, DeadLetterQueueError> => {
  const idempotent = Either.match(decodeStored(item.payload), {
    onLeft: () => false,
    onRight: (stored) => stored.request.idempotent === true
  })
  const marked = !idempotent && (isMarked(item) || !IntegrationError.surelyNotProcessed(error))
  return marked
    ? Either.map(encodeError(error), (text) => JSON.stringify({ ...JSON.parse(text), mayHaveBeenProcessed: true }))
    : encodeError(error)
}

const storedOf = (letter: NewDeadLetter): Stored => ({
  request: letter.request,
  attempts: letter.attempts,
  firstAttemptAt: letter.firstAttemptAt,
  lastAttemptAt: letter.lastAttemptAt,
  correlationId: letter.correlationId,
  tenantId: letter.tenantId,
  connectionId: letter.connectionId,
  userId: letter.userId,
  idempotencyKey: letter.idempotencyKey,
  earlier: letter.earlier,
  metadata: letter.metadata
})

const encodeLetter = (stored: Stored): Either.Either<string, DeadLetterQueueError> =>
  Either.mapLeft(encodeStored(stored), undecodable("the letter could not be encoded"))

/** Keys are chosen by callers, so that two tenants may well choose the same. */
const dedupeKey = (letter: NewDeadLetter): string | undefined =>
  letter.idempotencyKey === ""
    ? undefined
    : JSON.stringify([
      letter.integration,
      letter.operation,
      letter.tenantId ?? "",
      letter.connectionId ?? "",
      letter.idempotencyKey
    ])

export const toNewItem = (
  queue: string,
  letter: NewDeadLetter
): Either.Either<LeaseItem.NewItem, DeadLetterQueueError> =>
  Either.map(
    Either.all({ payload: encodeLetter(storedOf(letter)), lastError: encodeError(letter.error) }),
    (encoded) => ({
      ...encoded,
      id: letter.id,
      queue,
      state: "parked",
      partitionKey: letter.partitionKey,
      dedupeKey: dedupeKey(letter),
      // Only a letter that is not final stands for its call: a call that fails anew after its replay is a new letter
      dedupeFor: 0,
      source: letter.integration,
      kind: letter.operation,
      reason: letter.error._tag,
      signature: signatureOf(letter.error)
    })
  )

/**
 * What a letter becomes when its call is captured once more. None: it is the same capture, whose answer was lost.
 */
export const recapture = (
  item: LeaseItem.Item,
  letter: NewDeadLetter
): Either.Either<LeaseItem.Patch | undefined, DeadLetterQueueError> => {
  const before = Either.getOrUndefined(decodeStored(item.payload))
  if (before !== undefined && DateTime.lessThanOrEqualTo(letter.lastAttemptAt, before.lastAttemptAt)) {
    return Either.right(undefined)
  }
  const now = storedOf(letter)
  const merged = before === undefined
    ? now
    : {
      ...now,
      attempts: before.attempts + now.attempts,
      firstAttemptAt: DateTime.min(before.firstAttemptAt, now.firstAttemptAt),
      // the call is the one whose request somebody has mended
      ...(before.earlier === undefined ? undefined : Struct.pick(before, "request", "idempotencyKey", "earlier"))
    }
  return Either.map(
    Either.all({ payload: encodeLetter(merged), lastError: encodeError(letter.error) }),
    (encoded) => ({
      ...encoded,
      reason: letter.error._tag,
      signature: signatureOf(letter.error),
      detail: "captured again"
    })
  )
}

/** Of an edit. */
export const replaceRequest = (
  letter: NewDeadLetter,
  detail: string
): Either.Either<LeaseItem.Patch, DeadLetterQueueError> =>
  Either.map(encodeLetter(storedOf(letter)), (payload) => ({ payload, detail }))

/** What is final is never sent again. */
export const isFinal = (state: State): boolean => state === "replayed" || state === "discarded"

const stateOf: { readonly [S in LeaseItem.State]: State } = {
  waiting: "pending",
  ready: "pending",
  parked: "pending",
  leased: "replaying",
  done: "replayed",
  poison: "parked",
  discarded: "discarded"
}

export const toState = (item: LeaseItem.Item): State => stateOf[item.state]

const itemStates: { readonly [S in State]: ReadonlyArray<LeaseItem.State> } = {
  // `ready` and `waiting` come to be only where somebody unparks the item past this face
  pending: ["parked", "ready", "waiting"],
  replaying: ["leased"],
  replayed: ["done"],
  parked: ["poison"],
  discarded: ["discarded"]
}

export const toLetter = (item: LeaseItem.Item): Either.Either<DeadLetter, DeadLetterQueueError> =>
  Either.mapBoth(
    Either.all({ stored: decodeStored(item.payload), error: decodeError(item.lastError) }),
    {
      onLeft: undecodable(`dead letter ${item.id} cannot be read by this version`),
      onRight: ({ error, stored }) =>
        // its parts have just been decoded: to check them once more costs more than to decode them
        new DeadLetter({
          ...stored,
          request: isMarked(item)
            ? new DeadLetterRequest({ ...stored.request, mayHaveBeenProcessed: true })
            : stored.request,
          id: item.id,
          integration: item.source,
          operation: item.kind,
          error,
          lastAttemptAt: item.attemptedAt === undefined
            ? stored.lastAttemptAt
            : DateTime.max(stored.lastAttemptAt, DateTime.unsafeMake(item.attemptedAt)),
          partitionKey: item.partitionKey,
          state: toState(item),
          replays: item.attempts,
          version: item.version,
          createdAt: DateTime.unsafeMake(item.createdAt),
          updatedAt: DateTime.unsafeMake(item.updatedAt)
        }, { disableValidation: true })
    }
  )

export const toGroup = (failure: LeaseItem.Failure): Group => ({
  integration: failure.source,
  operation: failure.kind,
  errorTag: failure.reason,
  signature: failure.signature,
  count: failure.items,
  firstSeen: DateTime.unsafeMake(failure.first),
  lastSeen: DateTime.unsafeMake(failure.last)
})

export const toLedgerEntry = (entry: LeaseItem.Entry): LedgerEntry =>
  new LedgerEntry({
    startedAt: entry.startedAt === undefined ? undefined : DateTime.unsafeMake(entry.startedAt),
    at: DateTime.unsafeMake(entry.at),
    owner: entry.owner,
    outcome: entry.outcome === "completed" ? "replayed" : entry.outcome,
    detail: entry.detail
  })

export const statesOf = (filter: Filter | undefined): ReadonlyArray<State> | undefined =>
  filter?.state === undefined || typeof filter.state !== "string" ? filter?.state : [filter.state]

export const toItemStates = (states: ReadonlyArray<State>): ReadonlyArray<LeaseItem.State> =>
  states.flatMap((state) => itemStates[state])

export const toQuery = (queue: string, filter: Filter | undefined, now: number): LeaseItem.Filter => {
  const states = statesOf(filter)
  return {
    queue,
    states: states === undefined ? undefined : toItemStates(states),
    source: filter?.integration,
    kind: filter?.operation,
    reason: filter?.errorTag,
    signature: filter?.signature,
    createdBefore: filter?.olderThan === undefined ? undefined : now - Duration.toMillis(filter.olderThan),
    createdAfter: filter?.newerThan === undefined ? undefined : now - Duration.toMillis(filter.newerThan)
  }
}
