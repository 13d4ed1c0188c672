import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { definition, Emulator, Plausible } from "holdfast/providers/plausible"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Plausible>

export const key = Credentials.Bearer({ token: Redacted.make("plausible-fake-key") })

const clientOf = <E, R>(layer: Layer.Layer<Plausible, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Plausible))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, credential: Credentials.Credential = key) {
    const emulator = yield* Emulator.make(options)
    const plausible = yield* clientOf(
      Layer.effect(Plausible, Integration.client(definition)).pipe(
        Layer.provide(IntegrationClient.layer(definition)),
        Layer.provide(Credentials.layer(credential)),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, plausible }
  }
)

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(
      Plausible.layer({ credentials: Credentials.layer(key), policy }).pipe(
        Layer.provideMerge(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { context, emulator, plausible: Context.get(context, Plausible) }
  }
)

export const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

export const visitor = (last: number, agent = firefox) => ({
  "user-agent": agent,
  "x-forwarded-for": `203.0.113.${last}`
})

export const view = (path: string, domain = "example.com") => ({
  domain,
  name: "pageview",
  url: `https://${domain}${path}`
})
