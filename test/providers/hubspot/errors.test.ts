import { describe, it } from "@effect/vitest"
import { assertFalse, assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, Inspectable, Option, Schema } from "effect"
import { IntegrationError } from "holdfast"
import { Emulator, HubSpotErrors } from "holdfast/providers/hubspot"
import { Faults } from "holdfast/testing"
import * as Kit from "./kit.js"

type Fault = Parameters<typeof Faults.script>[0][number]

/** The error of one call that meets a fault. */
const errorOf = Effect.fnUntraced(function*(fault: Fault) {
  const { emulator, hubspot } = yield* Kit.inProcess({ faults: Faults.always(fault) })
  const error = yield* Effect.flip(hubspot.contacts.create({ payload: { properties: { email: "ada@example.com" } } }))
  return { error, emulator }
})

const millis = (error: IntegrationError.IntegrationError): number | undefined =>
  error.retryAfter === undefined ? undefined : Duration.toMillis(error.retryAfter)

interface Case {
  readonly name: string
  readonly fault: Fault
  readonly tag: IntegrationError.Tag
  readonly retryable: boolean
  readonly retryAfter?: number
  readonly code?: string
  readonly says?: string
}

const body = (message: string, category: string) => ({ status: "error", message, correlationId: "c-1", category })

const cases: ReadonlyArray<Case> = [
  {
    name: "429 DAILY: a wait that no retry can sit out",
    fault: Faults.status(429, { body: Emulator.Bodies.rateLimit("DAILY") }),
    tag: "RateLimitError",
    retryable: false,
    code: "RATE_LIMIT",
    says: "daily limit"
  },
  {
    name: "429 TEN_SECONDLY_ROLLING: 10 seconds",
    fault: Faults.status(429, { body: Emulator.Bodies.rateLimit("TEN_SECONDLY_ROLLING") }),
    tag: "RateLimitError",
    retryable: true,
    retryAfter: 10_000,
    code: "RATE_LIMIT"
  },
  {
    name: "429 of a search: 1 second",
    fault: Faults.status(429, { body: { status: "error", message: "You have reached your secondly limit." } }),
    tag: "RateLimitError",
    retryable: true,
    retryAfter: 1000
  },
  {
    name: "429 whose header knows better",
    fault: Faults.retryAfterSeconds(3),
    tag: "RateLimitError",
    retryable: true,
    retryAfter: 3000
  },
  {
    name: "429 with a date",
    fault: Faults.retryAfterDate(7),
    tag: "RateLimitError",
    retryable: true,
    retryAfter: 7000
  },
  {
    name: "423: a lock of two seconds",
    fault: Faults.status(423),
    tag: "ConflictError",
    retryable: true,
    retryAfter: 2000
  },
  {
    name: "477: a migration, with its Retry-After",
    fault: Faults.retryAfterSeconds(60, 477),
    tag: "ServerError",
    retryable: true,
    retryAfter: 60_000
  },
  { name: "500", fault: Faults.status(500), tag: "ServerError", retryable: true, says: "internal error" },
  {
    name: "502 from the gateway, in HTML",
    fault: Faults.status(502),
    tag: "ServerError",
    retryable: true,
    says: "gateway"
  },
  { name: "503", fault: Faults.status(503), tag: "ServerError", retryable: true },
  ...[504, 521, 522, 523, 524, 525, 526].map((status): Case => ({
    name: String(status),
    fault: Faults.status(status),
    tag: "ServerError",
    retryable: true,
    says: "HubSpot"
  })),
  {
    name: "401",
    fault: Faults.status(401, {
      body: body("The OAuth token used to make this call expired", "EXPIRED_AUTHENTICATION")
    }),
    tag: "AuthenticationError",
    retryable: false,
    code: "EXPIRED_AUTHENTICATION"
  },
  {
    name: "403 MISSING_SCOPES names the scopes",
    fault: Faults.status(403, { body: Emulator.Bodies.missingScopes(["crm.objects.contacts.write", "oauth"]) }),
    tag: "AuthorizationError",
    retryable: false,
    code: "MISSING_SCOPES",
    says: "needs crm.objects.contacts.write, oauth"
  },
  {
    name: "403 with the scopes in its own context",
    fault: Faults.status(403, { body: { ...body("no", "MISSING_SCOPES"), context: { missingScopes: ["tickets"] } } }),
    tag: "AuthorizationError",
    retryable: false,
    says: "needs tickets"
  },
  { name: "404", fault: Faults.status(404), tag: "NotFoundError", retryable: false, code: "OBJECT_NOT_FOUND" },
  { name: "409", fault: Faults.status(409), tag: "ConflictError", retryable: false, code: "CONFLICT" },
  { name: "414", fault: Faults.status(414, { body: "" }), tag: "ValidationError", retryable: false },
  {
    name: "the body goes before the status: a 400 that says the object is not there",
    fault: Faults.status(400, { body: body("resource not found", "OBJECT_NOT_FOUND") }),
    tag: "NotFoundError",
    retryable: false,
    code: "OBJECT_NOT_FOUND"
  }
]

