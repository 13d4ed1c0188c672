/** What one command works with: the store, the user's module, or both, opened as far as the command needs them. */
import * as Cause from "effect/Cause"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as DeadLetterCipher from "../../../delivery/DeadLetterCipher.js"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import * as LeaseQueue from "../../../delivery/LeaseQueue.js"
import * as Outbox from "../../../delivery/Outbox.js"
import type * as Catalog from "../../../platform/Catalog.js"
import * as Bulkhead from "../../../policy/Bulkhead.js"
import * as CircuitBreaker from "../../../policy/CircuitBreaker.js"
import * as RetryBudget from "../../../policy/RetryBudget.js"
import * as Client from "./client.js"
import { type CliError, failed, usage } from "./exit.js"
import type { Common } from "./flags.js"
import * as Parts from "./parts.js"
import * as StoreChoice from "./storeChoice.js"
import * as UserModule from "./userModule.js"

/** What a program that has the commands in it gives them itself. */
export class Embedded extends Context.Reference<Embedded>()("holdfast/ops/Embedded", {
  defaultValue: (): {
    readonly catalog: Catalog.Catalog | Effect.Effect<Catalog.Catalog> | undefined
    readonly layer: Layer.Layer<never, any, any> | undefined
    readonly integrations: ReadonlyArray<UserModule.Target>
  } => ({ catalog: undefined, integrations: [], layer: undefined })
}) {}

export type Part = "letters" | "outbox" | "breakers"

export interface Needs {
  readonly parts: ReadonlyArray<Part>
  /** The user's layers too, over the store; else only where there is no store but theirs. */
  readonly layers: boolean
}

export interface Session {
  readonly context: Context.Context<never>
  /** Absent: there is a module and no store. */
  readonly clients: { readonly letters: Client.Client; readonly state: Client.Client } | undefined
  readonly module: UserModule.UserModule | undefined
  /** What the breakers of processes are in their own memory for. */
  readonly hasSharedBreakers: boolean
}

export class Current extends Context.Tag("holdfast/ops/Session")<Current, Session>() {}

export const noStore = usage(
  "no store is given: --store URL or HOLDFAST_STORE_URL (sqlite:FILE, postgres://… or redis://…), or --module FILE or " +
    "HOLDFAST_MODULE with layers that bring one"
)

export const chosenModule = (flags: Common): Effect.Effect<UserModule.UserModule | undefined, CliError> =>
  Effect.gen(function*() {
    const { integrations, layer } = yield* Embedded
    if (layer !== undefined) return { cipher: undefined, integrations, layer, name: "this program" }
    const name = Option.isSome(flags.module) ? flags.module : yield* StoreChoice.variable("HOLDFAST_MODULE")
    return Option.isSome(name) ? yield* UserModule.load(name.value) : undefined
  })

export const describe = (error: unknown): string => {
  if (!ConfigError.isConfigError(error)) return error instanceof Error ? error.message : String(error)
  switch (error._op) {
    case "MissingData":
      return `${error.path.join(".")} is not set`
    case "InvalidData":
      return `${error.path.join(".")} is not what it should be: ${error.message}`
    default:
      return error.toString()
  }
}

export const build = (
  { layer, name }: Pick<UserModule.UserModule, "layer" | "name">,
  below: Context.Context<never>
): Effect.Effect<Context.Context<never>, CliError, Scope.Scope> =>
  Effect.catchAllCause(
    Effect.provide(Layer.build(layer as Layer.Layer<never, unknown>), below),
    (cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
      const error = Cause.squash(cause)
      const missing = /^Service not found: (\S+)/.exec(error instanceof Error ? error.message : "")?.[1]
      return failed(
        missing === undefined
          ? `the layers of ${name} cannot be built: ${describe(error)}`
          : `the layers of ${name} need ${missing}, which neither they nor the store provide: give it to them with ` +
            "Layer.provide, or name a store"
      )
    }
  )

export const cipherOf = (
  module: UserModule.UserModule | undefined
): Effect.Effect<Context.Context<DeadLetterCipher.DeadLetterCipher> | undefined, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const isSet = Option.isSome(yield* StoreChoice.variable("HOLDFAST_DEAD_LETTER_KEY"))
    const layer = module?.cipher ?? (isSet ? DeadLetterCipher.layerConfig : undefined)
    return layer === undefined ? undefined : yield* Effect.mapError(
      Layer.build(layer),
      (error) => failed(`the cipher of the dead letters cannot be made: ${describe(error)}`)
    )
  })

