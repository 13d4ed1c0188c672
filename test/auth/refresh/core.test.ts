/**
 * Owners that refresh one credential in any interleaving, that die and sleep at any step, over a store that may lose its
 * answers, with a provider that ends the grant when a refresh token comes twice.
 */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Core from "../../../src/auth/internal/tokenRefreshCore.js"
import { holds } from "../../campaign.js"

const lease = 100
const life = 1000

interface Token {
  readonly grant: number
  readonly generation: number
}

/** What becomes of a request. */
type Fate = "answered" | "answer lost" | "busy" | "unreachable"

class Provider {
  readonly #consumed = new Set<string>()
  readonly revoked = new Set<number>()
  /** Grants that somebody at the provider has revoked. */
  readonly byUser = new Set<number>()

  exchange({ generation, grant }: Token): Token | "invalid_grant" {
    const name = `${grant}/${generation}`
    if (this.revoked.has(grant)) return "invalid_grant"
    if (this.#consumed.has(name)) {
      this.revoked.add(grant)
      return "invalid_grant"
    }
    this.#consumed.add(name)
    return { generation: generation + 1, grant }
  }
}

interface Exchange {
  readonly owner: string
  readonly version: number
  readonly at: number
  /** When its lease ends. */
  until: number
  isAccepted: boolean
  /** And the owner knows it. */
  isHeard: boolean
  /** The owner knows what came of it, and has said so in the record or in the credential. */
  isSettled: boolean
  /** The provider has said that it did not take the token. */
  isRefused: boolean
  /** And that is in the record. */
  isKnown: boolean
  /** The owner will not say any more. */
  isDead: boolean
}

class World {
  now = 1_000_000
  version = 1
  token: Token = { generation: 0, grant: 0 }
  expiresAt = this.now + life
  record: Core.Record | undefined
  readonly provider = new Provider()
  readonly exchanges: Array<Exchange> = []
  /** Grants that were asked for by two at once. */
  readonly collided = new Set<number>()
  /** The versions that were written down as begun. */
  readonly begun: Array<number> = []
  readonly told: Array<Core.Change> = []
  /** Each state that the record has had. */
  readonly states: Array<Core.State> = ["connected"]
  steps = 0

  take(action: Core.Action): Core.Step {
    return { ...action, id: `step-${++this.steps}` }
  }

  apply(step: Core.Step): Core.Answer {
    const [answer, record] = Core.take(
      { expiresAt: this.expiresAt, now: this.now, record: this.record, version: this.version },
      step
    )
    // as it is in a database
    if (record !== undefined) this.record = JSON.parse(JSON.stringify(record)) as Core.Record
    const state = this.record?.status.state ?? "connected"
    if (state !== this.states.at(-1)) this.states.push(state)
    return answer
  }

  write(token: Token, version: number): boolean {
    if (version !== this.version) return false
    // T2, and T3: nothing else is ever written
    assert.isTrue(
      token.grant > this.token.grant ||
        token.grant === this.token.grant && token.generation > this.token.generation
    )
    this.token = token
    this.version++
    this.expiresAt = this.now + life
    return true
  }
}

type Todo = (fate: Fate) => void

/** What a process does, one step of the store or of the provider after the other. */
class Owner {
  #next: Todo
  #owner = ""
  #exchange: Exchange | undefined
  #wakesAt = 0
  /** The first answer to the last step, which may have been lost. */
  #first: Core.Answer = { _tag: "settled" }
  /** Of its lease, by its own clock. */
  #until = 0

  constructor(readonly world: World, readonly name: string, readonly force: boolean) {
    this.#next = this.#claim
  }

  step(fate: Fate): void {
    this.#next(fate)
  }

  get isIdle(): boolean {
    return this.#next === this.#claim
  }

