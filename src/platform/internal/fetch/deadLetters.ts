/**
 * The dead letters of one fetch, for a program without Effect.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import type { Engine, Lifecycle } from "./engine.js"

/** Of the letters of this fetch. */
export interface Filter extends Omit<DeadLetterQueue.Filter, "integration"> {}

export interface Page {
  readonly items: ReadonlyArray<DeadLetterQueue.DeadLetter>
  /** Hand it in as `after`; `undefined` on the last page. */
  readonly next: string | undefined
  /** Rows of this page that could not be decoded. */
  readonly undecodable: number
}

export interface ReplayAllOptions extends Omit<DeadLetterQueue.ReplayAllOptions, "onProgress"> {
  /** Called after each letter. */
  readonly onProgress?: ((progress: DeadLetterQueue.ReplayProgress) => void) | undefined
}

export interface Stats {
  readonly total: number
  readonly byState: { readonly [S in DeadLetterQueue.State]: number }
  readonly byErrorTag: { readonly [tag: string]: number }
  /** Milliseconds since the capture of the oldest letter that is not final; `undefined` when there is none. */
  readonly oldestAge: number | undefined
}

export interface DeadLetters {
  readonly get: (id: string) => Promise<DeadLetterQueue.DeadLetter>
  readonly list: (filter?: Filter, page?: DeadLetterQueue.PageOptions) => Promise<Page>
  readonly history: (id: string) => Promise<ReadonlyArray<DeadLetterQueue.LedgerEntry>>
  readonly replay: (id: string, options?: DeadLetterQueue.ReplayOptions) => Promise<DeadLetterQueue.DeadLetter>
  readonly replayAll: (filter?: Filter, options?: ReplayAllOptions) => Promise<DeadLetterQueue.ReplayReport>
  readonly discard: (id: string, reason: string) => Promise<DeadLetterQueue.DeadLetter>
  readonly unpark: (id: string) => Promise<DeadLetterQueue.DeadLetter>
  readonly purge: (olderThan: Duration.DurationInput) => Promise<number>
  readonly stats: (filter?: Filter) => Promise<Stats>
}

type Queue = Engine["deadLetters"]

export const make = (id: string, lifecycle: Lifecycle): DeadLetters => {
  const mine = (filter: Filter | undefined) => ({ ...filter, integration: id })

  const run = async <A, E>(f: (queue: Queue) => Effect.Effect<A, E>): Promise<A> => {
    const engine = await lifecycle.engine()
    const exit = await new Promise<Exit.Exit<A, E>>((resolve, reject) => {
      if (engine.fork(f(engine.deadLetters), resolve) === undefined) reject(lifecycle.disposed())
    })
    if (Exit.isSuccess(exit)) return exit.value
    throw Exit.isInterrupted(exit) ? lifecycle.disposed() : Cause.squash(exit.cause)
  }

  return {
    discard: (id, reason) => run((queue) => queue.discard(id, reason)),
    get: (id) => run((queue) => queue.get(id)),
    history: (id) => run((queue) => queue.history(id)),
    list: async (filter, page) => {
      const { items, next, undecodable } = await run((queue) => queue.list(mine(filter), page))
      return { items, next: Option.getOrUndefined(next), undecodable }
    },
    purge: (olderThan) => run((queue) => Effect.map(queue.purge({ olderThan }), ({ purged }) => purged)),
    replay: (id, options) => run((queue) => queue.replay(id, options)),
    replayAll: (filter, options = {}) => {
      const { onProgress, ...rest } = options
      return run((queue) =>
        queue.replayAll(mine(filter), {
          ...rest,
          ...(onProgress === undefined
            ? undefined
            : { onProgress: (progress) => Effect.sync(() => onProgress(progress)) })
        })
      )
    },
    stats: async (filter) => {
      const { byErrorTag, byState, oldestAge, total } = await run((queue) => queue.stats(mine(filter)))
      return { byErrorTag, byState, oldestAge: Option.getOrUndefined(Option.map(oldestAge, Duration.toMillis)), total }
    },
    unpark: (id) => run((queue) => queue.unpark(id))
  }
}
