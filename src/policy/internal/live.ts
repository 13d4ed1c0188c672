/**
 * A stack whose options change while it is in use. Each change makes another stack over what is kept; a call goes to its
 * end through the one with which it began, and a stack is taken down when its last call has left it.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import * as IntegrationClient from "../../core/IntegrationClient.js"
import * as Pipeline from "../../core/Pipeline.js"
import type * as Transport from "../../core/Transport.js"
import * as Meters from "../../internal/meters.js"
import * as Kept from "./kept.js"
import { reader } from "./switch.js"

/** A stack, and how many calls are on their way through it. */
class Generation<O> implements Pipeline.Stage {
  #underWay = 0
  #retired = false
  send: Transport.Send = () => Effect.die("a stack is used when it is built")

  constructor(readonly options: O, readonly scope: Scope.CloseableScope) {}

  enter(): undefined {
    this.#underWay++
  }

  leave(_: Pipeline.Run, outcome: Pipeline.Outcome): Pipeline.Directive | undefined {
    this.#underWay--
    return this.#retired && this.#underWay === 0 ? Pipeline.first(Effect.zipRight(this.#close, outcome)) : undefined
  }

  readonly retire: Effect.Effect<void> = Effect.suspend(() => {
    this.#retired = true
    return this.#underWay === 0 ? this.#close : Effect.void
  })

  get #close(): Effect.Effect<void> {
    return Scope.close(this.scope, Exit.void)
  }
}

export interface Options<O, E, R> {
  /** What is given, now and from now on. */
  readonly ref: SubscriptionRef.SubscriptionRef<O>
  /** The options of a stack, from what is given. */
  readonly resolve: (given: O, integration: IntegrationClient.Integration) => Effect.Effect<O, E, R>
  /** The stack; one that cannot be built leaves things as they are. */
  readonly policy: (options: O) => IntegrationClient.Policy<R>
  readonly describe: (before: O, after: O) => string
}

export const policy = <O, E, R>({ describe, policy, ref, resolve }: Options<O, E, R>): IntegrationClient.Policy<R, E> =>
  IntegrationClient.policy((next) =>
    Effect.gen(function*() {
      const { id } = next.integration
      const scope = yield* Effect.scope
      const runtime = yield* Effect.runtime<R>()
      const beneath = Context.add(
        Context.add(runtime.context, IntegrationClient.IntegrationClient, next),
        Kept.Kept,
        yield* Kept.make
      )

      const build = (given: O): Effect.Effect<Generation<O>, E> =>
        Effect.gen(function*() {
          const options = yield* resolve(given, next.integration)
          const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
          const generation = new Generation(options, own)
          const stack = Effect.suspend(() =>
            Layer.buildWithScope(
              Layer.provide(IntegrationClient.stage(() => Effect.succeed(generation)), policy(options)),
              own
            )
          )
          const built = yield* Effect.onError(stack, (cause) => Scope.close(own, Exit.failCause(cause)))
          generation.send = Context.get(built, IntegrationClient.IntegrationClient).send
          return generation
        }).pipe(Effect.mapInputContext((_: Context.Context<never>) => beneath))

      const changes = Meters.counters(
        "integration_policy_changes_total",
        "Options that were given while the program runs, by whether they hold",
        { integration: id },
        "outcome"
      )
      const refused = Meters.gauge(
        "integration_policy_refused",
        "1 while the options given last are refused, so that those before them hold",
        { integration: id }
      )

      let seen = yield* ref.get
      let current = yield* build(seen)
      refused.update(0)

      const takeOver: Effect.Effect<void> = Effect.gen(function*() {
        const given = yield* ref.get
        if (given === seen) return
        const built = yield* Effect.exit(build(given))
        if (Exit.isFailure(built)) {
          if (Cause.isInterruptedOnly(built.cause)) return yield* Effect.interrupt
          seen = given
          changes("refused").update(1)
          refused.update(1)
          return yield* Effect.logError(
            `the new policy of ${id} is refused, and the one before stays in force: ${why(built.cause)}`
          )
        }
        const before = current
        seen = given
        current = built.value
        changes("applied").update(1)
        refused.update(0)
        yield* Effect.logInfo(`the policy of ${id} has changed: ${describe(before.options, current.options)}`)
        yield* before.retire
      })

      const fork = Runtime.runFork(runtime)
      let running: Fiber.RuntimeFiber<void> | undefined
      const settled: Effect.Effect<void> = Effect.suspend(() => {
        if (running !== undefined) return Effect.asVoid(Fiber.await(running))
        // with the clock, the loggers and the configuration of whoever built the layer, not of whoever happens to call
        const fiber = fork(takeOver, { scope })
        if (fiber.unsafePoll() !== null) return Effect.void
        running = fiber
        fiber.addObserver(() => {
          running = undefined
        })
        return Effect.asVoid(Fiber.await(fiber))
      })

      let isOpen = true
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          isOpen = false
        })
      )
      yield* Effect.forkScoped(Stream.runForEach(ref.changes, () => settled))

      const read = reader<O>(ref)
      const isUpToDate = typeof read === "function" ? () => read() === seen || !isOpen : () => true
      // what is being taken over may be what was given before: that which comes after it is then not
      const caughtUp = Effect.zipRight(settled, Effect.suspend(() => isUpToDate() ? Effect.void : settled))

      return (request, call) =>
        isUpToDate() ? current.send(request, call) : Effect.flatMap(caughtUp, () => current.send(request, call))
    })
  )

const why = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
