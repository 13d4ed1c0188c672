/**
 * A live line on stderr.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Tally } from "./tally.js"

const width = 24

const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return "█".repeat(full) + "░".repeat(width - full)
}

/** What of the rows is done: confirmed or refused. A dead letter is not. */
const line = (tally: Tally, expectedRows: number): string => {
  const done = tally.confirmed + tally.invalid
  const total = Math.max(expectedRows, tally.begun)
  return [
    `${bar(total === 0 ? 0 : done / total)} ${done}/${total}`,
    tally.phase,
    `attempts ${tally.attempts}`,
    `retries ${tally.retries}`,
    `breaker ${tally.breaker}`,
    `dead letters ${tally.letters.size}, replayed ${tally.replayed}`
  ].join(" · ")
}

/** Draws for as long as the scope lasts, and leaves the last state behind. */
export const draw = (tally: Tally, expectedRows: number, output: NodeJS.WriteStream) => {
  const paint = (end: string) =>
    Effect.sync(() => {
      // a line that wraps could not be drawn over; some terminals do not say how wide they are
      const columns = output.columns > 0 ? output.columns : 120
      const text = line(tally, expectedRows).slice(0, columns - 1)
      output.write(`\r\u001b[K${text}${end}`)
    })
  return Effect.addFinalizer(() => paint("\n")).pipe(
    Effect.zipRight(Effect.forkScoped(Effect.repeat(paint(""), Schedule.spaced("100 millis"))))
  )
}
