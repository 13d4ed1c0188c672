/**
 * Timers of a fiber's own clock, from synchronous code.
 *
 * On the live clock, those of one duration stand in one list and share one timer of Node, so that a deadline which is set
 * and taken back again, as nearly all are, costs a few assignments. On any other clock each is a fiber that sleeps by it.
 *
 * @internal
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { liveClock, monotonicMillis } from "./time.js"

/** @internal */
export type Timer = Entry | Fiber.RuntimeFiber<void> | undefined

/**
 * What is to happen at its time; an object that stands in the list itself, or a function.
 *
 * @internal
 */
export type OnTime = () => void

// a longer one would fire at once; nothing that a call does lasts for 24 days
const longest = 2 ** 31 - 1

/** @internal */
export class Entry {
  list: List | undefined
  previous: Entry | undefined
  next: Entry | undefined
  constructor(readonly at: number, readonly onTime: OnTime) {}
}

/** The entries of one duration, in the order of their time: the latest to come is the last. */
class List {
  #first: Entry | undefined
  #last: Entry | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(readonly millis: number) {}

  add(entry: Entry): void {
    entry.list = this
    entry.previous = this.#last
    if (this.#last !== undefined) this.#last.next = entry
    this.#last = entry
    if (this.#first !== undefined) return
    this.#first = entry
    if (this.#timer === undefined) this.#timer = setTimeout(this.#ring, this.millis)
    else this.#timer.ref()
  }

  remove(entry: Entry): void {
    if (entry.list !== this) return
    entry.list = undefined
    if (entry.previous === undefined) this.#first = entry.next
    else entry.previous.next = entry.next
    if (entry.next === undefined) this.#last = entry.previous
    else entry.next.previous = entry.previous
    // one that has grown old must not keep its younger neighbours from the next collection
    entry.previous = undefined
    entry.next = undefined
    // it may ring for nobody, and keeps no process alive for that
    if (this.#first === undefined) this.#timer?.unref()
  }

  /** It was set for an entry that may be gone: those whose time has come, and then for the next. */
  readonly #ring = () => {
    this.#timer = undefined
    const now = monotonicMillis(liveClock)
    for (let entry = this.#first; entry !== undefined && entry.at <= now; entry = this.#first) {
      this.remove(entry)
      entry.onTime()
    }
    const next = this.#first
    // an entry that was added while this rang has set it again
    if (next !== undefined && this.#timer === undefined) {
      this.#timer = setTimeout(this.#ring, Math.max(1, Math.ceil(next.at - now)))
    }
    if (this.#timer === undefined) lists.delete(this.millis)
  }
}

const lists = new Map<number, List>()

/**
 * Runs `onTime` after so many milliseconds, unless it is stopped. `now`: the clock's monotonic milliseconds.
 *
 * @internal
 */
export const start = (clock: Clock.Clock, now: number, millis: number, onTime: OnTime): Timer => {
  if (millis > longest) return undefined
  // a sum of fractions must not make it a millisecond more
  const whole = Math.max(0, Math.ceil(millis - 1e-6))
  if (clock !== liveClock) return Effect.runFork(Effect.map(clock.sleep(Duration.millis(whole)), onTime))
  let list = lists.get(whole)
  if (list === undefined) lists.set(whole, list = new List(whole))
  const entry = new Entry(now + whole, onTime)
  list.add(entry)
  return entry
}

/** @internal */
export const stop = (timer: Timer): void => {
  if (timer === undefined) return
  if (timer instanceof Entry) timer.list?.remove(timer)
  else timer.unsafeInterruptAsFork(FiberId.none)
}
