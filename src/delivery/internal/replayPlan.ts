/** What a replay would do: counts from the indexes, and a look at the first letters one by one. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type DeadLetterQueueError, type Filter, State } from "../DeadLetter.js"
import type * as LeaseItem from "../LeaseItem.js"
import type {
  Ineligible,
  Options,
  Plan,
  PlanGroup,
  ReplayOptionsError,
  Selection,
  Settings,
  SkipReason
} from "../ReplayPlan.js"
import * as codec from "./deadLetterCodec.js"
import { storageError } from "./deadLetterReplay.js"
import * as Pages from "./replayPages.js"
import { defaultExamine, isIds, sendable, toSettings } from "./replaySettings.js"

const maxIds = 10

class Tally {
  private readonly found = new Map<SkipReason, { count: number; readonly ids: Array<string> }>()

  add(reason: SkipReason, count: number, id?: string): void {
    const entry = this.found.get(reason) ?? { count: 0, ids: [] }
    this.found.set(reason, entry)
    entry.count += count
    if (id !== undefined && entry.ids.length < maxIds) entry.ids.push(id)
  }

  get ineligible(): ReadonlyArray<Ineligible> {
    return Array.from(this.found, ([reason, entry]) => ({ reason, ...entry }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
  }
}

class Groups {
  private readonly found = new Map<string, PlanGroup>()

  add(group: PlanGroup): void {
    const key = JSON.stringify([group.integration, group.operation, group.state])
    this.found.set(key, { ...group, count: group.count + (this.found.get(key)?.count ?? 0) })
  }

  get all(): ReadonlyArray<PlanGroup> {
    return Array.from(this.found.values()).sort((a, b) => b.count - a.count)
  }
}

const countGroups = (
  deps: Pages.Deps,
  filter: Filter,
  now: number
): Effect.Effect<ReadonlyArray<PlanGroup>, LeaseItem.LeaseQueueError> =>
  Effect.gen(function*() {
    const query = codec.toQuery(deps.queueName, filter, now)
    const groups: Array<PlanGroup> = []
    for (const state of codec.statesOf(filter) ?? State.literals) {
      const states = codec.toItemStates([state])
      for (const integration of (yield* deps.queue.groups({ ...query, states }, "source")).keys()) {
        const operations = yield* deps.queue.groups({ ...query, states, source: integration }, "kind")
        for (const [operation, count] of operations) groups.push({ integration, operation, state, count })
      }
    }
    return groups
  })

/** What the indexes know of letters that are not sent. */
const tallyGroup = (deps: Pages.Deps, target: Pages.Target, group: PlanGroup, tally: Tally): void => {
  const reason = Pages.skippedByState(group.state, target) ??
    (deps.replayerOf(group.integration) === undefined ? "no-replayer" : undefined)
  if (reason !== undefined) tally.add(reason, group.count)
}

/** Whether an older letter of its key stands in its way, of those that were looked at before, or of others. */
const isHeld = (
  deps: Pages.Deps,
  item: LeaseItem.Item,
  keys: ReadonlyMap<string, boolean>
): Effect.Effect<boolean, LeaseItem.LeaseQueueError> =>
  item.partitionKey === undefined
    ? Effect.succeed(false)
    : Option.match(Option.fromNullable(keys.get(item.partitionKey)), {
      onNone: () =>
        Effect.catchIf(deps.queue.held(item.id), (error) => error.reason === "not-found", () => Effect.succeed(false)),
      onSome: Effect.succeed
    })

/** Looks at single letters, up to so many; gives their number. */
const examine = (
  deps: Pages.Deps,
  target: Pages.Target,
  settings: Settings,
  limit: number,
  onLetter: (item: LeaseItem.Item, reason: SkipReason | undefined) => void,
  onMissing: (id: string) => void
): Effect.Effect<number, DeadLetterQueueError> =>
  Effect.suspend(() => {
    /** Keys whose letters, from here on, are held. */
    const keys = new Map<string, boolean>()
    let examined = 0

    const look = (item: LeaseItem.Item): Effect.Effect<void, DeadLetterQueueError> =>
      Effect.gen(function*() {
        const reason = Pages.skippedByState(codec.toState(item), target) ??
          (deps.replayerOf(item.source) === undefined
            ? "no-replayer"
            : yield* Pages.skippedAsItIs(deps, item, settings))
        const held = reason === undefined && (yield* Effect.mapError(isHeld(deps, item, keys), storageError))
        // what is final already holds nobody
        if (item.partitionKey !== undefined && reason !== "final") {
          keys.set(item.partitionKey, held || reason !== undefined || keys.get(item.partitionKey) === true)
        }
        examined++
        onLetter(item, held ? "held" : reason)
      })

    return Pages.pages(deps, target).pipe(
      Stream.mapEffect((page) =>
        Effect.gen(function*() {
          for (const found of page) {
            if (examined >= limit) break
            if (found._tag === "Found") yield* look(found.item)
            else onMissing(found.id)
          }
        })
      ),
      Stream.takeUntil(() => examined >= limit),
      Stream.runDrain,
      Effect.map(() => examined)
    )
  })

export const plan = (
  deps: Pages.Deps,
  selection: Selection,
  options: Options
): Effect.Effect<Plan, DeadLetterQueueError | ReplayOptionsError> =>
  Effect.gen(function*() {
    const settings = yield* toSettings(options)
    const now = yield* Clock.currentTimeMillis
    const upTo = yield* Effect.mapError(deps.queue.watermark, storageError)
    const target: Pages.Target = { selection, states: sendable(selection, settings), now, upTo }
    const groups = new Groups()
    const tally = new Tally()
    const byIds = isIds(selection)

    if (!byIds) {
      for (const group of yield* Effect.mapError(countGroups(deps, selection, now), storageError)) {
        groups.add(group)
        tallyGroup(deps, target, group, tally)
      }
    }
    const examined = yield* examine(
      deps,
      target,
      settings,
      byIds ? Number.POSITIVE_INFINITY : options.examine ?? defaultExamine,
      (item, reason) => {
        if (byIds) {
          groups.add({ integration: item.source, operation: item.kind, state: codec.toState(item), count: 1 })
        }
        // that of a whole group is counted already
        if (reason !== undefined) tally.add(reason, byIds || reason !== "no-replayer" ? 1 : 0, item.id)
      },
      (id) => tally.add("not-found", 1, id)
    )

    const { ineligible } = tally
    const sum = (counts: ReadonlyArray<{ readonly count: number }>) => counts.reduce((sum, { count }) => sum + count, 0)
    const selected = byIds ? Pages.uniqueIds(selection).length : sum(groups.all)
    const eligible = Math.max(selected - sum(ineligible), 0)
    return {
      selection,
      settings,
      plannedAt: DateTime.unsafeMake(now),
      upTo,
      selected,
      eligible,
      ineligible,
      groups: groups.all,
      examined,
      estimated: Option.map(settings.rate, (rate) => Duration.seconds(eligible / rate))
    }
  })
