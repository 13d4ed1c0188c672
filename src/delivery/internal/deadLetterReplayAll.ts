/** A replay of many letters: page by page over what was there when it began. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as IntegrationError from "../../core/IntegrationError.js"
import type {
  DeadLetterQueueError,
  Filter,
  ReplayAllOptions,
  Replayer,
  ReplayProgress,
  ReplayReport,
  State
} from "../DeadLetter.js"
import type * as LeaseItem from "../LeaseItem.js"
import * as codec from "./deadLetterCodec.js"
import { type Deps, refusedLocally, replay, storageError } from "./deadLetterReplay.js"

const pageSize = 100

/** Stands between the run and one integration while that refuses calls locally. */
interface Gate {
  closed: boolean
  opensAt: number
  pausesInARow: number
}

/** Lists of letters that go one after the other; the lists themselves may go side by side. */
const lanes = (items: ReadonlyArray<LeaseItem.Item>): ReadonlyArray<ReadonlyArray<LeaseItem.Item>> => {
  const lanes: Array<Array<LeaseItem.Item>> = []
  const byKey = new Map<string, Array<LeaseItem.Item>>()
  for (const item of items) {
    const lane = item.partitionKey === undefined ? undefined : byKey.get(item.partitionKey)
    if (lane !== undefined) {
      lane.push(item)
    } else {
      const fresh = [item]
      lanes.push(fresh)
      if (item.partitionKey !== undefined) byKey.set(item.partitionKey, fresh)
    }
  }
  return lanes
}

const replayable = (filter: Filter | undefined): ReadonlyArray<State> =>
  (codec.statesOf(filter) ?? ["pending"]).filter((state) => state === "pending" || state === "parked")

export const replayAll = (
  deps: Deps & {
    readonly queueName: string
    readonly replayerOf: (integration: string) => Replayer | undefined
    readonly undecodable: (item: LeaseItem.Item, error: DeadLetterQueueError) => Effect.Effect<void>
  },
  filter: Filter | undefined,
  options: ReplayAllOptions | undefined
): Effect.Effect<ReplayReport, DeadLetterQueueError> =>
  Effect.gen(function*() {
    const maxPause = Duration.toMillis(options?.maxPause ?? "1 minute")
    const maxPauses = options?.maxPauses ?? 10
    const states = replayable(filter)
    const acquirable = states.includes("parked")
      ? ["ready", "parked", "poison"] as const
      : ["ready", "parked"] as const
    const gates = new Map<string, Gate>()
    const counts = { selected: 0, replayed: 0, failed: 0, skipped: 0 }

    const gateOf = (integration: string): Gate => {
      const gate = gates.get(integration) ?? { closed: false, opensAt: 0, pausesInARow: 0 }
      gates.set(integration, gate)
      return gate
    }

    const refusedBy = (gate: Gate, error: IntegrationError.IntegrationError): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (error._tag === "UnavailableError" && error.retryAfter === undefined) {
          gate.closed = true
        } else if (now >= gate.opensAt) {
          // Those in flight beside it meet the same refusal, which is then not one more
          const asked = Duration.toMillis(error.retryAfter ?? Duration.seconds(1))
          gate.pausesInARow++
          gate.closed = gate.pausesInARow > maxPauses
          gate.opensAt = now + Math.min(Math.max(asked, 50), maxPause)
        }
      })

    const send = (
      item: LeaseItem.Item,
      replayer: Replayer,
      gate: Gate
    ): Effect.Effect<ReplayProgress["outcome"], DeadLetterQueueError> =>
      Effect.gen(function*() {
        if (gate.closed) {
          return "skipped"
        }
        const pause = gate.opensAt - (yield* Clock.currentTimeMillis)
        if (pause > 0) {
          yield* Effect.sleep(pause)
          return yield* send(item, replayer, gate)
        }
        const result = yield* Effect.either(replay(deps, item, replayer, { states: acquirable, ordered: true }))
        if (Either.isRight(result)) {
          gate.pausesInARow = 0
          return "replayed"
        }
        const error = result.left
        switch (error._tag) {
          case "DeadLetterQueueError":
            return error.reason === "undecodable" || error.reason === "encrypted" ? "skipped" : yield* error
          case "DeadLetterNotFoundError":
          case "ReplayRefusedError":
            return "skipped"
          default:
            if (!refusedLocally(error)) {
              return "failed"
            }
            yield* refusedBy(gate, error)
            return yield* send(item, replayer, gate)
        }
      })

    const one = (item: LeaseItem.Item): Effect.Effect<void, DeadLetterQueueError> =>
      Effect.gen(function*() {
        const letter = codec.toLetter(item)
        if (Either.isLeft(letter)) yield* deps.undecodable(item, letter.left)
        const replayer = deps.replayerOf(item.source)
        const outcome = replayer === undefined || Either.isLeft(letter)
          ? "skipped"
          : yield* send(item, replayer, gateOf(item.source))
        counts.selected++
        counts[outcome]++
        if (options?.onProgress !== undefined) {
          yield* options.onProgress({ ...counts, id: item.id, outcome })
        }
      })

    const now = yield* Clock.currentTimeMillis
    const upTo = yield* Effect.mapError(deps.queue.watermark, storageError)
    const query: LeaseItem.Filter = {
      ...codec.toQuery(deps.queueName, filter, now),
      states: codec.toItemStates(states),
      upTo
    }
    let after: string | undefined = undefined
    do {
      const page: LeaseItem.Page = yield* Effect.mapError(
        deps.queue.list(query, { limit: pageSize, after }),
        storageError
      )
      yield* Effect.forEach(lanes(page.items), (lane) => Effect.forEach(lane, one, { discard: true }), {
        concurrency: options?.concurrency ?? 4,
        discard: true
      })
      after = page.next._tag === "Some" ? page.next.value : undefined
    } while (after !== undefined)
    return counts
  })
