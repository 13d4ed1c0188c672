/**
 * A provider's service over its emulator, in process: with a credential, with or without the policies. For specs of what is
 * sent, of what becomes of a failure, and of how long something waits; a spec of one's own program is served by the
 * provider's `layerTest`.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import type * as Credentials from "../auth/Credentials.js"
import type * as Integration from "../core/Integration.js"
import type * as Holdfast from "../Holdfast.js"
import type * as Provider from "../platform/Provider.js"
import * as Emulator from "./Emulator.js"
import * as Clients from "./internal/clients.js"

/**
 * A provider's service class, as `Provider.Tag` makes one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tag<I, D extends Provider.Definition> extends Context.Tag<I, Integration.Client<D>> {
  readonly definition: D
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<D extends Provider.Definition = Provider.Definition> {
  /** Another than the class has: of another version, region or plan. */
  readonly definition?: D | undefined
  readonly credentials: Layer.Layer<Credentials.Credentials>
  /** Of a provider whose every account has a host of its own. The emulator takes any. */
  readonly baseUrl?: string | undefined
}

const partsOf = <I, D extends Provider.Definition>(
  tag: Tag<I, D>,
  emulator: Emulator.Emulator,
  { baseUrl, credentials, definition = tag.definition }: Options<D>
): Clients.Parts<I, D> => ({
  baseUrl,
  credentials,
  definition,
  http: Emulator.httpClient(emulator),
  tag
})

/**
 * The service without any policy: each answer of the emulator is the outcome of a call.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Credentials } from "holdfast"
 * import { Emulator, Stripe } from "holdfast/providers/stripe"
 * import { Emulated, Faults } from "holdfast/testing"
 *
 * const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("sk_test_fake") }))
 *
 * const refusal = Effect.gen(function*() {
 *   const emulator = yield* Emulator.make({ faults: Faults.script([Faults.status(500)]) })
 *   const balance = Effect.flatMap(Stripe, (stripe) => stripe.balance.get())
 *   return yield* Effect.flip(Effect.provide(balance, Emulated.layerBare(Stripe, emulator, { credentials })))
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerBare = <I, D extends Provider.Definition>(
  tag: Tag<I, D>,
  emulator: Emulator.Emulator,
  options: Options<D>
): Layer.Layer<I> => Clients.bare(partsOf(tag, emulator, options))

/**
 * The service over the standard stack, the state of which is in memory and can be looked at: the dead letters, the breakers.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <I, D extends Provider.Definition>(
  tag: Tag<I, D>,
  emulator: Emulator.Emulator,
  options: Options<D> & { readonly policy?: Provider.PolicyOption | undefined }
): Layer.Layer<I | Holdfast.Provided> =>
  Clients.standard({ ...partsOf(tag, emulator, options), policy: options.policy })
