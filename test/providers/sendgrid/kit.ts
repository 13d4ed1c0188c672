import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials } from "holdfast"
import { Emulator, type Mail, SendGrid } from "holdfast/providers/sendgrid"
import { Emulated } from "holdfast/testing"
import type * as Testing from "holdfast/testing"

export const credential = Credentials.Bearer({ token: Redacted.make("SG.fake-key.of-this-side") })

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(
    Emulated.layerBare(SendGrid, emulator, { credentials: Credentials.layer(credential) })
  )
  return { emulator, sendgrid: Context.get(context, SendGrid) }
})

export type Client = Context.Tag.Service<typeof SendGrid>

/** A mail with no more than it must have. */
export const mail = (to: string, more: Partial<typeof Mail.Mail.Type> = {}): typeof Mail.Mail.Type => ({
  content: [{ type: "text/plain", value: "It is on its way." }],
  from: { email: "shop@example.com", name: "The shop" },
  personalizations: [{ to: [{ email: to }] }],
  subject: "Your order",
  ...more
})

/** Suppressed addresses, one a second. */
export const suppress = (
  emulator: Testing.Emulator.Emulator<Emulator.State>,
  count: number
): Effect.Effect<void> =>
  Effect.map(emulator.state, ({ suppressions }) => {
    for (let index = 0; index < count; index++) {
      suppressions.bounces.push({
        created: 1_800_000_000 + index,
        email: `b${index}@example.com`,
        reason: "550 no such user",
        status: "5.1.1"
      })
    }
  })
