/**
 * Several simulated processes and the store that they share: the real cores, driven as a backing drives them, and an
 * observer who has seen every call that went.
 */
import { strictEqual } from "@effect/vitest/utils"
import * as Lease from "../../src/policy/internal/limit/leaseCore.js"
import { LeasedQuota } from "../../src/policy/internal/limit/leasedQuotaCore.js"
import type { Asked } from "../../src/policy/internal/limit/leasedQuotaCore.js"
import { Line, Permit } from "../../src/policy/internal/limit/lineCore.js"

export interface Settings {
  readonly bucket: Lease.Config
  readonly maxQueue: number
  readonly maxWait: number
}

/** What becomes of the requests of a process. */
export type Fate = "ok" | "lost request" | "lost answer" | "late answer"

export class Caller extends Permit {
  woken = false
  returned = false
  allowed = 0
}

export interface Sent {
  readonly at: number
  readonly cost: number
  /** The process that sent it by its own share, and how large that was. */
  readonly alone:
    | { readonly process: Process; readonly attachments: number; readonly processes: number }
    | undefined
}

const hair = 1e-3

export class Process {
  readonly line: Line
  readonly quota: LeasedQuota
  readonly callers: Array<Caller> = []
  fate: Fate = "ok"
  /** When the driver's timers ring. */
  lookAt = Number.POSITIVE_INFINITY
  heldUntil = Number.NEGATIVE_INFINITY
  lastServed = 0
  attachments = 0

  constructor(readonly fleet: Fleet, readonly name: string) {
    const { bucket, ...config } = fleet.settings
    const demand = {
      coolDownLeft: (now: number) => this.line.coolDownLeft(now),
      get headCost() {
        return line.headCost
      },
      get wanted() {
        return line.wanted
      }
    }
    this.quota = new LeasedQuota({ config: { bucket, window: undefined }, demand, node: name })
    const line = this.line = new Line(this.quota, config)
  }

  get waiting() {
    return this.callers.filter(({ standing }) => standing === "waiting")
  }

  /** As a limiter does after whatever happens. */
  look() {
    const { now } = this.fleet
    this.lookAt = this.line.serve(now)
    if (this.fleet.isPrompt) this.confirm()
    strictEqual(this.lookAt > now || this.waiting.length === 0, true)
    if (this.quota.nextAsk(now) <= now) this.ask()
  }

  ask() {
    const { fate, fleet } = this
    const asked = this.quota.ask(fleet.now)
    for (const [name, value] of Object.entries(asked.request)) {
      // whatever is handed to a store is a whole number
      if (typeof value === "number") {
        strictEqual(Number.isSafeInteger(value) && (value >= 0 || name === "initial"), true)
      }
    }
    fleet.asks++
    if (fate === "lost request" || !fleet.isReachable) return this.quota.lost(fleet.now)
    const answer = Lease.settle(fleet.ledger, fleet.settings.bucket, asked.request, fleet.clock)
    fleet.check()
    if (fate === "lost answer") return this.quota.lost(fleet.now)
    if (fate === "late answer") return void fleet.late.push({ answer, asked, process: this })
    this.answered(asked, answer)
  }

  answered(asked: Asked, answer: Lease.Answer) {
    const { attached } = this.quota
    this.quota.answered(asked, answer, this.fleet.now)
    if (!attached && this.quota.attached) this.attachments++
    this.coolDown(answer.coolDown)
    this.look()
  }

  coolDown(millis: number) {
    const { now } = this.fleet
    const before = this.line.coolDownLeft(now)
    this.line.coolDown(millis, now)
    // R2
    strictEqual(Math.abs(this.line.coolDownLeft(now) - Math.max(before, millis)) < hair, true)
    this.heldUntil = Math.max(this.heldUntil, now + millis - hair)
  }

  arrive(cost: number, patience: number): Caller {
    const { now, settings } = this.fleet
    const caller = new Caller(cost)
    this.callers.push(caller)
    if (this.line.take(caller, now)) this.send(caller)
    else {
      caller.allowed = Math.min(patience, settings.maxWait)
      const refusal = this.line.join(caller, now + patience, now)
      if (refusal === undefined) this.lineUp(caller)
      else if (refusal.reason === "queue") strictEqual(this.line.waiting >= settings.maxQueue, true)
      // R4
      else strictEqual(refusal.retryAfter > caller.allowed, true)
    }
    this.look()
    return caller
  }

  lineUp(caller: Caller) {
    caller.onSettled = () => {
      if (caller.standing !== "granted") return
      caller.woken = true
      // R3: in order, but for those who came back to a place they had
      if (caller.returned) return
      strictEqual(caller.place > this.lastServed, true)
      this.lastServed = caller.place
    }
  }

  send(caller: Caller) {
    const { fleet, quota } = this
    // R2: nobody goes during a cool-down
    strictEqual(fleet.now >= this.heldUntil, true)
    caller.woken = false
    fleet.sent.push({
      alone: quota.attached ? undefined : { attachments: this.attachments, process: this, processes: quota.processes },
      at: fleet.now,
      cost: caller.cost
    })
  }

  wake() {
    this.confirm()
    this.look()
  }

  confirm() {
    for (const caller of this.callers) {
      if (!caller.woken) continue
      if (this.line.confirm(caller, this.fleet.now)) this.send(caller)
      else {
        caller.woken = false
        caller.returned = true
        if (caller.standing === "waiting") this.lineUp(caller)
      }
    }
  }

  leave(pick: number) {
    const present = this.callers.filter(({ standing, woken }) => standing === "waiting" || woken)
    const caller = present[pick % present.length]
    if (caller === undefined) return
    this.line.leave(caller, this.fleet.now)
    caller.woken = false
    this.look()
  }

