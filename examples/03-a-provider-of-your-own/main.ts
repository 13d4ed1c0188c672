/**
 * An in-house API as an integration: declared, not coded. The typed client, its retries, breaker, limits, metrics and
 * dead letters, and the emulator that answers here, all come from the declaration.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { ConfigProvider, Console, Effect, Layer, Schema } from "effect"
import { Auth, Credentials, Holdfast, Provider } from "holdfast"
import { Emulator, Faults } from "holdfast/testing"

const Invoice = Schema.Struct({ id: Schema.String, cents: Schema.Int })
const NewInvoice = Schema.Struct({ cents: Schema.Int.pipe(Schema.positive()) })
const create = HttpApiEndpoint.post("create", "/invoices").setPayload(NewInvoice).addSuccess(Invoice, { status: 201 })

const definition = Provider.define({
  id: "billing", // names its metrics, its breaker, and BILLING_BASE_URL
  name: "Billing",
  version: "1",
  baseUrl: "https://billing.example.com",
  api: HttpApi.make("billing").add(HttpApiGroup.make("invoices").add(create)),
  auth: Auth.apiKey("x-api-key"),
  // the service honours this header, so that a create may be sent again after a response that was lost
  policy: { idempotencyKey: { header: "idempotency-key" }, rateLimit: { capacity: 20, refillRate: 10 } }
})

class Billing extends Provider.Tag<Billing>()("app/Billing", definition, {
  credentials: Credentials.apiKeyConfig("BILLING_API_KEY")
}) {}

const program = Effect.gen(function*() {
  const billing = yield* Billing
  const invoice = yield* billing.invoices.create({ payload: { cents: 4200 } })
  yield* Console.log(`created ${invoice.id}, ${invoice.cents} cents`)
})

// The same declaration, from the other side. The first answer is lost, the invoice is not made twice.
const emulator = Emulator.make({
  integration: definition,
  state: () => new Map<string, typeof Invoice.Type>(),
  handlers: (byKey) => ({
    invoices: {
      create: ({ payload }, { headers: { "idempotency-key": key = "" } }) =>
        Effect.sync(() => byKey.get(key) ?? byKey.set(key, { id: `inv-${byKey.size + 1}`, ...payload }).get(key)!)
    }
  }),
  error: ({ message }) => ({ body: { message } })
}, { faults: Faults.script([Faults.resetAfter]) })

program.pipe(
  Effect.provide(Billing.layerConfig.pipe(
    Layer.provide(Holdfast.layerMemory),
    Layer.provide(Layer.unwrapEffect(Effect.map(emulator, Emulator.layerHttpClient)))
  )),
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["BILLING_API_KEY", "fake"]]))),
  NodeRuntime.runMain
)