  /** While it waits for the provider. */
  renew(): void {
    const { world } = this
    if (this.#exchange === undefined) return
    if (this.#taken({ _tag: "renew", lease, owner: this.#owner }, "answered")._tag === "stale") return
    this.#until = this.#exchange.until = world.now + lease
  }

  die(): void {
    if (this.#exchange !== undefined) this.#exchange.isDead = true
    this.#exchange = undefined
    this.#next = this.#claim
    this.#wakesAt = 0
  }

  /** The step is taken; its answer may be lost, and then it is taken once more. */
  #taken(action: Core.Action, fate: Fate): Core.Answer {
    const { world } = this
    const step = world.take(action)
    const lost = fate === "answer lost" ? world.apply(step) : undefined
    const answer = world.apply(step)
    this.#first = lost ?? answer
    if (answer.change !== undefined) world.told.push(answer.change)
    return answer
  }

  readonly #claim: Todo = (fate) => {
    const { world } = this
    // nobody has an interest in a fresh one
    if (world.now < world.expiresAt - life / 2 || world.now < this.#wakesAt) return
    this.#owner = `${this.name}-${world.steps}`
    const { version } = world
    const owner = this.#owner
    const answer = this.#taken({
      _tag: "claim",
      force: this.force,
      lease,
      owner,
      useless: world.now >= world.expiresAt,
      version
    }, fate)
    if (answer._tag === "granted") {
      this.#until = world.now + lease
      this.#next = (fate) => this.#start(version, fate)
    }
    if (answer._tag === "failing" || answer._tag === "held") this.#wakesAt = world.now + answer.left
  }

  #start(version: number, fate: Fate): void {
    const { world } = this
    if (world.version !== version) {
      this.#taken({ _tag: "release", owner: this.#owner }, fate)
      this.#next = this.#claim
      return
    }
    const { token } = world
    const answer = this.#taken({ _tag: "start", owner: this.#owner, version }, fate)
    if (answer._tag === "settled") world.begun.push(version)
    this.#next = answer._tag === "settled" ? (fate) => this.#send(token, version, fate) : this.#claim
  }

  #send(token: Token, version: number, fate: Fate): void {
    const { world } = this
    if (world.now >= this.#until) {
      this.#next = this.#claim
      return
    }
    const exchange: Exchange = {
      at: world.now,
      isAccepted: false,
      isDead: false,
      isHeard: false,
      isKnown: false,
      isRefused: false,
      isSettled: false,
      owner: this.#owner,
      until: this.#until,
      version
    }
    // after one that slept in the middle of it for longer than its lease, and went on: nothing can keep the others from it
    for (const earlier of world.exchanges) {
      if (earlier.version === version && !earlier.isDead && (earlier.isHeard || !earlier.isSettled)) {
        world.collided.add(token.grant)
      }
    }
    world.exchanges.push(exchange)
    this.#exchange = exchange
    const isSeen = fate === "answered" || fate === "answer lost"
    const answer = isSeen ? world.provider.exchange(token) : undefined
    if (answer !== undefined && answer !== "invalid_grant") exchange.isAccepted = true
    const heard = fate === "answered" ? answer : undefined
    exchange.isHeard = heard !== undefined && heard !== "invalid_grant"
    this.#next = (fate) => {
      exchange.isSettled = true
      this.#exchange = undefined
      this.#next = this.#claim
      if (heard === undefined) {
        const answered = exchange.isRefused
        this.#taken({
          _tag: "failed",
          answered,
          owner: this.#owner,
          pause: 30,
          useless: false,
          version,
          why: { message: "away", reason: "unreachable" }
        }, fate)
        exchange.isKnown = answered && this.#first._tag === "failing"
      } else if (heard === "invalid_grant") {
        this.#taken({ _tag: "refused", code: heard, message: "no", owner: this.#owner, version }, fate)
      } else if (world.write(heard, version)) {
        this.#next = (fate) => {
          this.#next = this.#claim
          this.#taken({ _tag: "release", owner: this.#owner }, fate)
        }
      }
    }
    exchange.isRefused = fate === "busy"
  }
}

type Event =
  | { readonly _tag: "step"; readonly who: number; readonly fate: Fate }
  | { readonly _tag: "die"; readonly who: number }
  | { readonly _tag: "pass"; readonly millis: number }
  | { readonly _tag: "connect" }
  | { readonly _tag: "revoke" }

const owners = 4

const step = (fates: fc.Arbitrary<Fate>): fc.Arbitrary<Event> =>
  fc.record({ _tag: fc.constant("step" as const), fate: fates, who: fc.nat(owners - 1) })

const pass = (most: number): fc.Arbitrary<Event> =>
  fc.record({ _tag: fc.constant("pass" as const), millis: fc.integer({ max: most, min: 1 }) })

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { arbitrary: fc.constant("answered" as const), weight: 8 },
  { arbitrary: fc.constantFrom("answer lost" as const, "busy" as const, "unreachable" as const), weight: 2 }
)

