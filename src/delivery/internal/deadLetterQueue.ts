/** The dead letter queue over a lease queue. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as IntegrationError from "../../core/IntegrationError.js"
import {
  type Change,
  type DeadLetter,
  DeadLetterNotFoundError,
  type DeadLetterQueueError,
  DeadLetterStateError,
  type Filter,
  type Group,
  type LedgerEntry,
  type NewDeadLetter,
  type Page,
  type PageOptions,
  type ReplayAllOptions,
  type Replayer,
  type ReplayOptions,
  type ReplayRefusedError,
  type ReplayReport,
  signatureOf,
  type Stats
} from "../DeadLetter.js"
import type { Edit, EditOptions, EditRefusedError, PurgeOptions, PurgeReport } from "../DeadLetterEdit.js"
import { PurgeRefusedError } from "../DeadLetterEdit.js"
import type * as LeaseItem from "../LeaseItem.js"
import * as LeaseQueue from "../LeaseQueue.js"
import type { Job, Options as ReplayPlanOptions, Plan, ReplayOptionsError, Selection } from "../ReplayPlan.js"
import * as codec from "./deadLetterCodec.js"
import * as Editing from "./deadLetterEdit.js"
import * as replaying from "./deadLetterReplay.js"
import * as Sealing from "./deadLetterSealing.js"
import { persistently } from "./leaseKeeper.js"
import * as orderedId from "./orderedId.js"
import * as replayJob from "./replayJob.js"
import { plan } from "./replayPlan.js"

/** Of ids that were logged as undecodable, so that a list that is read every second does not fill the log. */
const maxRemembered = 1000

const labelsOf = (id: string, letter: NewDeadLetter) => ({
  id,
  source: letter.integration,
  kind: letter.operation,
  signature: signatureOf(letter.error)
})

export interface Options {
  readonly maxReplays?: number | undefined
  readonly lease?: Duration.DurationInput | undefined
  readonly queue?: string | undefined
  readonly owner?: string | undefined
}

