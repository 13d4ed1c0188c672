/** The letters of a selection, page by page, oldest first: what a plan looks at, and what a run sends. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type {
  DeadLetter,
  DeadLetterNotFoundError,
  DeadLetterQueueError,
  Replayer,
  ReplayRefusedError,
  State
} from "../DeadLetter.js"
import type * as LeaseItem from "../LeaseItem.js"
import type { Selection, Settings, SkipReason } from "../ReplayPlan.js"
import * as codec from "./deadLetterCodec.js"
import * as replaying from "./deadLetterReplay.js"
import { isIds } from "./replaySettings.js"

const pageSize = 100

export interface Deps extends replaying.Deps {
  readonly queueName: string
  readonly replayerOf: (integration: string) => Replayer | undefined
  readonly undecodable: (item: LeaseItem.Item, error: DeadLetterQueueError) => Effect.Effect<void>
}

export interface Target {
  readonly selection: Selection
  /** In which a letter is sent. */
  readonly states: ReadonlyArray<State>
  /** Ages in the filter are counted from here, epoch milliseconds. */
  readonly now: number
  readonly upTo: number
}

/** There is no letter of this id. */
export interface Missing {
  readonly _tag: "Missing"
  readonly id: string
}

export type Found = { readonly _tag: "Found"; readonly item: LeaseItem.Item } | Missing

const found = (item: LeaseItem.Item): Found => ({ _tag: "Found", item })

/** As many as were named, once each; ids are ordered by time. */
export const uniqueIds = (ids: ReadonlyArray<string>): ReadonlyArray<string> => Array.from(new Set(ids)).sort()

const ofIds = (deps: Deps, ids: ReadonlyArray<string>): Stream.Stream<ReadonlyArray<Found>, DeadLetterQueueError> =>
  Stream.mapEffect(
    Stream.fromIterable(Arr.chunksOf(uniqueIds(ids), pageSize)),
    (ids) =>
      Effect.forEach(ids, (id) =>
        Effect.mapBoth(deps.queue.get(id), {
          onFailure: replaying.storageError,
          onSuccess: (item): Found =>
            Option.isSome(item) && item.value.queue === deps.queueName ? found(item.value) : { _tag: "Missing", id }
        }), { concurrency: 8 })
  )

/** Only letters that are in a state to be sent, where there is a filter; all that are named, where there are ids. */
export const pages = (deps: Deps, target: Target): Stream.Stream<ReadonlyArray<Found>, DeadLetterQueueError> => {
  if (isIds(target.selection)) {
    return ofIds(deps, target.selection)
  }
  const query: LeaseItem.Filter = {
    ...codec.toQuery(deps.queueName, target.selection, target.now),
    states: codec.toItemStates(target.states),
    upTo: target.upTo
  }
  return Stream.paginateEffect(
    Option.none<string>(),
    (after) =>
      Effect.mapBoth(deps.queue.list(query, { limit: pageSize, after: Option.getOrUndefined(after) }), {
        onFailure: replaying.storageError,
        onSuccess: ({ items, next }) => [items.map(found), Option.map(next, Option.some)] as const
      })
  )
}

/** Why a letter in this state is not sent. */
export const skippedByState = (state: State, target: Target): SkipReason | undefined => {
  if (target.states.includes(state)) {
    return undefined
  }
  switch (state) {
    case "replaying":
      return "claimed"
    case "parked":
      return "parked"
    default:
      return "final"
  }
}

/** What the refusal of a replay means for one of many. */
export const skippedFor = (
  error: DeadLetterNotFoundError | ReplayRefusedError | DeadLetterQueueError
): SkipReason => {
  switch (error._tag) {
    case "DeadLetterNotFoundError":
      return "not-found"
    case "DeadLetterQueueError":
      return error.reason === "encrypted" ? "encrypted" : "undecodable"
    case "ReplayRefusedError":
      return error.reason === "not-pending" ? "final" : error.reason
  }
}

/** Why a letter is not sent as it is. */
export const skippedAsItIs = (
  deps: Deps,
  item: LeaseItem.Item,
  settings: Settings
): Effect.Effect<SkipReason | undefined> =>
  Effect.gen(function*() {
    const letter = yield* Effect.either(replaying.prepare(deps, item))
    if (Either.isRight(letter)) {
      return isUncertain(letter.right) && settings.uncertain === "skip" ? "uncertain" : undefined
    }
    const { left } = letter
    if (left.reason === "undecodable") yield* deps.undecodable(item, left)
    return skippedFor(left)
  })

const isUncertain = ({ request }: DeadLetter): boolean =>
  request.mayHaveBeenProcessed === true && request.idempotent !== true