const anything = fc.oneof(
  { arbitrary: step(fate), weight: 30 },
  { arbitrary: pass(700), weight: 4 },
  { arbitrary: fc.record({ _tag: fc.constant("die" as const), who: fc.nat(owners - 1) }), weight: 2 },
  { arbitrary: fc.constant({ _tag: "connect" } as const), weight: 1 },
  { arbitrary: fc.constant({ _tag: "revoke" } as const), weight: 1 }
)

/** Nobody dies, and nobody sleeps for longer than its lease. */
const healthy = fc.oneof(
  { arbitrary: step(fc.constantFrom("answered", "busy")), weight: 30 },
  { arbitrary: pass(5), weight: 30 }
)

const run = (
  events: ReadonlyArray<Event>,
  { force = false, renews = false }: { readonly force?: boolean; readonly renews?: boolean } = {}
) => {
  const world = new World()
  const all = Array.from({ length: owners }, (_, n) => new Owner(world, `owner${n}`, force && n === 0))
  for (const event of events) {
    switch (event._tag) {
      case "step":
        all[event.who]!.step(event.fate)
        break
      case "die":
        all[event.who]!.die()
        break
      case "pass":
        world.now += event.millis
        if (renews) { for (const owner of all) owner.renew() }
        break
      case "connect":
        world.write({ generation: 0, grant: world.token.grant + 1 }, world.version)
        break
      case "revoke":
        world.provider.revoked.add(world.token.grant)
        world.provider.byUser.add(world.token.grant)
    }
    const state = world.record?.status
    if (state?.state === "revoked" && state.version === world.version && !force) {
      // besides the one that was refused
      const begun = world.begun.filter((version) => version === world.version).length
      const unsent = world.exchanges.filter(({ isKnown, version }) => version === world.version && isKnown).length
      const isUnknown = begun - unsent > 1
      const { grant } = world.token
      if (state.why?.reason === "revoked") {
        assert.isTrue(world.provider.byUser.has(grant) || world.collided.has(grant))
      } else assert.isTrue(isUnknown)
    }
  }
  // T4
  assert.deepStrictEqual(
    world.told.map(({ from, status }) => [from, status.state]),
    world.states.slice(1).map((state, n) => [world.states[n], state])
  )
  return { all, world }
}

/** T1: who comes after another one of the same version comes after his answer, or after his end. */
const single = ({ exchanges }: World, isHealthy: boolean): void => {
  for (const [n, exchange] of exchanges.entries()) {
    for (const earlier of exchanges.slice(0, n)) {
      if (earlier.version !== exchange.version) continue
      if (isHealthy) assert.isTrue(earlier.isSettled && earlier.isRefused)
      else assert.isTrue(earlier.isSettled || earlier.isDead || exchange.at >= earlier.until)
    }
  }
}

describe("the refresh of one credential by several owners", () => {
  it("T1 to T4 hold whoever dies, sleeps or loses an answer, and the reason of an end is the true one", () =>
    holds(
      fc.property(fc.array(anything, { maxLength: 300, minLength: 50 }), (events) => {
        single(run(events).world, false)
      }),
      150
    ))

  it("an owner that forces it breaks none of them", () =>
    holds(
      fc.property(fc.array(anything, { maxLength: 200, minLength: 50 }), (events) => {
        single(run(events, { force: true }).world, false)
      }),
      50
    ))

  it("where nobody dies, no grant is ever lost, and each version is exchanged once", () =>
    holds(
      fc.property(fc.array(healthy, { maxLength: 600, minLength: 300 }), (events) => {
        const { world } = run(events, { renews: true })
        single(world, true)
        assert.strictEqual(world.collided.size, 0)
        assert.strictEqual(world.provider.revoked.size, 0)
        assert.notStrictEqual(world.record?.status.state, "revoked")
        const accepted = world.exchanges.filter(({ isAccepted }) => isAccepted)
        assert.strictEqual(new Set(accepted.map(({ version }) => version)).size, accepted.length)
      }),
      150
    ))

  it("what has died does not stop the others: they come to a token, or to the reason why there is none", () =>
    holds(
      fc.property(fc.array(anything, { maxLength: 100 }), (events) => {
        const { all, world } = run(events)
        for (const owner of all) owner.die()
        world.now = Math.max(world.now, world.expiresAt)
        for (let round = 0; round < 50 && world.now >= world.expiresAt; round++) {
          for (const owner of all) owner.step("answered")
          world.now += 10
          if (world.record?.status.state === "revoked") break
        }
        assert.isTrue(world.now < world.expiresAt || world.record?.status.state === "revoked")
      }),
      100
    ))
})

