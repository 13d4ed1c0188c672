import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { DocuSign, Emulator, type Schemas } from "holdfast/providers/docusign"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof DocuSign>

export const token = Credentials.Bearer({ token: Redacted.make("docusign-fake-token") })

export const accountId = "0f5e3c9a-1b2d-4c6e-8f70-a1b2c3d4e5f6"

export const account = { accountId }

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(DocuSign, emulator, { credentials: Credentials.layer(token) }))
  return { docusign: Context.get(context, DocuSign), emulator }
})

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(
      Emulated.layer(DocuSign, emulator, { credentials: Credentials.layer(token), policy })
    )
    return { docusign: Context.get(context, DocuSign), emulator }
  }
)

export const order = (transactionId: string) =>
  ({
    documents: [{ documentBase64: btoa("%PDF-1.7 order"), documentId: "1", fileExtension: "pdf", name: "Order" }],
    emailSubject: `Order ${transactionId}`,
    recipients: { signers: [{ email: "ada@example.com", name: "Ada Lovelace", recipientId: "1" }] },
    status: "sent",
    transactionId
  }) as const satisfies typeof Schemas.EnvelopeInput.Type

export const create = (docusign: Client, transactionId: string) =>
  docusign.envelopes.create({ path: account, payload: order(transactionId) })
