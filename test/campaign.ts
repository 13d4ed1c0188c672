import { FastCheck as fc } from "effect"

const asked = process.env.HOLDFAST_LONG

/** The campaign that a change has to pass: of what takes longest, a part. */
const isBounded = asked === "bounded"

/**
 * How long to look for counterexamples: a sample with every change, or a campaign (`npm run test:long`), also where that is
 * the bounded one (`npm run test:long -- --bounded`).
 */
export const isLong = asked === "1" || isBounded

/** How much of it there is: in the sample of every day, in the bounded campaign, and in the full one. */
export const size = <A>(
  { bounded, everyDay, full }: { readonly bounded: A; readonly everyDay: A; readonly full: A }
): A => isBounded ? bounded : isLong ? full : everyDay

/** Runs of a property test: so many every day, twenty times as many in a campaign, or in a bounded one so many times. */
export const runs = (everyDay: number, bounded = 20): number => everyDay * size({ bounded, everyDay: 1, full: 20 })

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
