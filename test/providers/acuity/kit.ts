import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Acuity, Emulator } from "holdfast/providers/acuity"
import { Emulated } from "holdfast/testing"
import type * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Acuity>

/** A fake user id, which is a number, and a fake key, told apart by what comes last. */
export const keys = (number: number) =>
  Credentials.Basic({ password: Redacted.make(`fake-acuity-key-${number}`), username: String(1000 + number) })

export const credentials = Credentials.layer(keys(1))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}, own = credentials) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Acuity, emulator, { credentials: own }))
  return { acuity: Context.get(context, Acuity), context, emulator }
})

/** The same over the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Acuity, emulator, { credentials, policy }))
    return { acuity: Context.get(context, Acuity), context, emulator }
  }
)

/** A time of January 1970, in Los Angeles: `05T09:00`, on a Monday. */
export const at = (time: string) => DateTime.unsafeMake(`1970-01-${time}:00-08:00`).pipe(DateTime.toUtc)

/** An introduction for half an hour. */
export const booking = (email: string, time: string) => ({
  appointmentTypeID: 11,
  datetime: at(time),
  email,
  firstName: "Grace",
  lastName: "Hopper"
})

/** So many introductions, ten a day from the fifth on. */
export const fill = (emulator: Testing.Emulator.Emulator<Emulator.State>, count: number) =>
  Effect.map(emulator.state, (account) => {
    const write = { changed: () => undefined, now: 0 }
    const first = at("05T09:00")
    return Array.from({ length: count }, (_, index) => {
      const datetime = DateTime.add(first, { days: Math.floor(index / 10), minutes: 30 * (index % 10) })
      return account.create({ ...booking(`i${index}@example.com`, "05T09:00"), calendarID: 1, datetime }, true, write)
    })
  })

export { refused } from "../refused.js"
