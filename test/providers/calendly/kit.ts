import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { Calendly, definition, Emulator } from "holdfast/providers/calendly"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Calendly>

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("fake-token") }))

const clientOf = <E, R>(layer: Layer.Layer<Calendly, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Calendly))

/** A client without any policy, and the emulator behind it. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, own: Layer.Layer<Credentials.Credentials> = credentials) {
    const emulator = yield* Emulator.make(options)
    const calendly = yield* clientOf(
      Layer.effect(Calendly, Integration.client(definition)).pipe(
        Layer.provide(IntegrationClient.layer(definition)),
        Layer.provide(own),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { calendly, emulator }
  }
)

/** The same with the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options, policy: Exclude<Provider.Options["policy"], undefined>) {
    const emulator = yield* Emulator.make(options)
    // the policy's needs are met whatever it is
    const layer = Calendly.layer({ credentials, policy }).pipe(
      Layer.provide(Holdfast.layerMemory),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    ) as Layer.Layer<Calendly>
    return { calendly: yield* clientOf(layer), emulator }
  }
)

export const at = (time: string) => DateTime.unsafeMake(`1970-01-${time}:00Z`)

export const typeUri = (last: string) => `https://api.calendly.com/event_types/TYPE00000000000${last}`

/** A booking of the first event type. */
export const booking = (email: string, time: string) => ({
  event_type: typeUri("1"),
  invitee: { email, name: "Grace Hopper", timezone: "America/New_York" },
  start_time: at(time)
})

/** So many events, half an hour each. */
export const fill = (emulator: Testing.Emulator.Emulator<Emulator.State>, count: number) =>
  Effect.map(emulator.state, (account) => {
    const write = { changed: () => undefined, now: 0 }
    return Array.from({ length: count }, (_, index) => {
      const start_time = DateTime.add(at("05T09:00"), { days: Math.floor(index / 16), minutes: 30 * (index % 16) })
      return account.book({ ...booking(`i${index}@example.com`, "05T09:00"), start_time }, write)
    })
  })
