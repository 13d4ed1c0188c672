/**
 * The tokens of one key, as several processes share them: what the store keeps, and the steps on it. No I/O and no clock
 * but the store's, which is handed in, in milliseconds.
 *
 * A process takes tokens ahead of use. Those that are not earned yet may be given too: a turn in line, which the process
 * waits for by itself instead of asking again. What the store has left and what the processes hold is never more than the
 * capacity, so that grants over any stretch of time stay within `capacity + rate × time`, whatever is spent when.
 *
 * All that a process says of itself is a sum since it began: a step that is run twice, or whose answer was lost, is harmless.
 */
import type { Config } from "./tokenBucketCore.js"

export type { Config }

/** Milliseconds of its share of the rate that one process may hold. */
export const span = 500
/** Tokens that one process may hold. */
export const most = 5_000
/** Milliseconds after which what a process holds is lost, unless it is heard of. */
export const lease = 2_000
/** Milliseconds for which a process that says nothing counts as one of them. */
export const presence = 60_000

/** What one process has had. */
export interface Account {
  /** Grows when the process, or the store, takes what it held for lost. */
  era: number
  granted: number
  spent: number
  returned: number
  /** Of what it took from a share of its own while it was alone. */
  debt: number
  /** It has asked for more. */
  wants: boolean
  /** When what it holds is lost. */
  until: number
}

/** Plain data: a store keeps it as it is. */
export interface Ledger {
  /** Below zero: turns have been given that are not earned yet. */
  tokens: number
  /** When they were counted; 0: there was nothing but a cool-down yet. */
  at: number
  /** The latest instant that was seen. */
  seen: number
  cooldownUntil: number
  /** Whose turn it is, because there was no room for what it needs; or nobody's. */
  first: string
  readonly accounts: Record<string, Account>
}

export interface Request {
  readonly node: string
  readonly era: number
  /** In all, of this era: what it knows to have been given, what it used, and what it gives back unused. */
  readonly granted: number
  readonly spent: number
  readonly returned: number
  /** Milliseconds since it last used any. */
  readonly age: number
  /** How many it wants to hold. */
  readonly want: number
  /** How many it cannot do with less than, whatever its share. */
  readonly need: number
  readonly debt: number
  /** What must be left, should the store have forgotten. */
  readonly initial: number
}

/** Durations instead of times, so that it means the same on any clock. */
export interface Answer {
  readonly era: number
  readonly granted: number
  /** What the store has left: the last token that was given is there once this has grown to zero. */
  readonly balance: number
  /** Nobody else is given any before it has what it needs. */
  readonly isNext: boolean
  /** Milliseconds until what the process holds is lost. */
  readonly lease: number
  /** Milliseconds left. */
  readonly coolDown: number
  /** Processes that were heard of lately, this one included. */
  readonly processes: number
  /** Those among them that want tokens now. */
  readonly contenders: number
}

export const empty = (): Ledger => ({ accounts: {}, at: 0, cooldownUntil: 0, first: "", seen: 0, tokens: 0 })

export const held = ({ granted, returned, spent }: Account): number => granted - spent - returned

const heldByAll = (ledger: Ledger): number => {
  let sum = 0
  for (const account of Object.values(ledger.accounts)) sum += held(account)
  return sum
}

// sums of fractions may fall a hair short
const hair = 1e-7

// less may be the order in which steps of a moment are run
const jump = 1_000

/** Time that only grows. Where the store's clock has gone back, all instants go back with it. */
const instant = (ledger: Ledger, now: number): number => {
  const back = ledger.seen - now
  if (back > 0 && back <= jump) return ledger.seen
  ledger.seen = now
  if (back <= 0) return now
  if (ledger.at > 0) ledger.at = Math.max(1, ledger.at - back)
  ledger.cooldownUntil -= back
  for (const account of Object.values(ledger.accounts)) account.until -= back
  return now
}

/** A process that was not heard of in time costs what it held, once. Gives since when nobody has lost anything any more. */
const lapse = (ledger: Ledger, now: number): number => {
  let since = 0
  for (const [node, account] of Object.entries(ledger.accounts)) {
    if (now < account.until) continue
    if (account.wants || held(account) > 0) {
      since = Math.max(since, account.until)
      ledger.accounts[node] = opened(account.era + 1, account.until)
    }
    if (now >= account.until + presence) delete ledger.accounts[node]
  }
  return since
}

const opened = (era: number, until: number): Account => ({
  debt: 0,
  era,
  granted: 0,
  returned: 0,
  spent: 0,
  until,
  wants: false
})

/** The account of a process; what the store does not know of it any more it takes from the process itself. */
const accountOf = (ledger: Ledger, { era, granted, node, returned, spent }: Request, now: number): Account => {
  const known = ledger.accounts[node]
  if (known !== undefined && known.era >= era) return known
  return ledger.accounts[node] = { ...opened(era, now), granted, returned, spent }
}

