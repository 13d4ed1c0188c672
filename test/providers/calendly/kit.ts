import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Calendly, Emulator } from "holdfast/providers/calendly"
import { Emulated } from "holdfast/testing"
import type * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Calendly>

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("fake-token") }))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, own = credentials) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layerBare(Calendly, emulator, { credentials: own }))
    return { calendly: Context.get(context, Calendly), emulator }
  }
)

/** The same over the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Calendly, emulator, { credentials, policy }))
    return { calendly: Context.get(context, Calendly), emulator }
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
