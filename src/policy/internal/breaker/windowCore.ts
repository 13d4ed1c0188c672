/**
 * The outcomes that a closed circuit is judged by, as plain data and steps on it. Adding one costs the same whatever the
 * size of the window, and allocates nothing: a ring of small numbers with running totals.
 */

/** What an outcome was, as bits; a good one has none. */
export const good = 0
export const failed = 1
export const slow = 2

export interface Consecutive {
  readonly kind: "consecutive"
  /** Failures in a row that are too many. */
  readonly failures: number
}

interface Rates {
  /** Outcomes below which nothing is judged. */
  readonly minimum: number
  /** Shares from which on it is too many; `Infinity`: never. */
  readonly failureRate: number
  readonly slowRate: number
}

export interface CountWindow extends Rates {
  readonly kind: "count"
  /** Outcomes that are looked back at. */
  readonly size: number
}

export interface TimeWindow extends Rates {
  readonly kind: "time"
  readonly buckets: number
  /** Milliseconds of one bucket. */
  readonly width: number
}

export type Strategy = Consecutive | CountWindow | TimeWindow

/** One shape for all strategies, all of it plain numbers. */
export interface Counts {
  /** Failures in a row (consecutive only). */
  failures: number
  /** Sums over the window. */
  total: number
  failed: number
  slow: number
  /** Count: the bits of each outcome, made with the first that is not good. Time: total, failed, slow of each bucket. */
  ring: Array<number>
  /** Consecutive: rows of failures that have ended. Count: outcomes so far. Time: number of the newest bucket. */
  at: number
}

export const empty = (): Counts => ({ at: 0, failed: 0, failures: 0, ring: [], slow: 0, total: 0 })

/** Forgets all outcomes. */
export const clear = (counts: Counts): void => {
  counts.failures = 0
  counts.total = 0
  counts.failed = 0
  counts.slow = 0
  counts.ring = []
  counts.at = 0
}

export const add = (counts: Counts, strategy: Strategy, code: number, now: number): void => {
  switch (strategy.kind) {
    case "consecutive":
      if ((code & failed) !== 0) counts.failures++
      else if (counts.failures !== 0) endRow(counts)
      return
    case "count":
      return addToCount(counts, strategy, code)
    case "time":
      rotate(counts, strategy, now)
      return addToBucket(counts, strategy, counts.at, 1, code & failed, code >> 1)
  }
}

const endRow = (counts: Counts): void => {
  counts.failures = 0
  counts.at++
}

const addToCount = (counts: Counts, strategy: CountWindow, code: number): void => {
  const { size } = strategy
  // as long as all have been good, how many is all there is to know
  if (code !== good && counts.ring.length === 0) counts.ring = new Array<number>(size).fill(good)
  if (counts.ring.length > 0) {
    const slot = counts.at % size
    // good where the window is not full yet
    const oldest = counts.ring[slot]!
    counts.failed -= oldest & failed
    counts.slow -= oldest >> 1
    counts.ring[slot] = code
    counts.failed += code & failed
    counts.slow += code >> 1
  }
  if (counts.total < size) counts.total++
  counts.at++
}

const addToBucket = (
  counts: Counts,
  strategy: TimeWindow,
  bucket: number,
  total: number,
  failures: number,
  slows: number
): void => {
  if (counts.ring.length === 0) counts.ring = new Array<number>(strategy.buckets * 3).fill(0)
  const slot = bucket % strategy.buckets * 3
  counts.ring[slot]! += total
  counts.ring[slot + 1]! += failures
  counts.ring[slot + 2]! += slows
  counts.total += total
  counts.failed += failures
  counts.slow += slows
}

/** Drops what has become older than the window, however long ago the last outcome was. */
export const rotate = (counts: Counts, strategy: Strategy, now: number): void => {
  if (strategy.kind !== "time") return
  const newest = Math.floor(now / strategy.width)
  if (newest <= counts.at) return
  if (counts.total > 0) {
    const { buckets } = strategy
    for (let bucket = Math.max(counts.at + 1, newest - buckets + 1); bucket <= newest; bucket++) {
      const slot = bucket % buckets * 3
      counts.total -= counts.ring[slot]!
      counts.failed -= counts.ring[slot + 1]!
      counts.slow -= counts.ring[slot + 2]!
      counts.ring[slot] = counts.ring[slot + 1] = counts.ring[slot + 2] = 0
    }
  }
  counts.at = newest
}

/** Whether it is too many. Time must have been brought up to date by `add` or `rotate`. */
export const tooMany = (counts: Counts, strategy: Strategy): boolean =>
  strategy.kind === "consecutive"
    ? counts.failures >= strategy.failures
    : counts.total >= strategy.minimum && (
      counts.failed / counts.total >= strategy.failureRate || counts.slow / counts.total >= strategy.slowRate
    )

/** Whether there is anything in it that is not good. */
export const isTroubled = (counts: Counts): boolean => counts.failures > 0 || counts.failed > 0 || counts.slow > 0

