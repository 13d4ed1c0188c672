import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { CalCom, Emulator } from "holdfast/providers/cal-com"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof CalCom>

export const key = (text: string) => Credentials.Bearer({ token: Redacted.make(`cal_fake_${text}`) })

export const credentials = Credentials.layer(key("spec"))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}, own = credentials) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(CalCom, emulator, { credentials: own }))
  return { calCom: Context.get(context, CalCom), emulator }
})

/** The same over the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(CalCom, emulator, { credentials, policy }))
    return { calCom: Context.get(context, CalCom), emulator }
  }
)

export const at = (time: string) => DateTime.unsafeMake(`1970-01-${time}:00Z`)

/** A booking of `introduction`, half an hour. */
export const booking = (email: string, time: string) => ({
  attendee: { email, name: "Grace Hopper", timeZone: "America/New_York" },
  eventTypeId: 301,
  start: at(time)
})

/** So many bookings, half an hour each. */
export const fill = (calCom: Client, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (index) =>
      calCom.bookings.create({
        payload: {
          ...booking(`i${index}@example.com`, "05T09:00"),
          start: DateTime.add(at("05T09:00"), { days: Math.floor(index / 16), minutes: 30 * (index % 16) })
        }
      }),
    { discard: true }
  )
