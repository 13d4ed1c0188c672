import type { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Integration, IntegrationClient } from "holdfast"
import { define, definition as v3, Emulator, HubSpot } from "holdfast/providers/hubspot"
import * as Testing from "holdfast/testing"

export const token = "pat-na1-very-secret"

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make(token) }))

/** The typed client without any policy. */
export const bare = (
  options: { readonly baseUrl?: string; readonly version?: "v3" | "2026-03" } = {}
): Layer.Layer<HubSpot, never, HttpClient.HttpClient> => {
  const definition = options.version === "2026-03" ? define({ version: options.version }) : v3
  return Layer.effect(HubSpot, Integration.client(definition)).pipe(
    Layer.provide(IntegrationClient.layer(definition, { baseUrl: options.baseUrl })),
    Layer.provide(credentials)
  )
}

const clientOf = <E, R>(layer: Layer.Layer<HubSpot, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, HubSpot))

/** A client and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const hubspot = yield* clientOf(
    Layer.provide(
      bare({ version: options.version === "2026-03" ? "2026-03" : "v3" }),
      Testing.Emulator.layerHttpClient(emulator)
    )
  )
  return { emulator, hubspot }
})

/** The same over a real socket, with undici. */
export const overSocket = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const hubspot = yield* clientOf(
    Layer.provide(
      bare({ baseUrl, version: options.version === "2026-03" ? "2026-03" : "v3" }),
      NodeHttpClient.layerUndici
    )
  )
  return { baseUrl, emulator, hubspot }
})

export type Client = Context.Tag.Service<typeof HubSpot>
