/**
 * A live line on stderr: rows that are done, and dead letters that have been replayed of those captured.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Tally } from "./tally.js"

const bar = (share: number, width: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return "█".repeat(full) + "░".repeat(width - full)
}

/** What of the rows is done: confirmed or refused. A dead letter is not, until it is replayed. */
const line = (tally: Tally, expectedRows: number, columns: number): string => {
  const done = tally.confirmed + tally.invalid
  const total = Math.max(expectedRows, tally.begun)
  const text = [
    `${done}/${total}`,
    `attempts ${tally.attempts}`,
    `retries ${tally.retries}`,
    `breaker ${tally.breaker}`,
    `dead letters ${tally.replayed}/${tally.letters.size}`,
    ...(columns < 110 ? [] : [tally.phase])
  ].join(" · ")
  // a line that wraps could not be drawn over
  const width = Math.min(24, columns - text.length - 2)
  return width > 0 ? `${bar(total === 0 ? 0 : done / total, width)} ${text}` : text.slice(0, columns - 1)
}

/** Draws for as long as the scope lasts, and leaves the last state behind. */
export const draw = (tally: Tally, expectedRows: number, output: NodeJS.WriteStream) => {
  const paint = (end: string) =>
    Effect.sync(() => {
      // some terminals do not say how wide they are
      const text = line(tally, expectedRows, output.columns > 0 ? output.columns : 80)
      output.write(`\r\u001b[K${text}${end}`)
    })
  return Effect.addFinalizer(() => paint("\n")).pipe(
    Effect.zipRight(Effect.forkScoped(Effect.repeat(paint(""), Schedule.spaced("100 millis"))))
  )
}
