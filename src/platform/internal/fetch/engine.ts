/**
 * The stack beneath a fetch, built when it is first needed, and everything that ends with it.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as IntegrationClient from "../../../core/IntegrationClient.js"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import * as CircuitBreaker from "../../../policy/CircuitBreaker.js"
import type * as RateLimit from "../../../policy/RateLimit.js"

/** What holds the state of the policies. */
export type State = DeadLetterQueue.DeadLetterQueue | CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters

type Services = IntegrationClient.IntegrationClient | State

/** A stack that has been built. */
export class Engine {
  readonly client: IntegrationClient.Service
  readonly breakers: Context.Tag.Service<CircuitBreaker.CircuitBreakers>
  readonly deadLetters: Context.Tag.Service<DeadLetterQueue.DeadLetterQueue>
  readonly #fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>
  readonly #fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  #isOver = false

  constructor(runtime: Runtime.Runtime<Services>, readonly scope: Scope.CloseableScope) {
    // whoever waits for the promise is told: no line of the log is about it
    this.#fork = Runtime.runFork(Runtime.setFiberRef(runtime, FiberRef.unhandledErrorLogLevel, Option.none()))
    const get = <I, S>(tag: Context.Tag<I, S>): S => runtime.context.unsafeMap.get(tag.key) as S
    this.client = get(IntegrationClient.IntegrationClient)
    this.breakers = get(CircuitBreaker.CircuitBreakers)
    this.deadLetters = get(DeadLetterQueue.DeadLetterQueue)
  }

  /** Nothing once it is over. */
  fork<A, E>(
    effect: Effect.Effect<A, E>,
    onExit: (exit: Exit.Exit<A, E>) => void
  ): Fiber.RuntimeFiber<A, E> | undefined {
    if (this.#isOver) return undefined
    const fiber = this.#fork(effect)
    this.#fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.#fibers.delete(fiber)
      onExit(exit)
    })
    return fiber
  }

  async end(): Promise<void> {
    this.#isOver = true
    const fibers = Array.from(this.#fibers)
    for (const fiber of fibers) fiber.unsafeInterruptAsFork(FiberId.none)
    await Promise.all(fibers.map((fiber) => new Promise((resolve) => fiber.addObserver(resolve))))
    await new Promise((resolve) => this.#fork(Scope.close(this.scope, Exit.void)).addObserver(resolve))
  }
}

const build = async (layer: Layer.Layer<Services, unknown>): Promise<Engine> => {
  const scope = Effect.runSync(Scope.make())
  const built = await Effect.runPromiseExit(Scope.extend(Layer.toRuntime(layer), scope))
  if (Exit.isSuccess(built)) return new Engine(built.value, scope)
  await Effect.runPromise(Scope.close(scope, Exit.void))
  throw Cause.squash(built.cause)
}

/** From the first call to the end. */
export class Lifecycle {
  #engine: Engine | undefined
  #building: Promise<Engine> | undefined
  #ending: Promise<void> | undefined

  constructor(
    readonly layer: Layer.Layer<Services, unknown>,
    readonly disposed: () => unknown
  ) {}

  /** Nothing while it is not built. */
  get current(): Engine | undefined {
    return this.#engine
  }

  /** Fails as the layer does; whoever asks after that makes it try again. */
  engine(): Promise<Engine> {
    if (this.#ending !== undefined) return Promise.reject(this.disposed())
    return this.#building ??= build(this.layer).then(
      (engine) => {
        if (this.#ending !== undefined) return engine.end().then(() => Promise.reject(this.disposed()))
        return this.#engine = engine
      },
      (error) => {
        this.#building = undefined
        throw error
      }
    )
  }

  end(): Promise<void> {
    return this.#ending ??= this.#end()
  }

  async #end(): Promise<void> {
    const engine = this.#engine
    this.#engine = undefined
    if (engine !== undefined) return engine.end()
    // what is being built ends as soon as it is there
    await this.#building?.catch(() => {})
  }
}