const percent = (share: number): string => `${Math.round(share * 1000) / 10}%`

/** Why it is too many. */
export const describe = (counts: Counts, strategy: Strategy): string => {
  if (strategy.kind === "consecutive") {
    return counts.failures === 1 ? "1 failure" : `${counts.failures} failures in a row`
  }
  const calls = `of ${counts.total} calls`
  return counts.failed / counts.total >= strategy.failureRate
    ? `failure rate ${percent(counts.failed / counts.total)} ${calls}`
    : `slow call rate ${percent(counts.slow / counts.total)} ${calls}`
}

/** Whether counts made for one strategy can go on with another. */
export const isSameLayout = (a: Strategy, b: Strategy): boolean => {
  switch (a.kind) {
    case "consecutive":
      return b.kind === "consecutive"
    case "count":
      return b.kind === "count" && a.size === b.size
    case "time":
      return b.kind === "time" && a.buckets === b.buckets && a.width === b.width
  }
}

/** Whether trouble that `merge` put down at `mark` still weighs: its row of failures goes on, its window holds it. */
export const isCurrent = (counts: Counts, strategy: Strategy, mark: number): boolean => {
  switch (strategy.kind) {
    case "consecutive":
      return mark === counts.at
    case "count":
      return counts.at - mark < strategy.size
    case "time":
      return counts.at - mark < strategy.buckets
  }
}

/** What one process has seen since its last report: durations and counts, so that it means the same on any clock. */
export interface Batch {
  /** Consecutive: whether there was a success, and the failures after the last one. */
  readonly success: boolean
  readonly failures: number
  /** Count: good outcomes from before the trouble began, and the bits of each since, oldest first. */
  readonly older: number
  readonly codes: ReadonlyArray<number>
  /** Time: age in milliseconds, total, failed, slow of each bucket, one after the other. */
  readonly buckets: ReadonlyArray<number>
  /** Whether any of it was not good. */
  readonly troubled: boolean
  /** Milliseconds that the server asks to be left alone for; 0: it does not say. */
  readonly told: number
}

/** The same batch, sent so many milliseconds later. */
export const delayed = (batch: Batch, millis: number): Batch => ({
  ...batch,
  buckets: batch.buckets.map((value, index) => index % 4 === 0 ? value + millis : value),
  told: Math.max(0, batch.told - millis)
})

/**
 * Adds a batch. What is older than the window counts for nothing. Says when the newest of it that is not good was, for
 * `isCurrent`; -1: there is none.
 */
export const merge = (counts: Counts, strategy: Strategy, batch: Batch, now: number): number => {
  switch (strategy.kind) {
    case "consecutive":
      if (batch.success) endRow(counts)
      counts.failures += batch.failures
      return batch.failures > 0 ? counts.at : -1
    case "count":
      return mergeCodes(counts, strategy, batch)
    case "time":
      rotate(counts, strategy, now)
      return mergeBuckets(counts, strategy, batch.buckets, now)
  }
}

const mergeCodes = (counts: Counts, strategy: CountWindow, batch: Batch): number => {
  let mark = -1
  // older than all that is in the window, where every free place says good already
  counts.total = Math.min(strategy.size, counts.total + batch.older)
  for (const code of batch.codes) {
    addToCount(counts, strategy, code)
    if (code !== good) mark = counts.at
  }
  return mark
}

const mergeBuckets = (
  counts: Counts,
  strategy: TimeWindow,
  buckets: ReadonlyArray<number>,
  now: number
): number => {
  let mark = -1
  for (let i = 0; i < buckets.length; i += 4) {
    const [age, total, failures, slows] = buckets.slice(i, i + 4) as [number, number, number, number]
    const bucket = Math.floor((now - age) / strategy.width)
    if (counts.at - bucket >= strategy.buckets) continue
    addToBucket(counts, strategy, bucket, total, failures, slows)
    if (failures + slows > 0) mark = bucket
  }
  return mark
}

/** The outcomes of a count window, oldest first. */
export const codes = (counts: Counts, { size }: CountWindow): Array<number> =>
  Array.from(
    { length: counts.total },
    (_, index) => counts.ring.length === 0 ? good : counts.ring[(counts.at - counts.total + index) % size]!
  )

/** The buckets of a time window that hold anything, as in a `Batch`. */
export const agedBuckets = (counts: Counts, { buckets, width }: TimeWindow, now: number): Array<number> => {
  const aged: Array<number> = []
  if (counts.total === 0) return aged
  for (let bucket = Math.max(0, counts.at - buckets + 1); bucket <= counts.at; bucket++) {
    const slot = bucket % buckets * 3
    if (counts.ring[slot]! === 0) continue
    // of its middle: the other clock's buckets begin elsewhere
    const age = Math.max(0, Math.round(now - (bucket + 0.5) * width))
    aged.push(age, counts.ring[slot]!, counts.ring[slot + 1]!, counts.ring[slot + 2]!)
  }
  return aged
}
