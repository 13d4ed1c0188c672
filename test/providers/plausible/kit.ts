import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, Plausible } from "holdfast/providers/plausible"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Plausible>

export const key = Credentials.Bearer({ token: Redacted.make("plausible-fake-key") })

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, own: Credentials.Credential = key) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layerBare(Plausible, emulator, { credentials: Credentials.layer(own) }))
    return { emulator, plausible: Context.get(context, Plausible) }
  }
)

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(
      Emulated.layer(Plausible, emulator, { credentials: Credentials.layer(key), policy })
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
