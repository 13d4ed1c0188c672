/**
 * A token bucket with a cool-down, as plain data and steps on it. Time is handed in, in milliseconds that only grow.
 */

export interface Config {
  /** Tokens at most, and at the start: the burst. */
  readonly capacity: number
  /** Tokens per second. */
  readonly refillRate: number
}

export interface Bucket {
  tokens: number
  at: number
  cooldownUntil: number
}

export const initial = (config: Config, now: number): Bucket => ({ tokens: config.capacity, at: now, cooldownUntil: 0 })

const refill = (bucket: Bucket, config: Config, now: number): void => {
  if (now <= bucket.at) return
  bucket.tokens = Math.min(config.capacity, bucket.tokens + (now - bucket.at) * config.refillRate / 1000)
  bucket.at = now
}

// sums of fractions fall a hair short of the whole token that they stand for
const epsilon = 1e-7

/** Takes `cost` tokens and gives 0, or takes nothing and gives the milliseconds until it would have. */
export const take = (bucket: Bucket, config: Config, cost: number, now: number): number => {
  refill(bucket, config, now)
  if (now < bucket.cooldownUntil) return Math.max(bucket.cooldownUntil - now, waitFor(bucket, config, cost))
  const wait = waitFor(bucket, config, cost)
  if (wait > 0) return wait
  bucket.tokens -= cost
  return 0
}

/** Milliseconds until `cost` tokens more than those already spoken for are there, cool-down included. */
export const estimate = (bucket: Bucket, config: Config, cost: number, spokenFor: number, now: number): number => {
  refill(bucket, config, now)
  return Math.max(Math.max(0, bucket.cooldownUntil - now), waitFor(bucket, config, cost + spokenFor))
}

const waitFor = (bucket: Bucket, config: Config, cost: number): number => {
  const missing = cost - bucket.tokens
  return missing <= epsilon ? 0 : Math.max(missing / config.refillRate * 1000, epsilon)
}

/** Holds everybody for so many milliseconds; never shortens a hold that is longer. */
export const coolDown = (bucket: Bucket, millis: number, now: number): void => {
  bucket.cooldownUntil = Math.max(bucket.cooldownUntil, now + millis)
}
