import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, strictEqual } from "@effect/vitest/utils"
import { Effect, Inspectable, Layer, Redacted, Schema } from "effect"
import { Auth, Integration, IntegrationClient, type IntegrationError } from "holdfast"
import { inspect } from "node:util"
import * as Kit from "../kit.js"

interface Node {
  readonly key: Redacted.Redacted
  readonly inner: ReadonlyArray<Node>
}

interface Encoded {
  readonly key: string
  readonly inner: ReadonlyArray<Encoded>
}

const Node: Schema.Schema<Node, Encoded> = Schema.Struct({
  inner: Schema.Array(Schema.suspend(() => Node).annotations({ identifier: "Node" })),
  key: Schema.Redacted(Schema.String)
})

type Json = string | ReadonlyArray<Json>

const Json: Schema.Schema<Json> = Schema.Union(
  Schema.String,
  Schema.Array(Schema.suspend(() => Json).annotations({ identifier: "Json" }))
)

const Payment = Schema.Struct({
  amount: Schema.Int,
  anything: Schema.optional(Json),
  codes: Schema.optional(Schema.Array(Schema.Redacted(Schema.String))),
  // what it is called here is not what it is called there
  secret: Schema.propertySignature(Schema.Redacted(Schema.NonEmptyString)).pipe(Schema.fromKey("client_secret")),
  tree: Schema.optionalWith(Node, { nullable: true })
})

const definition = Integration.define({
  api: HttpApi.make("till").add(
    HttpApiGroup.make("payments")
      .add(HttpApiEndpoint.get("get", "/payment").addSuccess(Payment))
      .add(HttpApiEndpoint.get("count", "/count").addSuccess(Schema.Struct({ count: Schema.Int })))
  ),
  auth: Auth.none,
  baseUrl: "https://till.example",
  id: "till",
  name: "Till",
  version: "1"
})

const client = (respond: () => Response) =>
  Effect.provide(
    Integration.client(definition),
    IntegrationClient.layer(definition).pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, new Kit.Provider(() => Effect.sync(respond)).client))
    )
  )

const seen = (error: IntegrationError.IntegrationError): string =>
  [inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error), Inspectable.toStringUnknown(error)]
    .join("\n")

const secret = "pi_secret_5f\"3c"

const whole = { amount: 1, client_secret: secret }

describe("fields that a declaration calls secret", () => {
  const answers: ReadonlyArray<readonly [string, number, unknown]> = [
    ["beside what is wrong", 200, { ...whole, amount: "one" }],
    ["of another shape than is promised", 200, { ...whole, client_secret: { of: [secret] } }],
    ["in a list", 200, { ...whole, amount: "one", codes: ["other", secret] }],
    ["in what holds itself", 200, { amount: "one", tree: { inner: [{ inner: [], key: secret }], key: "other1" } }],
    ["in what is refused", 402, { error: { message: `${secret} was declined`, payment: whole } }],
    ["in an answer that breaks off after it", 200, `${JSON.stringify(whole).slice(0, -1)},"amount":`],
    ["in a failure that is no JSON", 500, `oops: ${JSON.stringify(whole)}`]
  ]
  for (const [where, status, body] of answers) {
    it.effect(where, () =>
      Effect.gen(function*() {
        const till = yield* client(() =>
          typeof body === "string" ? new Response(body) : Response.json(body, { status })
        )
        const failing: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
          till.payments.get(),
          till.payments.count()
        ]
        for (const call of failing) {
          const error = yield* Effect.flip(call)
          assertFalse(seen(error).includes(secret))
          assertFalse(seen(error).includes(JSON.stringify(secret).slice(1, -1)))
          assertTrue(seen(error).includes("REDACTED"))
        }
      }))
  }

  it.effect("in an answer that breaks off within it", () =>
    Effect.gen(function*() {
      const text = JSON.stringify({ client_secret: "sk_fake_0123456789abcdef" })
      for (let length = text.indexOf("sk_fake") + 8; length < text.length - 1; length++) {
        const till = yield* client(() => new Response(text.slice(0, length)))
        assertFalse(seen(yield* Effect.flip(till.payments.get())).includes("sk_fake"))
      }
    }))

  it.effect("across the end of what is kept of a body", () =>
    Effect.gen(function*() {
      for (const padding of [960, 985, 995]) {
        const text = `{"padding":"${"x".repeat(padding)}","client_secret":"sk_fake_0123456789abcdef",`
        const till = yield* client(() => new Response(text))
        assertFalse(seen(yield* Effect.flip(till.payments.get())).includes("sk_"))
      }
    }))

  it.effect("the value itself is there for who asks for it", () =>
    Effect.gen(function*() {
      const till = yield* client(() => Response.json(whole))
      strictEqual(Redacted.value((yield* till.payments.get()).secret), secret)
    }))
})
