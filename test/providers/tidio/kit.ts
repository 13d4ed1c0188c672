import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { credential, Emulator, Tidio } from "holdfast/providers/tidio"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Tidio>

/** Fake ones of a project, told apart by what comes last. */
export const keys = (text: string) =>
  credential({ clientId: Redacted.make(`ci_fake_${text}`), clientSecret: Redacted.make(`cs_fake_${text}`) })

export const credentials = Credentials.layer(keys("spec"))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}, own = credentials) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Tidio, emulator, { credentials: own }))
  return { emulator, tidio: Context.get(context, Tidio) }
})

/** The same over the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Tidio, emulator, { credentials, policy }))
    return { emulator, tidio: Context.get(context, Tidio) }
  }
)

/** So many contacts. */
export const fill = (tidio: Client, count: number) =>
  tidio.contacts.createBatch({
    payload: {
      contacts: [contact(0), ...Array.from({ length: count - 1 }, (_, index) => contact(index + 1))]
    }
  })

export const contact = (number: number) => ({ distinct_id: `customer-${number}`, email: `i${number}@example.com` })

/** Operators and departments that every emulator has. */
export const ids = {
  department: "cccccccc-0000-4000-8000-000000000002",
  general: "cccccccc-0000-4000-8000-000000000001",
  nobody: "eeeeeeee-0000-4000-8000-000000000001",
  operator: "bbbbbbbb-0000-4000-8000-000000000001"
}

export const question = { contact_email: "ada@example.com", message_content: "Where is it?", subject: "Order 42" }

export { refused } from "../refused.js"
