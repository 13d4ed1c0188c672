/**
 * The circuit of one key in a process that shares it with others: the policy's calls on one side, on the other what is
 * carried between the mirror and the store. All that the policy calls is synchronous, but for a place as a probe.
 */
import * as Effect from "effect/Effect"
import * as Breaker from "./breaker.js"
import * as Core from "./circuitCore.js"
import * as Mirror from "./mirrorCore.js"
import type * as Shared from "./sharedCore.js"
import type { StoreError } from "./store.js"
import * as Window from "./windowCore.js"

/** Of all circuits of the process. Milliseconds. */
export interface Settings {
  readonly quorum: number
  readonly flushInterval: number
  /** A place as a probe is the store's again so long after its process was last heard of. */
  readonly lease: number
  /** For which a caller waits for a place. */
  readonly patience: number
  readonly livesFor: number
  /** For records whose keys are not forgotten by themselves. */
  readonly timeToLive: number
}

/** What the circuits of the process have in common: the way to the store. */
export interface Link {
  readonly node: string
  readonly settings: Settings
  /** The store can be used. */
  readonly isUp: boolean
  readonly now: () => number
  /** Bounded; its failure has been dealt with. */
  readonly step: (
    key: string,
    step: Shared.Step,
    terms: Shared.Terms
  ) => Effect.Effect<Shared.Answer, StoreError>
  readonly fork: (effect: Effect.Effect<void>) => void
  /** Runs it once, keeping no process alive for it; hands back how to prevent it. */
  readonly after: (millis: number, run: () => void) => () => void
}

const never = Number.POSITIVE_INFINITY

/** Of acts of a hand, so many are remembered for a store that is away. */
const longestMemory = 16

/** What a caller gets who is let through whatever the circuit says. */
const noPlace: Mirror.Probe = { era: -1, generation: -1, id: "", local: true }

export class SharedBreaker implements Breaker.Breaker {
  readonly #mirror: Mirror.Mirror
  #config: Breaker.Config
  #terms: Shared.Terms
  /** Grows when the store is lost: what was under way then is no longer waited for. */
  #session = 0
  #isNew = true
  #isAttaching = false
  #heardAt = 0
  /** The newest revision that was pushed while the record was being read. */
  #pushed = 0
  /** Acts of a hand that the store has not been told of. */
  #untold: Array<Core.Command> = []
  /** Places of this process: how to stop renewing each. */
  readonly #places = new Map<string, { readonly probe: Mirror.Probe; stop: () => void }>()
  #reportAt = never
  #stopReport: () => void = () => {}
  #hasEnded = false
  #rejected = 0
  #wouldHaveRejected = 0
  #lastTransition: Breaker.Transition | undefined

  constructor(
    readonly key: string,
    config: Breaker.Config,
    readonly link: Link,
    readonly moment: Breaker.Moment,
    readonly listener: Breaker.Listener
  ) {
    const { flushInterval } = link.settings
    this.#config = config
    this.#terms = this.#termsOf(config)
    this.#mirror = new Mirror.Mirror({ config: this.#terms.config, flushInterval, node: link.node, now: link.now() })
  }

