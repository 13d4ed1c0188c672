import { FastCheck as fc } from "effect"

/**
 * How long to look for counterexamples: a sample with every change, or a campaign (`npm run test:long`).
 */
export const isLong = process.env.HOLDFAST_LONG === "1"

/** Runs of a property test: so many every day, twenty times as many in a campaign. */
export const runs = (everyDay: number): number => isLong ? everyDay * 20 : everyDay

/**
 * Checks a property on so many runs, twenty times as many in a campaign. A campaign gives its thread a turn after each
 * everyday share: a worker that is silent for a minute is taken for a dead one.
 */
export const holds = async <Ts>(property: fc.IRawProperty<Ts>, everyDay: number): Promise<void> => {
  for (let left = runs(everyDay); left > 0; left -= everyDay) {
    await fc.assert(property, { numRuns: everyDay })
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
