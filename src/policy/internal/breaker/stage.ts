/** What the policy does with a call: asks the circuit on the way in, tells it on the way out. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Call } from "../../../core/Call.js"
import * as IntegrationError from "../../../core/IntegrationError.js"
import * as Pipeline from "../../../core/Pipeline.js"
import type * as Breaker from "./breaker.js"
import * as Core from "./circuitCore.js"

export interface Options {
  readonly breakerOf: (run: Pipeline.Run) => Breaker.Breaker
  /** The breaker of all calls, where there is but one. */
  readonly only: Breaker.Breaker | undefined
  readonly classify: (error: IntegrationError.IntegrationError, call: Call) => Core.Outcome
  /** Milliseconds after which a call is slow; 0: none is. */
  readonly slowAfter: number
}

/** What is kept of a call when the generation alone would not do. */
class Admission {
  constructor(
    readonly breaker: Breaker.Breaker,
    readonly generation: number,
    readonly probe: Breaker.Probe | undefined,
    readonly at: number
  ) {}
}

const succeeded: Breaker.Result = { outcome: "success", retryAfter: 0, slow: false }
const succeededSlowly: Breaker.Result = { outcome: "success", retryAfter: 0, slow: true }
const ignored: Breaker.Result = { outcome: "ignored", retryAfter: 0, slow: false }

export class BreakerStage implements Pipeline.Stage {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  enter(run: Pipeline.Run): Effect.Effect<void, IntegrationError.IntegrationError> | undefined {
    const { only, slowAfter } = this.#options
    const breaker = only ?? this.#options.breakerOf(run)
    const admitted = breaker.admit(run)
    if (typeof admitted === "number") {
      if (admitted < 0) return Exit.fail(openError(run, breaker))
      // a closed circuit holds nothing, and a number allocates nothing
      if (only !== undefined && slowAfter === 0) run.state = admitted
      else this.#begin(run, breaker, admitted, undefined)
      return undefined
    }
    if (Effect.isEffect(admitted)) {
      return Effect.flatMap(admitted, (probe) => {
        if (probe === undefined) return Exit.fail(openError(run, breaker))
        this.#begin(run, breaker, Core.uncounted, probe)
        return Effect.void
      })
    }
    this.#begin(run, breaker, Core.uncounted, admitted)
    return undefined
  }

  refuses(run: Pipeline.Run): boolean {
    return this.#options.only?.refuses(run) === true
  }

  #begin(run: Pipeline.Run, breaker: Breaker.Breaker, generation: number, probe: Breaker.Probe | undefined): void {
    const isTimed = this.#options.slowAfter > 0
    if (isTimed) {
      run.call.timed = true
      run.call.sentAt = -1
    }
    run.state = new Admission(breaker, generation, probe, isTimed ? run.now() : 0)
  }

  leave(run: Pipeline.Run, outcome: Pipeline.Outcome): undefined {
    const { only } = this.#options
    const { state } = run
    if (typeof state === "number") {
      if (state !== Core.uncounted) only?.record(state, this.#resultOf(run, outcome, 0), run)
      return
    }
    const { at, breaker, generation, probe } = state as Admission
    if (probe !== undefined) {
      let result = ignored
      try {
        result = this.#resultOf(run, outcome, at)
      } finally {
        // whatever a classification of the user's own may do, the place is given back
        breaker.settle(probe, result, run)
      }
    } else if (generation !== Core.uncounted) breaker.record(generation, this.#resultOf(run, outcome, at), run)
  }

  #resultOf(run: Pipeline.Run, outcome: Pipeline.Outcome, at: number): Breaker.Result {
    if (Exit.isSuccess(outcome)) return this.#isSlow(run, at) ? succeededSlowly : succeeded
    const error = Pipeline.errorOf(outcome)
    if (error === undefined) return ignored
    const says = this.#options.classify(error, run.call)
    if (says === "ignored") return ignored
    const slow = this.#isSlow(run, at)
    if (says === "success") return slow ? succeededSlowly : succeeded
    const { retryAfter } = error
    return { outcome: "failure", retryAfter: retryAfter === undefined ? 0 : Duration.toMillis(retryAfter), slow }
  }

  /** From the sending on: what was waited for above it is nobody's slowness. */
  #isSlow(run: Pipeline.Run, at: number): boolean {
    const { slowAfter } = this.#options
    if (slowAfter === 0) return false
    const { sentAt } = run.call
    return run.now() - (sentAt < 0 ? at : sentAt) >= slowAfter
  }
}

const openError = (run: Pipeline.Run, breaker: Breaker.Breaker): IntegrationError.CircuitBreakerOpenError => {
  const { call } = run
  const { integration } = call.operation
  const { forcedOpen } = breaker
  const wait = breaker.retryAfter(run)
  const millis = wait === undefined ? undefined : Math.ceil(wait)
  const message = forcedOpen !== undefined
    ? `nothing was sent: the circuit of ${integration} was opened by hand: ${forcedOpen}`
    : breaker.state === "half-open"
    ? `nothing was sent: ${integration} is being probed after failures`
    : `nothing was sent: the circuit of ${integration} is open: ${breaker.reason}; next probe in ${
      inWords(millis ?? 0)
    }`
  return IntegrationError.refusal(
    IntegrationError.CircuitBreakerOpenError,
    call,
    message,
    millis === undefined ? undefined : { retryAfter: Duration.millis(millis) }
  )
}

/** As `Duration.format`, for a tenth of its cost. */
const inWords = (millis: number): string => {
  let words = ""
  let rest = millis
  if (rest >= 86_400_000) {
    words = `${Math.floor(rest / 86_400_000)}d`
    rest %= 86_400_000
  }
  if (rest >= 3_600_000) {
    words = `${words} ${Math.floor(rest / 3_600_000)}h`
    rest %= 3_600_000
  }
  if (rest >= 60_000) {
    words = `${words} ${Math.floor(rest / 60_000)}m`
    rest %= 60_000
  }
  if (rest >= 1000) {
    words = `${words} ${Math.floor(rest / 1000)}s`
    rest %= 1000
  }
  if (rest > 0 || words === "") words = `${words} ${rest}ms`
  return words.trimStart()
}
