import { FetchHttpClient } from "@effect/platform"
import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, type Provider } from "holdfast"
import { Emulator, Keys, Supabase } from "holdfast/providers/supabase"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Supabase>

export const credentials = Credentials.layer(Keys.key(Redacted.make("sb_secret_fake")))

const clientOf = <E, R>(layer: Layer.Layer<Supabase, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Supabase))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}, own = credentials) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Supabase, emulator, { credentials: own }))
  return { emulator, supabase: Context.get(context, Supabase) }
})

/** The same over the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(
      Emulated.layer(Supabase, emulator, { baseUrl: "https://project.supabase.test", credentials, policy })
    )
    return { emulator, supabase: Context.get(context, Supabase) }
  }
)

/** Of a server that listens. */
export const overHttp = (baseUrl: string) =>
  clientOf(
    Supabase.layer({ baseUrl, credentials }).pipe(
      Layer.provide(Holdfast.layerMemory),
      Layer.provide(FetchHttpClient.layer)
    )
  )

export const bytes = (text: string) => new TextEncoder().encode(text)

export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** A bucket with so many files. */
export const fill = Effect.fnUntraced(function*({ buckets, objects }: Client, count: number) {
  yield* buckets.create({ payload: { name: "files" } })
  for (let index = 0; index < count; index++) {
    yield* objects.upload({ path: { bucket: "files", path: `${index}.txt` }, payload: bytes(`${index}`) })
  }
})

export { refused } from "../refused.js"