describe("steps of a refresh", () => {
  const found = (record: Core.Record | undefined, options: Partial<Core.Found> = {}): Core.Found => ({
    expiresAt: 2000,
    now: 1000,
    record,
    version: 7,
    ...options
  })
  const claim = (owner: string): Core.Step => ({
    _tag: "claim",
    force: false,
    id: `claim ${owner}`,
    lease,
    owner,
    useless: false,
    version: 7
  })

  it("an invalid_grant after an exchange that nobody has heard the end of is a lost rotation; alone it is a revocation", () => {
    const why = (isDangling: boolean) => {
      let record: Core.Record | undefined
      const take = (step: Core.Step, now: number): Core.Answer => {
        const [answer, after] = Core.take(found(record, { now }), step)
        record = after
        return answer
      }
      let now = 1000
      if (isDangling) {
        take(claim("a"), now)
        take({ _tag: "start", id: "1", owner: "a", version: 7 }, now)
        now += lease
      }
      take(claim("b"), now)
      take({ _tag: "start", id: "2", owner: "b", version: 7 }, now)
      // taken twice, since the first answer was lost
      take({ _tag: "start", id: "2", owner: "b", version: 7 }, now)
      const answer = take({ _tag: "refused", code: "invalid_grant", id: "3", message: "", owner: "b", version: 7 }, now)
      return answer._tag === "over" ? answer.why.reason : answer._tag
    }
    assert.deepStrictEqual([why(false), why(true)], ["revoked", "rotation-lost"])
  })

  it("who slept through his lease begins nothing, and has no say afterwards", () => {
    let record = Core.take(found(undefined), claim("a"))[1]
    const start = { _tag: "start", id: "1", owner: "a", version: 7 } as const
    assert.strictEqual(Core.take(found(record, { now: 1000 + lease }), start)[0]._tag, "stale")
    const granted = Core.take(found(record, { now: 1000 + lease }), claim("b"))
    record = granted[1]
    assert.deepStrictEqual(granted[0], { _tag: "granted", token: 1002 })
    const refused = { _tag: "refused", code: undefined, id: "2", message: "", owner: "a", version: 7 } as const
    assert.deepStrictEqual(Core.take(found(record, { now: 1101 }), refused), [{ _tag: "stale" }, record])
  })

  it("a look that changes nothing writes nothing", () => {
    const observe = { _tag: "observe", id: "1", stuck: false } as const
    assert.deepStrictEqual(Core.take(found(undefined), observe), [{ _tag: "settled" }, undefined])
    const record = Core.take(found(undefined), claim("a"))[1]
    assert.strictEqual(Core.take(found(record), claim("b"))[1], record)
  })

  it("an access token that ends while its refresh fails is told, once", () => {
    let record: Core.Record | undefined
    const take = (step: Core.Step, now: number) => {
      const [answer, after] = Core.take(found(record, { now }), step)
      record = after
      return answer
    }
    take(claim("a"), 1900)
    take({ _tag: "start", id: "1", owner: "a", version: 7 }, 1900)
    const failed = take({
      _tag: "failed",
      answered: true,
      id: "2",
      owner: "a",
      pause: 300,
      useless: false,
      version: 7,
      why: { message: "busy", reason: "unreachable" }
    }, 1900)
    assert.strictEqual(failed.change?.status.state, "degraded")
    assert.isUndefined(take(claim("b"), 1950).change)
    assert.strictEqual(take(claim("c"), 2000).change?.status.state, "expired")
    assert.isUndefined(take(claim("d"), 2100).change)
    // connected anew by somebody
    const observe = { _tag: "observe", id: "3", stuck: false } as const
    const [answer] = Core.take({ expiresAt: null, now: 2150, record, version: 8 }, observe)
    assert.deepInclude(answer.change?.status, { since: 2150, state: "connected", version: 8 })
  })
})