/** Settles what a process says of itself, gives it what it wants as far as its share goes, and tells it how things stand. */
export const settle = (ledger: Ledger, config: Config | undefined, request: Request, at: number): Answer => {
  const now = instant(ledger, at)
  if (config !== undefined && ledger.at === 0) {
    ledger.tokens = request.initial
    ledger.at = now
  }
  const earned = { all: now - ledger.at, freed: Number.POSITIVE_INFINITY }
  earn(ledger, config, earned, earned.all)
  earned.freed = now - lapse(ledger, now)
  earn(ledger, config, earned, earned.freed)
  const account = accountOf(ledger, request, now)
  if (account.era === request.era) report(ledger, account, request, config)
  earn(ledger, config, earned, request.age)
  if (config !== undefined) {
    ledger.at = now
    if (account.era === request.era) give(ledger, account, config, request, now)
  }
  return {
    balance: ledger.tokens,
    contenders: contenders(ledger),
    coolDown: Math.max(0, ledger.cooldownUntil - now),
    era: account.era,
    granted: account.granted,
    isNext: ledger.first === request.node,
    lease: account.until - now,
    processes: Object.keys(ledger.accounts).length
  }
}

/**
 * What has come in and had room: all along, or, because others have made room, in so many milliseconds. `earned` is what of
 * the time is left to earn in: since the last step, and since room was last freed by a lapse.
 */
const earn = (
  ledger: Ledger,
  config: Config | undefined,
  earned: { all: number; freed: number },
  millis: number
): void => {
  if (config === undefined) return
  const { capacity, refillRate } = config
  const left = Math.min(earned.all, earned.freed, millis) * refillRate / 1000
  const tokens = Math.min(capacity - heldByAll(ledger) - ledger.tokens, left)
  ledger.tokens += tokens
  const used = Math.max(0, tokens) / refillRate * 1000
  earned.all -= used
  earned.freed -= used
}

const report = (
  ledger: Ledger,
  account: Account,
  { debt, returned, spent }: Request,
  config: Config | undefined
): void => {
  const back = Math.max(0, returned - account.returned)
  account.returned += back
  ledger.tokens += back
  account.spent = Math.max(account.spent, spent)
  // one that costs more than there can be is owed
  const over = Math.max(0, -held(account))
  account.granted += over
  ledger.tokens -= over
  // several outages must not add up to more than one can cost
  const bearable = Math.max(0, ledger.tokens + (config?.capacity ?? 0))
  ledger.tokens -= Math.min(Math.max(0, debt - account.debt), bearable)
  account.debt = Math.max(account.debt, debt)
}

const contenders = (ledger: Ledger): number => {
  let sum = 0
  for (const { wants } of Object.values(ledger.accounts)) if (wants) sum++
  return sum
}

/** Tokens that one of so many processes may hold. At most half of what there can be leaves room for what is not reported yet. */
export const share = (capacity: number, refillRate: number, contenders: number): number =>
  Math.min(refillRate * span / 1000 / contenders, capacity / Math.max(2, contenders), most)

const give = (ledger: Ledger, account: Account, { capacity, refillRate }: Config, request: Request, now: number) => {
  const { need, node } = request
  // nobody may use any now, and they would be lost
  const want = now < ledger.cooldownUntil ? 0 : request.want
  account.wants = want > 0
  if (ledger.accounts[ledger.first]?.wants !== true) ledger.first = ""
  if (want > 0 && (ledger.first === "" || ledger.first === node)) {
    const target = Math.max(1, need, Math.min(want, share(capacity, refillRate, contenders(ledger))))
    // all that is held may be there at once, and then must be no more than the capacity
    const room = capacity - heldByAll(ledger)
    const given = Math.max(0, Math.floor(Math.min(target - held(account), room) + hair))
    const isEnough = held(account) + given >= need
    // part of what is needed would help nobody, and keep it from others
    if (isEnough) {
      account.granted += given
      ledger.tokens -= given
    }
    ledger.first = isEnough ? "" : node
  }
  account.until = account.wants || held(account) > 0
    ? now + lease + Math.max(0, -ledger.tokens) / refillRate * 1000
    : now
}

/** Holds all processes for so many milliseconds from now, and gives for how many they are held; never for fewer than before. */
export const coolDown = (ledger: Ledger, millis: number, at: number): number => {
  const now = instant(ledger, at)
  ledger.cooldownUntil = Math.max(ledger.cooldownUntil, now + millis)
  return ledger.cooldownUntil - now
}

/** Milliseconds after which nothing is lost when the store forgets it. */
export const lifetime = (ledger: Ledger, config: Config | undefined, now: number): number => {
  let until = Math.max(now, ledger.cooldownUntil)
  for (const account of Object.values(ledger.accounts)) until = Math.max(until, account.until + presence)
  const full = config === undefined ? 0 : (config.capacity - ledger.tokens) / config.refillRate * 1000
  return Math.max(until - now, full)
}
