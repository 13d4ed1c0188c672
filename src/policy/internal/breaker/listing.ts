/** Circuits as people are shown them. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Snapshot } from "./breaker.js"
import type * as Core from "./circuitCore.js"
import type { Listed } from "./store.js"

export interface Circuit {
  /** By default the integration's id. */
  readonly key: string
  readonly state: Core.State
  /** Why it is in this state. */
  readonly reason: string
  /** What a hand has set, with its reason; none where the policy's options hold. */
  readonly byHand: Option.Option<{ readonly mode: Core.ConfiguredMode | "forced-open"; readonly reason: string }>
  /** While it is open: until it is probed. None where it is not open, or only a hand opens the way. */
  readonly retryAfter: Option.Option<Duration.Duration>
  /** Openings in a row, forgotten after a good time. */
  readonly openings: number
}

export const ofSnapshot = (snapshot: Snapshot): Circuit => ({
  byHand: Option.flatMap(
    Option.fromNullable(snapshot.modeByHand),
    ({ reason }) => Option.some({ mode: snapshot.mode, reason })
  ),
  key: snapshot.key,
  openings: snapshot.openings,
  reason: snapshot.reason,
  retryAfter: snapshot.state === "open" ? Option.fromNullable(snapshot.retryAfter) : Option.none(),
  state: snapshot.state
})

export const ofRecord = ({ key, mode, modeReason, openLeft, openings, reason, state }: Listed): Circuit => ({
  byHand: mode === "auto" ? Option.none() : Option.some({ mode, reason: modeReason }),
  key,
  openings,
  reason,
  retryAfter: state === "open" && mode !== "forced-open" && mode !== "disabled"
    ? Option.some(Duration.millis(Math.ceil(openLeft)))
    : Option.none(),
  state: mode === "disabled" ? "closed" : state
})

export const sorted = (circuits: ReadonlyArray<Circuit>): ReadonlyArray<Circuit> =>
  circuits.toSorted((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