describe("HubSpot errors", () => {
  for (const one of cases) {
    it.scoped(one.name, () =>
      Effect.gen(function*() {
        const { emulator, error } = yield* errorOf(one.fault)
        strictEqual(error._tag, one.tag)
        strictEqual(error.retryable, one.retryable)
        strictEqual(millis(error), one.retryAfter)
        if (one.code !== undefined) strictEqual(error.code, one.code)
        if (one.says !== undefined) assertTrue(error.message.includes(one.says), error.message)
        strictEqual(error.integration, "hubspot")
        strictEqual(error.operation, "contacts.create")
        // every error can be stored and read again
        const back = Schema.decodeSync(IntegrationError.IntegrationError)(
          Schema.encodeSync(IntegrationError.IntegrationError)(error)
        )
        strictEqual(back._tag, error._tag)
        deepStrictEqual((yield* emulator.ledger).map((entry) => entry.processed), [false])
      }))
  }

  it.scoped("a contact that exists: 409 with the id that is in the way", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      const create = hubspot.contacts.create({ payload: { properties: { email: "ada@example.com" } } })
      const { id } = yield* create
      const error = yield* Effect.flip(create)
      assertInstanceOf(error, IntegrationError.ConflictError)
      strictEqual(error.status, 409)
      strictEqual(error.code, "CONFLICT")
      assertFalse(error.retryable)
      deepStrictEqual(HubSpotErrors.existingId(error), Option.some(id))
    }))

  it.scoped("validation: the provider's own list of issues", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      const error = yield* Effect.flip(
        hubspot.contacts.create({ payload: { properties: { email: "nobody", "No Such": "1" } } })
      )
      assertInstanceOf(error, IntegrationError.ValidationError)
      strictEqual(error.status, 400)
      strictEqual(error.code, "VALIDATION_ERROR")
      deepStrictEqual(error.issues.map((issue) => issue.path).sort(), ["No Such", "email"])
    }))

  it.scoped("validation: issues that HubSpot writes as JSON into its message, and those in the context", () =>
    Effect.gen(function*() {
      const embedded = yield* errorOf(Faults.status(400, {
        body: body(
          `Property values were not valid: ${JSON.stringify([{ isValid: false, message: "bad", name: "city" }])}`,
          "VALIDATION_ERROR"
        )
      }))
      assertInstanceOf(embedded.error, IntegrationError.ValidationError)
      deepStrictEqual(embedded.error.issues.map(({ message, path }) => [path, message]), [["city", "bad"]])

      const context = yield* errorOf(Faults.status(400, {
        body: { ...body("Invalid input", "VALIDATION_ERROR"), context: { invalidPropertyName: ["foo"] } }
      }))
      assertInstanceOf(context.error, IntegrationError.ValidationError)
      deepStrictEqual(context.error.issues.map(({ message, path }) => [path, message]), [[
        "foo",
        "invalidPropertyName"
      ]])
    }))

  it.scoped("no credential: 401 in HubSpot's words", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess({ authorize: () => false })
      const error = yield* Effect.flip(hubspot.account.details())
      assertInstanceOf(error, IntegrationError.AuthenticationError)
      strictEqual(error.code, "INVALID_AUTHENTICATION")
      assertTrue(error.message.includes("Authentication credentials not found"))
    }))

  it.scoped("a body that is not JSON: the provider has acted, so that the call is not sent again", () =>
    Effect.gen(function*() {
      const { emulator, error } = yield* errorOf(Faults.malformedJson)
      assertInstanceOf(error, IntegrationError.ResponseDecodeError)
      strictEqual(error.status, 201)
      assertFalse(error.retryable)
      deepStrictEqual((yield* emulator.ledger).map((entry) => entry.processed), [true])
    }))

  it.scoped("unknown fields, nulls and unknown members of enums pass", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess({
        faults: Faults.script([
          Faults.status(200, {
            body: {
              results: [{
                id: "1",
                properties: { email: null },
                createdAt: "2026-01-01T00:00:00Z",
                updatedAt: "2026-01-01T00:00:00Z",
                archivedAt: null,
                futureField: { a: 1 }
              }],
              paging: null,
              futureField: true
            }
          }),
          Faults.status(200, { body: { portalId: 1, accountType: "SOMETHING_NEW", uiDomain: null } })
        ])
      })
      const page = yield* hubspot.contacts.list({ urlParams: {} })
      deepStrictEqual(page.results.map((one) => [one.id, one.archived, one.properties.email]), [["1", false, null]])
      strictEqual((yield* hubspot.account.details()).accountType, "SOMETHING_NEW")
    }))

  it.scoped("a 2xx that lacks what the API promises is a ResponseDecodeError that says what", () =>
    Effect.gen(function*() {
      const { error } = yield* errorOf(Faults.status(201, { body: { properties: {} } }))
      assertInstanceOf(error, IntegrationError.ResponseDecodeError)
      assertTrue(error.message.includes("id"))
    }))
})

describe("HubSpot secrets", () => {
  it.scoped("the token is in no error, no ledger and no inspection", () =>
    Effect.gen(function*() {
      const faults: ReadonlyArray<Fault> = [
        Faults.ok,
        Faults.resetBefore,
        Faults.halfBody,
        Faults.malformedJson,
        Faults.status(401),
        Faults.status(500, { body: "x" })
      ]
      const { emulator, hubspot } = yield* Kit.inProcess({ faults: Faults.script(faults) })
      const seen: Array<unknown> = []
      for (let index = 0; index < faults.length; index++) {
        const [value, response] = yield* hubspot.account.details({ withResponse: true }).pipe(
          Effect.catchAll((error) => {
            seen.push(
              error,
              Schema.encodeSync(IntegrationError.IntegrationError)(error),
              error.stack,
              String(error.cause)
            )
            return Effect.succeed([error, undefined] as const)
          })
        )
        seen.push(value, response, response?.request)
      }
      const entries = yield* emulator.ledger
      seen.push(entries)
      strictEqual(entries[0]?.headers.authorization, "<redacted>")
      for (const one of seen) {
        const texts = [Inspectable.toStringUnknown(one), JSON.stringify(one) ?? "", String(one)]
        for (const text of texts) assertFalse(text.includes(Kit.token), text)
      }
    }))
})
