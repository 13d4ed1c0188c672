/** How far long work has come: a bar that is written over on a terminal, and some plain lines elsewhere. */
import * as Effect from "effect/Effect"
import { type Screen, Terminal } from "./screen.js"

export interface Progress {
  /** Absent: nobody knows how many there will be. */
  readonly total?: number | undefined
  readonly done: number
  /** What else there is to say. */
  readonly detail: string
}

const width = 24

export const bar = ({ detail, done, total }: Progress): string => {
  if (total === undefined) return `${done}${detail === "" ? "" : `, ${detail}`}`
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.round(share * width)
  return `[${"#".repeat(full)}${"-".repeat(width - full)}] ${done}/${total}${detail === "" ? "" : `, ${detail}`}`
}

/** Lines where nothing can be written over: at most so many for the whole of it, or one for so many of an unknown number. */
const steps = 10
const every = 1000

export interface Reporter {
  readonly report: (progress: Progress) => Effect.Effect<void>
  /** What is written next begins on a line of its own. */
  readonly end: Effect.Effect<void>
}

const liveReporter = (screen: Screen): Reporter => {
  let shown = ""
  return {
    end: Effect.suspend(() => shown === "" ? Effect.void : screen.err("\n")),
    report: (progress) =>
      Effect.suspend(() => {
        const next = bar(progress)
        if (next === shown) return Effect.void
        const text = `\r${next.padEnd(shown.length)}`
        shown = next
        return screen.err(text)
      })
  }
}

const plainReporter = (screen: Screen): Reporter => {
  let told = 0
  return {
    end: Effect.void,
    report: (progress) =>
      Effect.suspend(() => {
        const { detail, done, total } = progress
        const step = total === undefined ? Math.floor(done / every) : Math.floor(done / Math.max(1, total) * steps)
        if (step <= told) return Effect.void
        told = step
        return screen.err(`${done}${total === undefined ? "" : `/${total}`}${detail === "" ? "" : `, ${detail}`}\n`)
      })
  }
}

export const reporter: Effect.Effect<Reporter, never, Terminal> = Effect.map(
  Terminal,
  (screen) => screen.isLive ? liveReporter(screen) : plainReporter(screen)
)