  #termsOf(config: Breaker.Config): Shared.Terms {
    const { flushInterval, livesFor, quorum, timeToLive } = this.link.settings
    return {
      config: { ...config, gather: flushInterval * 2, quorum },
      livesFor,
      timeToLive: Number.isFinite(config.idleTimeToLive) ? Math.ceil(config.idleTimeToLive) : timeToLive
    }
  }

  get config(): Breaker.Config {
    return this.#config
  }
  get state(): Core.State {
    return Core.visible(this.#mirror.replica, this.#config)
  }
  get reason(): string {
    return this.#mirror.replica.reason
  }
  get forcedOpen(): string | undefined {
    const { mode, modeReason } = this.#mirror.replica
    return mode === "forced-open" ? modeReason : undefined
  }
  retryAfter(): number | undefined {
    return this.#mirror.retryAfter(this.link.now())
  }
  get meaningfulUntil(): number {
    return this.#places.size > 0 || this.#untold.length > 0 ? never : Core.meaningfulUntil(this.#mirror.replica)
  }
  /** Nobody has tried yet to find out what the others know. */
  get isNew(): boolean {
    return this.#isNew
  }

  admit(): number | Breaker.Probe | Effect.Effect<Breaker.Probe | undefined> {
    const mirror = this.#mirror
    // the clock is asked only where the time matters
    const answer = mirror.admit(mirror.replica.state === "closed" ? 0 : this.link.now())
    if (answer >= 0) return answer
    if (answer === Core.ask) {
      if (mirror.attached) return this.#ask
      const probe = this.#change(() => mirror.acquireProbe(this.link.now()))
      if (probe !== undefined) return probe
    }
    return this.#refuse()
  }

  refuses(): boolean {
    const mirror = this.#mirror
    return mirror.replica.state !== "closed" && this.#mode !== "shadow" &&
      mirror.admit(this.link.now()) === Core.refused
  }

  get #mode(): Core.ConfiguredMode | "forced-open" {
    return Core.modeOf(this.#mirror.replica, this.#config)
  }

  #refuse(): number {
    if (this.#mode === "shadow") {
      this.#wouldHaveRejected++
      this.listener.onShadowRejection(this.key)
      return Core.uncounted
    }
    this.#rejected++
    return Core.refused
  }

  record(admission: number, result: Breaker.Result): void {
    const code = Breaker.codeOf(result)
    if (code < 0 || admission <= 0) return
    const mirror = this.#mirror
    if (mirror.attached && code === Window.good && !mirror.troubled && this.#config.strategy.kind !== "time") {
      return mirror.record(admission, code, 0, 0)
    }
    this.#change(() => mirror.record(admission, code, result.retryAfter, this.link.now()))
  }

  settle(probe: Breaker.Probe, result: Breaker.Result): void {
    const own = probe as Mirror.Probe
    const code = Breaker.codeOf(result)
    if (own.local) {
      this.#change(() => this.#mirror.probeResult(own, code, result.retryAfter, this.link.now()))
    } else if (this.#places.has(own.id)) this.link.fork(this.#settle(own, code, result.retryAfter))
  }

  #settle({ generation, id }: Mirror.Probe, code: number, told: number): Effect.Effect<void> {
    this.#places.get(id)?.stop()
    this.#places.delete(id)
    return this.#tell({ _tag: "probeResult", code, generation, id, told })
  }

  /** What is answered is adopted; whether it arrives is nobody's concern. */
  #tell(step: Shared.Step): Effect.Effect<void> {
    return Effect.suspend(() => {
      const session = this.#session
      return Effect.match(this.link.step(this.key, step, this.#terms), {
        onFailure: () => {},
        onSuccess: ({ view }) => {
          if (session === this.#session) this.hear(view)
        }
      })
    })
  }

  /**
   * Asks the store for a place as a probe. The question goes its own way: a caller that is interrupted, or has waited long
   * enough, leaves it alone, and a place that it brings then is given back.
   */
  readonly #ask: Effect.Effect<Breaker.Probe | undefined> = Effect.suspend(() => {
    const mirror = this.#mirror
    const session = this.#session
    const probe = mirror.askForProbe()
    const { lease, patience } = this.link.settings
    let isWaiting = true
    let given: Mirror.Probe | undefined
    const question = Effect.async<Mirror.Probe | undefined>((resume) => {
      const leave = (answer: Mirror.Probe | undefined) => {
        if (!isWaiting) return
        isWaiting = false
        stop()
        given = answer
        resume(Effect.succeed(answer))
      }
      const stop = this.link.after(patience, () => leave(undefined))
      const { generation, id } = probe
      this.link.fork(
        Effect.match(this.link.step(this.key, { _tag: "acquireProbe", generation, id, lease }, this.#terms), {
          onFailure: () => {
            if (session === this.#session) mirror.unanswered()
            leave(undefined)
          },
          onSuccess: ({ granted, retryAfter, view }) => {
            if (session === this.#session) {
              this.#change(() => mirror.answered(view, granted ? undefined : { retryAfter }, this.link.now()))
            }
            if (granted) this.#hold(probe)
            if (granted && !isWaiting) this.link.fork(this.#settle(probe, -1, 0))
            leave(granted ? probe : undefined)
          }
        })
      )
      return Effect.sync(() => {
        isWaiting = false
        stop()
      })
    })
    return Effect.map(
      // also when the interruption comes between the answer and its caller
      Effect.onInterrupt(question, () => {
        if (given !== undefined) this.link.fork(this.#settle(given, -1, 0))
        return Effect.void
      }),
      (probe) => probe ?? (this.#refuse() === Core.uncounted ? noPlace : undefined)
    )
  })

  /** The place is renewed for as long as the call is under way, up to the record's own deadline. */
  #hold(probe: Mirror.Probe): void {
    const { lease } = this.link.settings
    const { generation, id } = probe
    const place = { probe, stop: () => {} }
    const renewLater = () => {
      place.stop = this.link.after(lease / 3, () =>
        this.link.fork(
          Effect.match(this.link.step(this.key, { _tag: "renewProbe", generation, id, lease }, this.#terms), {
            // the lease may outlast the trouble
            onFailure: () => {
              if (this.#places.get(id) === place) renewLater()
            },
            onSuccess: ({ granted }) => {
              if (granted && this.#places.get(id) === place) renewLater()
            }
          })
        ))
    }
    this.#places.set(id, place)
    renewLater()
  }

  /** Follows the shared record from now on. */
  attach(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#hasEnded || this.#isAttaching || this.#mirror.attached || !this.link.isUp) return Effect.void
      this.#isNew = false
      this.#isAttaching = true
      this.#mirror.expect()
      this.#pushed = 0
      const session = this.#session
      // what a hand has done meanwhile goes first, so that what is read holds it
      const [command] = this.#untold
      const step: Shared.Step = command === undefined ? this.#look : { _tag: "command", command }
      return Effect.matchEffect(this.link.step(this.key, step, this.#terms), {
        // it is detached by now
        onFailure: () => Effect.void,
        onSuccess: ({ view }) => {
          if (session !== this.#session) return Effect.void
          this.#isAttaching = false
          if (command !== undefined && this.#untold[0] === command) this.#untold.shift()
          // a push that came meanwhile may be newer than the answer
          if (this.#untold.length > 0 || this.#pushed > view.revision) return this.attach()
          this.#heardAt = this.link.now()
          this.#change(() => this.#mirror.attach(view, this.link.now()))
          return Effect.void
        }
      })
    })
  }

  get #look(): Shared.Step {
    return { _tag: "read", node: this.link.node, present: this.link.settings.quorum > 1 }
  }

  detach(): void {
    this.#session++
    this.#isAttaching = false
    this.#change(() => this.#mirror.detach(this.link.now()))
  }

  /** A push, or an answer. */
  hear(view: Mirror.View): void {
    this.#pushed = Math.max(this.#pushed, view.revision)
    const now = this.link.now()
    this.#heardAt = now
    this.#change(() => this.#mirror.receive(view, now))
  }

  /** From time to time: who hears nothing for long asks. */
  beat(): Effect.Effect<void> {
    if (!this.#mirror.attached) return this.attach()
    const { mode, state } = this.#mirror.replica
    const isPlain = state === "closed" && mode === "auto" && !this.#mirror.troubled && this.link.settings.quorum === 1
    const isFresh = this.link.now() - this.#heardAt < this.#terms.timeToLive / 3
    return isPlain && isFresh ? Effect.void : this.#tell(this.#look)
  }

  command(command: Core.Command): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.#mirror.attached) return this.#commandAlone(command)
      const session = this.#session
      return Effect.matchEffect(this.link.step(this.key, { _tag: "command", command }, this.#terms), {
        // it is detached by now
        onFailure: () => this.#mirror.attached ? Effect.void : this.#commandAlone(command),
        onSuccess: ({ view }) => Effect.sync(() => session === this.#session && this.hear(view))
      })
    })
  }

  #commandAlone(command: Core.Command): Effect.Effect<void> {
    this.#change(() => this.#mirror.command(command, this.link.now()))
    this.#untold = [...this.#untold.slice(1 - longestMemory), command]
    return this.attach()
  }

  /** The newest configuration wins; the state stays. */
  reconfigure(config: Breaker.Config): void {
    this.#terms = this.#termsOf(config)
    this.#change(() => {
      this.#config = config
      this.#mirror.reconfigure(this.#terms.config, this.link.now())
    })
  }

  #change<A>(step: () => A): A {
    const from = this.state
    const result = step()
    const to = this.state
    if (from !== to) {
      const { generation, reason } = this.#mirror.replica
      this.#lastTransition = {
        at: this.moment.clock.unsafeCurrentTimeMillis(),
        from,
        generation,
        key: this.key,
        mode: this.#mode,
        reason,
        to
      }
      this.listener.onTransition(this.#lastTransition)
    }
    this.#schedule()
    return result
  }

  #schedule(): void {
    const at = this.#hasEnded ? never : this.#mirror.nextReport
    if (at === this.#reportAt) return
    this.#stopReport()
    this.#reportAt = at
    if (at === never) return
    const report = () => {
      this.#reportAt = never
      // somebody else may have been asked for it meanwhile
      if (this.#mirror.nextReport !== never) this.link.fork(this.#report())
    }
    const wait = at - this.link.now()
    this.#stopReport = () => {}
    if (wait <= 0) report()
    else this.#stopReport = this.link.after(wait, report)
  }

  #report(): Effect.Effect<void> {
    const mirror = this.#mirror
    const session = this.#session
    const report = mirror.takeReport(this.link.now())
    return Effect.match(this.link.step(this.key, { _tag: "report", report }, this.#terms), {
      onFailure: () => {
        if (session === this.#session) this.#change(() => mirror.lost(report, this.link.now()))
      },
      onSuccess: ({ view }) => {
        if (session !== this.#session) return
        this.#heardAt = this.link.now()
        this.#change(() => mirror.reported(report, view, this.link.now()))
      }
    })
  }

  snapshot(): Breaker.Snapshot {
    const now = this.link.now()
    const mirror = this.#mirror
    const { replica, view } = mirror
    return Breaker.snapshotOf({
      config: this.#config,
      counts: mirror.counts(now),
      key: this.key,
      lastTransition: this.#lastTransition,
      probeSuccesses: mirror.attached ? view?.probeSuccesses ?? 0 : replica.probeSuccesses,
      probes: mirror.attached ? view?.probes ?? 0 : replica.probes.filter(({ until }) => until > now).length,
      record: replica,
      rejected: this.#rejected,
      retryAfter: mirror.retryAfter(now),
      wouldHaveRejected: this.#wouldHaveRejected
    })
  }

  /** No timer is left. */
  end(): void {
    this.#hasEnded = true
    this.#stopReport()
    for (const { stop } of this.#places.values()) stop()
  }

  /** What is held at the store is given back. */
  leave(): Effect.Effect<void> {
    const places = Array.from(this.#places.values(), ({ probe }) => this.#settle(probe, -1, 0))
    const isKnown = this.link.settings.quorum > 1 && this.#mirror.attached
    return Effect.all(isKnown ? [...places, this.#tell({ _tag: "leave", node: this.link.node })] : places, {
      concurrency: 8,
      discard: true
    })
  }
}
