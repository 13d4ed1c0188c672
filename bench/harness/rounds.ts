import { stopwatch } from "./clock.js"
import { shuffled } from "./statistics.js"

/** Something that can be done many times in a row. */
export interface Variant {
  readonly name: string
  readonly run: (times: number) => Promise<unknown>
}

export interface Settings {
  readonly rounds: number
  readonly windowMillis: number
  readonly warmUpMillis: number
}

/** Runs until the compiler has settled, and gives how often the variant can be done in one window. */
const warmUp = async (variant: Variant, settings: Settings): Promise<number> => {
  let times = 1
  let spent = 0
  for (;;) {
    const elapsed = stopwatch()
    await variant.run(times)
    const millis = Math.max(elapsed(), 0.001)
    spent += millis
    const perWindow = Math.max(1, Math.round(settings.windowMillis / millis * times))
    if (spent >= settings.warmUpMillis && millis >= settings.windowMillis / 4) return perWindow
    times = Math.min(perWindow, times * 8)
  }
}

/**
 * Nanoseconds of one call of each variant, a number a round. Each round runs every variant once, in another order, so
 * that whatever else the machine does meets them alike.
 */
export const interleaved = async (
  variants: ReadonlyArray<Variant>,
  settings: Settings
): Promise<ReadonlyMap<string, ReadonlyArray<number>>> => {
  const times = new Map<string, number>()
  const results = new Map<string, Array<number>>()
  for (const variant of variants) {
    times.set(variant.name, await warmUp(variant, settings))
    results.set(variant.name, [])
  }
  for (let round = 0; round < settings.rounds; round++) {
    for (const variant of shuffled(variants)) {
      const count = times.get(variant.name) ?? 1
      const elapsed = stopwatch()
      await variant.run(count)
      results.get(variant.name)?.push(elapsed() * 1e6 / count)
    }
  }
  return results
}
