/**
 * Acuity Scheduling, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { windows } from "./Pagination.js"

/**
 * Acuity takes 10 requests a second and 20 connections of one IP address: a full bucket and what drips in within a second
 * stay below the one, what is open at once below the other. All accounts that are called from the same address share both.
 */
const policy = {
  // a 429 does not say when there are more; the limit is one of a second
  rateLimit: { capacity: 4, refillRate: 5, coolDown: "1 second" },
  bulkhead: { maxConcurrent: 15, maxQueue: 100 },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "15 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 2 },
  attemptTimeout: "20 seconds",
  totalTimeout: "90 seconds"
} as const satisfies Resilience.Options

/**
 * Acuity Scheduling's API, version 1.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "acuity",
  name: "Acuity Scheduling",
  version: "v1",
  category: "scheduling",
  capabilities: ["appointments", "appointment types", "calendars", "availability", "clients", "webhooks"],
  baseUrl: "https://acuityscheduling.com",
  api: Api.AcuityApi,
  auth: Auth.basicOrBearer,
  classify,
  health: { operation: "account.me" },
  policy,
  docs: "https://developers.acuityscheduling.com",
  popularity: 65,
  credentials: ["Basic", "OAuth2", "Bearer"],
  oauth2: OAuth2Provider.acuity,
  webhook: WebhookScheme.acuity,
  pagination: { "appointments.list": windows() },
  incremental: {
    "appointments.list":
      "webhooks tell of changes; besides, windows of minDate and maxDate are read again with showall, as nothing filters by change"
  },
  limits: [
    "10 requests a second and 20 connections at once for an IP address, whichever accounts are called from it",
    "100 appointments in a list unless max says otherwise; no pages",
    "25 webhooks of an account, on the ports 80 and 443"
  ]
})

/**
 * Acuity Scheduling: appointments, their types, calendars, free times, clients, webhooks. Every method fails with
 * `IntegrationError` and nothing else.
 *
 * @example
 * ```ts
 * import { DateTime, Effect } from "effect"
 * import { Acuity } from "holdfast/providers/acuity"
 *
 * const program = Effect.gen(function*() {
 *   const acuity = yield* Acuity
 *   const [type] = yield* acuity.appointmentTypes.list({ urlParams: {} })
 *   if (type === undefined) return []
 *   const times = yield* acuity.availability.times({ urlParams: { appointmentTypeID: type.id, date: "2026-12-01" } })
 *   return times.map(({ time }) => DateTime.formatIsoOffset(time))
 * })
 *
 * const inATest = Effect.provide(program, Acuity.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Acuity extends Provider.Tag<Acuity>()("holdfast/Acuity", definition, {
  credentials: Credentials.basicConfig({ username: "ACUITY_USER_ID", password: "ACUITY_API_KEY" })
}) {
  /**
   * An Acuity in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Acuity.layerTest({ appointments: { create: () => Effect.fail(…) } })`. Every use starts with three types of
   * appointments and two calendars.
   */
  static readonly layerTest: TestLayer.TestLayer<Acuity, TestLayer.Overrides<Api.AcuityApi>> = TestLayer.make(
    Acuity,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
