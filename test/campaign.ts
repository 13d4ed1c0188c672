/**
 * How long to look for counterexamples: a sample with every change, or a campaign (`npm run test:long`).
 */
export const isLong = process.env.HOLDFAST_LONG === "1"

/** Runs of a property test: so many every day, twenty times as many in a campaign. */
export const runs = (everyDay: number): number => isLong ? everyDay * 20 : everyDay