/** What is of one process by its nature. */
export const own = Layer.build(Layer.merge(Bulkhead.layerMemory, RetryBudget.layerMemory))

export const open = (flags: Common, needs: Needs): Effect.Effect<Session, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const stores = yield* StoreChoice.choose(flags.store)
    const module = yield* chosenModule(flags)
    if (Option.isNone(stores)) {
      if (module === undefined) return yield* noStore
      const context = yield* build(module, Context.empty())
      return { clients: undefined, context, hasSharedBreakers: true, module }
    }
    const { letters, state } = stores.value
    const wants = (part: Part) => needs.layers || needs.parts.includes(part)
    const lettersClient = yield* Client.open(letters, { make: false })
    const stateClient = state === letters ? lettersClient : yield* Client.open(state, { make: false })
    const cipher = yield* cipherOf(module)
    let context: Context.Context<any> = cipher ?? (Context.empty() as Context.Context<any>)
    let hasSharedBreakers = false
    if (wants("letters") || wants("outbox")) {
      const queue = yield* Parts.queueOf(lettersClient)
      context = Context.add(context, LeaseQueue.LeaseQueue, queue)
      if (wants("letters")) {
        context = Context.add(context, DeadLetterQueue.DeadLetterQueue, yield* Parts.lettersOf(queue, cipher))
      }
      if (wants("outbox")) context = Context.add(context, Outbox.Outbox, yield* Parts.outboxOf(queue, cipher))
    }
    if (needs.layers) context = Context.merge(context, yield* Parts.idempotencyOf(lettersClient))
    if (wants("breakers")) {
      const shared = yield* Parts.sharedOf(stateClient)
      hasSharedBreakers = Option.isSome(shared)
      if (Option.isSome(shared)) context = Context.merge(context, shared.value)
      else if (needs.layers) context = Context.merge(context, yield* Parts.localShared)
    }
    if (needs.layers && module !== undefined) {
      context = Context.merge(context, yield* own)
      context = Context.merge(context, yield* build(module, context))
    }
    return { clients: { letters: lettersClient, state: stateClient }, context, hasSharedBreakers, module }
  })

/** Runs a command with what it needs, and closes that. */
export const run = <A, E, R>(
  flags: Common,
  needs: Needs,
  body: Effect.Effect<A, E, R>
): Effect.Effect<A, E | CliError, Exclude<Exclude<R, Current>, Scope.Scope>> =>
  Effect.scoped(Effect.flatMap(open(flags, needs), (session) => Effect.provideService(body, Current, session)))

const need = <I, S>(tag: Context.Tag<I, S>, what: string): Effect.Effect<S, CliError, Current> =>
  Effect.flatMap(Current, ({ context, module }) =>
    Option.match(Context.getOption(context, tag), {
      onNone: () =>
        failed(
          `there is no ${what}: the layers of ${module?.name ?? "the module"} do not provide it. Let them ` +
            "(Layer.provideMerge), or name the store by --store"
        ),
      onSome: Effect.succeed
    }))

export const letters = need(DeadLetterQueue.DeadLetterQueue, "DeadLetterQueue")

export const outbox = need(Outbox.Outbox, "Outbox")

export const breakers: Effect.Effect<CircuitBreaker.CircuitBreakers["Type"], CliError, Current> = Effect.flatMap(
  Current,
  ({ clients, hasSharedBreakers }) =>
    hasSharedBreakers || clients === undefined
      ? need(CircuitBreaker.CircuitBreakers, "CircuitBreakers")
      : failed(
        `${clients.state.name} has no shared circuits: the breakers of its programs are each in the memory of its own ` +
          "process, or none has run yet. In an SQLite file they are shared where the programs say `shared: true`"
      )
)

/** The letter with its body decrypted, where there is a key; as it is stored, where there is none. */
export const revealed = (
  letter: DeadLetterQueue.DeadLetter
): Effect.Effect<DeadLetterQueue.DeadLetter, DeadLetterQueue.DeadLetterQueueError, Current> =>
  Effect.flatMap(Current, ({ context }) =>
    Option.match(Context.getOption(context, DeadLetterCipher.DeadLetterCipher), {
      onNone: () => Effect.succeed(letter),
      onSome: (cipher) =>
        Effect.provideService(DeadLetterCipher.reveal(letter), DeadLetterCipher.DeadLetterCipher, cipher)
    }))
