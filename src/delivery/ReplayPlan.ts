/**
 * What a replay of many letters is: planned first, as data that can be looked at, and run then as a job.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Subscribable from "effect/Subscribable"
import type { DeadLetterQueueError, Filter, State } from "./DeadLetter.js"

/**
 * Which letters are meant: those of a filter, or those of these ids.
 *
 * @since 0.1.0
 * @category models
 */
export type Selection = Filter | ReadonlyArray<string>

/**
 * Ends a job before it makes things worse: as soon as, among the last `over` replays, at least this share has failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface StopRule {
  /** Above 0 and up to 1. */
  readonly errorRatio: number
  /** Nothing is judged before so many replays have ended. */
  readonly over: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Letters sent per second, at most. Default: no cap but those of the integration's own stack. */
  readonly rate?: number | undefined
  /** Letters in flight at once; letters of one partition key never are. Default 4. */
  readonly concurrency?: number | undefined
  /** Also letters that are parked. Default `false`; a filter that names the state says so, too. */
  readonly force?: boolean | undefined
  /**
   * What becomes of a letter whose call may have been acted on, of an operation that is not idempotent. `skip` leaves it
   * to somebody who can look at what the provider has; `send` may do it twice. Default `skip`.
   */
  readonly uncertain?: "skip" | "send" | undefined
  /** Default `{ errorRatio: 0.5, over: 20 }`; `false`: go on whatever happens. */
  readonly stopWhen?: StopRule | false | undefined
  /** The longest pause for an open breaker or another local refusal. Default `1 minute`. */
  readonly maxPause?: Duration.DurationInput | undefined
  /** Pauses in a row, per integration, before the rest of its letters is skipped. Default 10. */
  readonly maxPauses?: number | undefined
  /**
   * Of all the jobs of this name over one store, whichever processes run them, only one does at a time: another one ends
   * at once, as `Elsewhere`. Default: any number.
   */
  readonly exclusive?: string | undefined
  /**
   * Letters that a plan looks at one by one, for what no index knows. Counts are exact whatever it is; reasons of single
   * letters are found among these. Default 10,000.
   */
  readonly examine?: number | undefined
}

/**
 * The options of a plan with their defaults.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly rate: Option.Option<number>
  readonly concurrency: number
  readonly force: boolean
  readonly uncertain: "skip" | "send"
  readonly stopWhen: Option.Option<StopRule>
  readonly maxPause: Duration.Duration
  readonly maxPauses: number
  readonly exclusive: Option.Option<string>
}

/**
 * Why a letter is not sent.
 *
 * - `no-replayer`: no replayer is registered for its integration in this program; provide its layer
 * - `parked`: failed too many replays, or parked by hand; `force` sends it all the same
 * - `claimed`: another worker replays it at this moment
 * - `held`: an older letter of its partition key comes first, and is not sent either
 * - `final`: replayed or discarded
 * - `uncertain`: it may have been acted on, and its operation is not idempotent; `uncertain: "send"` sends it
 * - `redacted`: a part of its request was not stored; edit it and put it back
 * - `encrypted`: its body cannot be decrypted by this program
 * - `undecodable`: its row cannot be read by this version
 * - `not-found`: there is no letter of this id
 * - `refused`: in a run only: its integration went on refusing calls locally, an open breaker in the first place
 * - `lease-lost`: in a run only: its lease ended before the replay did; it may have been sent
 *
 * @since 0.1.0
 * @category models
 */
export type SkipReason =
  | "no-replayer"
  | "parked"
  | "claimed"
  | "held"
  | "final"
  | "uncertain"
  | "redacted"
  | "encrypted"
  | "undecodable"
  | "not-found"
  | "refused"
  | "lease-lost"

/**
 * @since 0.1.0
 * @category models
 */
export interface PlanGroup {
  readonly integration: string
  readonly operation: string
  readonly state: State
  readonly count: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Ineligible {
  readonly reason: SkipReason
  readonly count: number
  /** The first of them that were looked at, ten at most. */
  readonly ids: ReadonlyArray<string>
}

/**
 * What a replay would do. It holds no letters, so that it is as small for a million of them as for one: the selection,
 * the moment up to which letters belong to it, and counts.
 *
 * Letters are sent oldest first, and those of one partition key one after the other.
 *
 * @since 0.1.0
 * @category models
 */
export interface Plan {
  readonly selection: Selection
  readonly settings: Settings
  /** Ages in the filter are counted from here. */
  readonly plannedAt: DateTime.Utc
  /** Stands for what had been captured by then: what comes later is no part of it. */
  readonly upTo: number
  /** Letters that are meant: `eligible` and those of `ineligible`. */
  readonly selected: number
  /** Letters that would be sent; at most that many where not all were examined. */
  readonly eligible: number
  readonly ineligible: ReadonlyArray<Ineligible>
  /** What was selected, the largest group first. */
  readonly groups: ReadonlyArray<PlanGroup>
  /** Letters that were looked at one by one. */
  readonly examined: number
  /** At the rate of the plan, where it has one: it takes no less. */
  readonly estimated: Option.Option<Duration.Duration>
}

/**
 * Why a job has ended.
 *
 * - `Done`: it has been through all its letters
 * - `Cancelled`: by hand
 * - `Stopped`: too many of the last replays failed
 * - `Elsewhere`: a job of its exclusive name runs in another process, or has taken over
 *
 * @since 0.1.0
 * @category models
 */
export type Ended =
  | { readonly _tag: "Done" }
  | { readonly _tag: "Cancelled"; readonly reason: string }
  | { readonly _tag: "Stopped"; readonly failed: number; readonly over: number }
  | { readonly _tag: "Elsewhere" }

/**
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Letters that the job is through with: `replayed + failed + skipped`. */
  readonly finished: number
  readonly replayed: number
  readonly failed: number
  readonly skipped: number
  readonly skippedFor: { readonly [R in SkipReason]?: number }
  /** Integrations that refuse calls at this moment, and whose letters wait for that to end. */
  readonly paused: ReadonlyArray<string>
  /** Whether it runs no more. */
  readonly ended: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Report extends Omit<Progress, "paused" | "ended"> {
  readonly ended: Ended
  readonly startedAt: DateTime.Utc
  readonly endedAt: DateTime.Utc
}

/**
 * A replay under way. It ends with the scope in which it was started; letters that it holds then are given back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  readonly plan: Plan
  /** A reader that is slow misses what is between, and never the end; `changes` ends with the job. */
  readonly progress: Subscribable.Subscribable<Progress>
  /** No more letters are begun, and those in flight run to their end. Returns at once; the first reason counts. */
  readonly cancel: (reason: string) => Effect.Effect<void>
  /** Fails where the store does. */
  readonly await: Effect.Effect<Report, DeadLetterQueueError>
}

/**
 * An option of a replay that cannot be.
 *
 * @since 0.1.0
 * @category errors
 */
export class ReplayOptionsError extends Schema.TaggedError<ReplayOptionsError>("holdfast/ReplayOptionsError")(
  "ReplayOptionsError",
  {
    option: Schema.String,
    message: Schema.String
  }
) {}
