import { FetchHttpClient } from "@effect/platform"
import { assertInstanceOf, assertTrue } from "@effect/vitest/utils"
import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, IntegrationError, type Provider } from "holdfast"
import { definition, Emulator, Keys, Supabase } from "holdfast/providers/supabase"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Supabase>

export const credentials = Credentials.layer(Keys.key(Redacted.make("sb_secret_fake")))

const clientOf = <E, R>(layer: Layer.Layer<Supabase, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Supabase))

/** A client without any policy, and the emulator behind it. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, own: Layer.Layer<Credentials.Credentials> = credentials) {
    const emulator = yield* Emulator.make(options)
    const supabase = yield* clientOf(
      Layer.effect(Supabase, Integration.client(definition)).pipe(
        Layer.provide(IntegrationClient.layer(definition)),
        Layer.provide(own),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, supabase }
  }
)

/** The same with the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options, policy: Exclude<Provider.Options["policy"], undefined>) {
    const emulator = yield* Emulator.make(options)
    // the policy's needs are met whatever it is
    const layer = Supabase.layer({ baseUrl: "https://project.supabase.test", credentials, policy }).pipe(
      Layer.provide(Holdfast.layerMemory),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    ) as Layer.Layer<Supabase>
    return { emulator, supabase: yield* clientOf(layer) }
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

/** What is refused before it is sent. */
export const refused = <A>(effect: Effect.Effect<A, IntegrationError.IntegrationError>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assertInstanceOf(error, IntegrationError.ValidationError)
    assertTrue(error.message.startsWith("nothing was sent"), error.message)
    return error.message
  })

export const bytes = (text: string) => new TextEncoder().encode(text)

export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** A bucket with so many files. */
export const fill = Effect.fnUntraced(function*({ buckets, objects }: Client, count: number) {
  yield* buckets.create({ payload: { name: "files" } })
  for (let index = 0; index < count; index++) {
    yield* objects.upload({ path: { bucket: "files", path: `${index}.txt` }, payload: bytes(`${index}`) })
  }
})