  /** Who went just now has to wait for something else after all. */
  refund() {
    const { fleet } = this
    const caller = this.callers.findLast(({ standing, takenAt }) => standing === "taken" && takenAt === fleet.now)
    const index = fleet.sent.findLastIndex((sent) => caller !== undefined && sent.cost === caller.cost)
    const sent = fleet.sent[index]
    if (caller === undefined || sent?.at !== fleet.now || (sent.alone === undefined) !== this.quota.attached) return
    if (sent.alone !== undefined && sent.alone.process !== this) return
    fleet.sent.splice(index, 1)
    this.line.leave(caller, fleet.now)
    this.look()
  }

  detach() {
    this.quota.detach(this.fleet.now)
    this.look()
  }

  rejoin() {
    if (!this.quota.attached) this.ask()
  }

  /** When it does something by itself. */
  get next() {
    const ask = this.quota.nextAsk(this.fleet.now)
    return Math.min(this.lookAt, ask)
  }
}

export class Fleet {
  now = 0
  /** How far the store's clock is ahead. */
  offset = 1_700_000_000_000
  ledger = Lease.empty()
  isReachable = true
  /** Whose turn it is goes at once. */
  isPrompt = false
  processes: Array<Process> = []
  late: Array<{ readonly process: Process; readonly asked: Asked; readonly answer: Lease.Answer }> = []
  readonly sent: Array<Sent> = []
  /** Tokens that more than R1 may be used, because the store has lost count. */
  slack = 0
  asks = 0
  /** By when the store may end its cool-down. */
  coolsUntil = Number.NEGATIVE_INFINITY
  #named = 0

  constructor(readonly settings: Settings, size: number) {
    for (let i = 0; i < size; i++) this.processes.push(this.spawn())
  }

  get clock() {
    return this.now + this.offset
  }

  spawn() {
    const process = new Process(this, `p${++this.#named}`)
    process.look()
    return process
  }

  crash(index: number) {
    const { name } = this.processes[index]!
    this.late = this.late.filter(({ process }) => process.name !== name)
    this.processes[index] = this.spawn()
  }

  /** `floor`: a driver's timers are that coarse. */
  pass(millis: number, floor = 0) {
    const until = this.now + millis
    for (let rounds = 0;; rounds++) {
      // nobody asks and looks for ever without getting on
      strictEqual(rounds < 100_000, true)
      const next = this.processes.reduce<Process | undefined>(
        (first, process) => first === undefined || process.next < first.next ? process : first,
        undefined
      )!
      if (!(next.next <= until)) break
      this.now = Math.max(this.now + floor, next.next)
      if (this.now > until) break
      next.look()
    }
    this.now = until
  }

  coolDown(index: number, millis: number, isPushed: boolean) {
    const process = this.processes[index]!
    process.coolDown(millis)
    if (this.isReachable) {
      const left = Lease.coolDown(this.ledger, millis, this.clock)
      this.coolsUntil = Math.max(this.coolsUntil, this.now + millis)
      // R2
      strictEqual(left + hair >= this.coolsUntil - this.now, true)
      if (isPushed) { for (const other of this.processes) other.coolDown(left) }
    }
    for (const each of this.processes) each.look()
  }

  losesCount() {
    this.slack += 2 * this.settings.bucket.capacity
    this.coolsUntil = Number.NEGATIVE_INFINITY
  }

  /** What the processes hold in truth, and what the store has left, is never more than there may be. */
  check() {
    const { capacity } = this.settings.bucket
    const held = Object.values(this.ledger.accounts).reduce((sum, account) => sum + Lease.held(account), 0)
    strictEqual(this.ledger.tokens + held <= capacity + hair, true)
    for (const process of this.processes) {
      const account = this.ledger.accounts[process.name]
      strictEqual(account === undefined || account.granted >= account.spent + account.returned, true)
      strictEqual(process.quota.held >= 0, true)
    }
    // plain data: a store can keep it as it is
    strictEqual(JSON.stringify(JSON.parse(JSON.stringify(this.ledger))), JSON.stringify(this.ledger))
  }

  /** R4: nobody waits for longer than it may, and somebody will come back for those who wait. */
  checkLines() {
    for (const process of this.processes) {
      const { waiting } = process
      strictEqual(process.line.waiting, waiting.length)
      for (const { patience } of waiting) strictEqual(patience + hair >= this.now, true)
      strictEqual(waiting.length === 0 || process.lookAt < Number.POSITIVE_INFINITY, true)
    }
  }

  /** R1, over every stretch of time that ends now, by when calls went. */
  checkRates() {
    const { capacity, refillRate } = this.settings.bucket
    const stay = (taken: ReadonlyArray<Sent>, capacity: number, refillRate: number) => {
      for (let to = 0; to < taken.length; to++) {
        let sum = 0
        for (let from = to; from >= 0; from--) {
          sum += taken[from]!.cost
          const time = taken[to]!.at - taken[from]!.at
          strictEqual(sum <= capacity + refillRate * time / 1_000 + hair, true)
        }
      }
    }
    stay(this.sent.filter(({ alone }) => alone === undefined), capacity + this.slack, refillRate)
    const shares = new Map<string, Array<Sent>>()
    for (const sent of this.sent) {
      if (sent.alone === undefined) continue
      const { attachments, process, processes } = sent.alone
      const key = `${process.name}/${attachments}/${processes}`
      shares.set(key, [...shares.get(key) ?? [], sent])
    }
    for (const taken of shares.values()) {
      const { processes } = taken[0]!.alone!
      // one that costs more than there can be goes when all is there, and the rest is owed
      const largest = Math.max(...taken.map(({ cost }) => cost))
      stay(taken, Math.max(1, largest, capacity / processes), refillRate / processes)
    }
  }
}