export const make = (options: Options) =>
  Effect.gen(function*() {
    const queue = yield* LeaseQueue.LeaseQueue
    const sealing = yield* Sealing.make
    const queueName = options.queue ?? "dead-letters"
    const changes = yield* Effect.acquireRelease(PubSub.sliding<Change>(1024), PubSub.shutdown)
    const replayers = new Map<string, Array<Replayer>>()
    const unreadable = new Set<string>()

    const publish = (
      tag: Change["_tag"],
      item: Pick<LeaseItem.Item, "id" | "source" | "kind" | "signature">
    ): Effect.Effect<void> =>
      Effect.flatMap(DateTime.now, (at) =>
        PubSub.publish(changes, {
          _tag: tag,
          id: item.id,
          integration: item.source,
          operation: item.kind,
          signature: item.signature,
          at
        }))

    const deps: replaying.Deps = {
      queue,
      owner: options.owner ?? `worker:${orderedId.next(yield* Clock.currentTimeMillis)}`,
      lease: Math.max(Duration.toMillis(options.lease ?? "30 seconds"), 1),
      maxReplays: options.maxReplays ?? 10,
      open: sealing.open,
      publish
    }

    const undecodable = (item: LeaseItem.Item, error: DeadLetterQueueError): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (unreadable.has(item.id) || unreadable.size >= maxRemembered) {
          return Effect.void
        }
        unreadable.add(item.id)
        return Effect.annotateLogs(Effect.logWarning(error.message, error.cause), { deadLetter: item.id })
      })

    const find = (id: string): Effect.Effect<LeaseItem.Item, DeadLetterNotFoundError | DeadLetterQueueError> =>
      Effect.flatMap(Effect.mapError(queue.get(id), replaying.storageError), (found) =>
        Option.isSome(found) && found.value.queue === queueName
          ? Effect.succeed(found.value)
          : new DeadLetterNotFoundError({ id }))

    const read = (item: LeaseItem.Item): Effect.Effect<DeadLetter, DeadLetterQueueError> =>
      Either.match(codec.toLetter(item), {
        onLeft: (error) =>
          Effect.zipRight(undecodable(item, error), Effect.fail(error)),
        onRight: Effect.succeed
      })

    /** Brings the letter of a call that was captured before up to date. `false`: it has become final meanwhile. */
    const recapture = (id: string, letter: NewDeadLetter): Effect.Effect<boolean, DeadLetterQueueError> =>
      Effect.gen(function*() {
        // encrypted for a letter that the call does not have any more, it could be read by nobody
        if (letter.id !== id && Sealing.isSealed(letter.request)) {
          return true
        }
        const item = Option.getOrUndefined(yield* Effect.mapError(queue.get(id), replaying.storageError))
        if (item === undefined || codec.isFinal(codec.toState(item))) {
          return false
        }
        const patch = item.state === "leased"
          ? undefined
          : yield* codec.recapture(item, yield* sealing.seal({ ...letter, id }))
        if (patch === undefined) {
          return true
        }
        return yield* queue.edit(id, item.version, patch).pipe(
          Effect.flatMap((edited) =>
            Effect.as(publish("Captured", edited), true)
          ),
          // Somebody else changed it in between: look again
          Effect.catchIf(
            (error) => error.reason === "version" || error.reason === "state" || error.reason === "not-found",
            () => recapture(id, letter)
          ),
          Effect.mapError((error) => error._tag === "LeaseQueueError" ? replaying.storageError(error) : error)
        )
      })

    const capture = (letter: NewDeadLetter): Effect.Effect<string, DeadLetterQueueError> =>
      Effect.gen(function*() {
        const item = yield* codec.toNewItem(queueName, yield* sealing.seal(letter))
        const [offered] = yield* Effect.mapError(queue.offer([item]), replaying.storageError)
        if (offered === undefined) {
          return yield* Effect.dieMessage("a lease queue gave no answer to an offer")
        }
        if (offered.created) {
          yield* publish("Captured", labelsOf(offered.id, letter))
          return offered.id
        }
        // one that was captured under this id before, and has become final, is not captured anew
        return offered.id === letter.id || (yield* recapture(offered.id, letter)) ? offered.id : yield* capture(letter)
      })

    const restore = (
      letters: ReadonlyArray<DeadLetter>
    ): Effect.Effect<ReadonlyArray<boolean>, DeadLetterQueueError> =>
      Effect.gen(function*() {
        const items = yield* Effect.forEach(
          letters,
          (letter) =>
            Effect.map(
              Effect.flatMap(sealing.seal(letter), (sealed) => codec.toNewItem(queueName, sealed)),
              // in one step: a letter that is only parked later would be sent if that never came
              (item) => letter.state === "parked" ? { ...item, state: "poison" as const } : item
            )
        )
        const offered = yield* Effect.mapError(queue.offer(items), replaying.storageError)
        for (const [index, letter] of letters.entries()) {
          const { created, id } = offered[index] ?? { created: false, id: letter.id }
          if (created) yield* publish("Captured", labelsOf(id, letter))
        }
        return offered.map(({ created }) => created)
      })

    const list = (filter?: Filter, page?: PageOptions): Effect.Effect<Page, DeadLetterQueueError> =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const { items, next } = yield* Effect.mapError(
          queue.list(codec.toQuery(queueName, filter, now), {
            limit: page?.limit,
            after: page?.after,
            direction: page?.order === "newest" ? "desc" : "asc"
          }),
          replaying.storageError
        )
        const letters: Array<DeadLetter> = []
        for (const item of items) {
          const letter = codec.toLetter(item)
          if (Either.isRight(letter)) letters.push(letter.right)
          else yield* undecodable(item, letter.left)
        }
        return { items: letters, next, undecodable: items.length - letters.length }
      })

    const register = (integration: string, replayer: Replayer): Effect.Effect<void, never, Scope.Scope> =>
      Effect.suspend(() => {
        // A function of its own, so that the same replayer may be registered twice
        const entry: Replayer = (letter) => replayer(letter)
        return Effect.acquireRelease(
          Effect.sync(() => {
            replayers.set(integration, [...replayers.get(integration) ?? [], entry])
          }),
          () =>
            Effect.sync(() => {
              const rest = (replayers.get(integration) ?? []).filter((other) => other !== entry)
              if (rest.length === 0) replayers.delete(integration)
              else replayers.set(integration, rest)
            })
        )
      })

    const replayerOf = (integration: string): Replayer | undefined => replayers.get(integration)?.at(-1)

    const replay = (
      id: string,
      options?: ReplayOptions
    ): Effect.Effect<
      DeadLetter,
      IntegrationError.IntegrationError | DeadLetterNotFoundError | ReplayRefusedError | DeadLetterQueueError
    > =>
      Effect.gen(function*() {
        const item = yield* find(id)
        const forced = options?.force === true
        if (item.state === "poison" ? !forced : item.state !== "parked" && item.state !== "ready") {
          return yield* replaying.refusedByState(item)
        }
        yield* read(item)
        const replayer = replayerOf(item.source)
        if (replayer === undefined) {
          return yield* replaying.noReplayer(item)
        }
        yield* replaying.prepare(deps, item)
        return yield* replaying.replay(deps, item, replayer, {
          states: forced ? ["ready", "parked", "poison"] : ["ready", "parked"],
          ordered: false
        })
      })

    /** A decision on a letter, with its refusal told in the letter's terms. */
    const decide = <E = never>(
      id: string,
      change: Change["_tag"],
      step: Effect.Effect<LeaseItem.Item, LeaseItem.LeaseQueueError>,
      refusedAs: (error: LeaseItem.LeaseQueueError) => E | undefined = () => undefined
    ): Effect.Effect<DeadLetter, E | DeadLetterNotFoundError | DeadLetterStateError | DeadLetterQueueError> =>
      Effect.gen(function*() {
        yield* find(id)
        const decided = yield* Effect.either(step)
        if (Either.isRight(decided)) {
          yield* publish(change, decided.right)
          return yield* read(decided.right)
        }
        const refused = refusedAs(decided.left)
        if (refused !== undefined) {
          return yield* Effect.fail(refused)
        }
        if (decided.left.reason !== "state") {
          return yield* decided.left.reason === "not-found"
            ? new DeadLetterNotFoundError({ id })
            : replaying.storageError(decided.left)
        }
        const state = codec.toState(yield* find(id))
        return yield* new DeadLetterStateError({ id, state, message: `dead letter ${id} is ${state}` })
      }).pipe(Effect.uninterruptible)

    const edit = (
      id: string,
      change: Edit,
      options: EditOptions
    ): Effect.Effect<
      DeadLetter,
      EditRefusedError | DeadLetterNotFoundError | DeadLetterStateError | DeadLetterQueueError
    > =>
      Effect.gen(function*() {
        const letter = yield* Effect.flatMap(find(id), read)
        const edited = yield* Editing.apply(letter, change, options, yield* Clock.currentTimeMillis)
        const patch = yield* codec.replaceRequest(yield* sealing.seal(edited), Editing.describe(change, options))
        return yield* decide(
          id,
          "Edited",
          persistently(queue.edit(id, options.version, patch)),
          ({ reason }) => reason === "version" ? Editing.outdated(id, options) : undefined
        )
      })

    const purge = (options: PurgeOptions): Effect.Effect<PurgeReport, PurgeRefusedError | DeadLetterQueueError> =>
      Effect.gen(function*() {
        const { errorTag: reason, integration: source, operation: kind, signature } = options.filter ?? {}
        const count = (state: "done" | "discarded", meant: boolean) =>
          meant
            ? Effect.mapError(
              queue.purge({
                queue: queueName,
                states: [state],
                olderThan: options.olderThan,
                source,
                kind,
                reason,
                signature,
                dryRun: options.dryRun
              }),
              replaying.storageError
            )
            : Effect.succeed(0)
        const states = codec.statesOf(options.filter) ?? ["replayed", "discarded"]
        const live = states.filter((state) => !codec.isFinal(state))
        if (live.length > 0) {
          return yield* new PurgeRefusedError({
            states: live,
            message:
              `a purge takes no letter that is ${live.join(" or ")}: only replayed and discarded ones are final; ` +
              "discard what is not to be sent, and purge it then"
          })
        }
        const replayed = yield* count("done", states.includes("replayed"))
        const discarded = yield* count("discarded", states.includes("discarded"))
        return { purged: replayed + discarded, replayed, discarded }
      })

    const selecting = { ...deps, queueName, replayerOf, scope: yield* Effect.scope, undecodable }

    const stats = (filter?: Filter): Effect.Effect<Stats, DeadLetterQueueError> =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const query = codec.toQuery(queueName, filter, now)
        const states = yield* queue.groups(query, "state")
        const integrations = yield* queue.groups(query, "source")
        const tags = yield* queue.groups(query, "reason")
        const live = codec.toItemStates(["pending", "replaying", "parked"])
        const oldest = yield* queue.list({
          ...query,
          states: query.states === undefined ? live : query.states.filter((state) => live.includes(state))
        }, { limit: 1 })
        const count = (...names: ReadonlyArray<LeaseItem.State>) =>
          names.reduce((sum, name) => sum + (states.get(name) ?? 0), 0)
        return {
          total: Array.from(states.values()).reduce((sum, items) => sum + items, 0),
          byState: {
            pending: count(...codec.toItemStates(["pending"])),
            replaying: count("leased"),
            replayed: count("done"),
            parked: count("poison"),
            discarded: count("discarded")
          },
          byIntegration: Object.fromEntries(integrations),
          byErrorTag: Object.fromEntries(tags),
          oldestAge: Option.map(
            Option.fromNullable(oldest.items[0]),
            (item) => Duration.millis(Math.max(now - item.createdAt, 0))
          ),
          undecodable: unreadable.size
        }
      }).pipe(Effect.mapError(replaying.storageError))

    return {
      capture: (letter: NewDeadLetter) => Effect.uninterruptible(capture(letter)),
      restore: (letters: ReadonlyArray<DeadLetter>) => Effect.uninterruptible(restore(letters)),
      get: (id: string) => Effect.flatMap(find(id), read),
      list,
      stream: (filter?: Filter): Stream.Stream<DeadLetter, DeadLetterQueueError> =>
        Stream.paginateChunkEffect(Option.none<string>(), (after) =>
          Effect.map(
            list(filter, { limit: 200, after: Option.getOrUndefined(after) }),
            (page) => [Chunk.unsafeFromArray(page.items), Option.map(page.next, Option.some)]
          )),
      history: (
        id: string
      ): Effect.Effect<ReadonlyArray<LedgerEntry>, DeadLetterNotFoundError | DeadLetterQueueError> =>
        Effect.zipRight(
          find(id),
          Effect.mapBoth(queue.history(id), {
            onFailure: replaying.storageError,
            onSuccess: (entries) => entries.map(codec.toLedgerEntry)
          })
        ),
      register,
      replay,
      replayAll: (filter?: Filter, options?: ReplayAllOptions): Effect.Effect<ReplayReport, DeadLetterQueueError> =>
        replayJob.replayAll(selecting, filter ?? {}, options),
      planReplay: (
        selection: Selection,
        options?: ReplayPlanOptions
      ): Effect.Effect<Plan, DeadLetterQueueError | ReplayOptionsError> => plan(selecting, selection, options ?? {}),
      startReplay: (plan: Plan): Effect.Effect<Job, never, Scope.Scope> => replayJob.start(selecting, plan),
      edit,
      park: (id: string, reason: string) => decide(id, "Parked", queue.park(id, { detail: reason })),
      discard: (id: string, reason: string) => decide(id, "Discarded", queue.discard(id, { detail: reason })),
      unpark: (id: string) => decide(id, "Released", queue.unpark(id, { to: "parked" })),
      purge,
      sweep: Effect.mapError(queue.sweep({ queue: queueName, limit: 500 }), replaying.storageError),
      groups: (filter?: Filter): Effect.Effect<ReadonlyArray<Group>, DeadLetterQueueError> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.mapBoth(queue.failures(codec.toQuery(queueName, filter, now)), {
            onFailure: replaying.storageError,
            onSuccess: (failures) =>
              failures.map(codec.toGroup)
          })),
      stats,
      changes: Stream.fromPubSub(changes),
      subscribe: PubSub.subscribe(changes)
    }
  })
