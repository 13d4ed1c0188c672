/**
 * HubSpot on the standard stack, with options that fit a job of under a minute.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { Credentials, DeadLettering, IntegrationClient, type IntegrationError, Resilience } from "holdfast"
import { HubSpot } from "holdfast/providers/hubspot"
import type { Tally } from "./tally.js"

/** HubSpot looked at the row and will not have it: sent again it would be refused again. */
export const isRefusal = (error: IntegrationError.IntegrationError): boolean =>
  (error._tag === "ValidationError" || error._tag === "ConflictError") && !error.retryable

/**
 * What the emulator is started with, and what fits beneath it: a full bucket and what comes in during ten seconds stay
 * below the limit, so that 429s are those of the fault plan.
 */
export const tenSecondly = 2_200
const rateLimit = { capacity: 100, refillRate: 200 } as const

const options = {
  deadLettering: {
    // all but what is the row's own fault: an upsert may be sent again whatever happened to it
    capture: (error, call) => DeadLettering.defaultCapture(error, call) || (!call.operation.safe && !isRefusal(error)),
    captureInterrupted: true
  },
  totalTimeout: "30 seconds",
  retry: {
    maxAttempts: 4,
    initialDelay: "100 millis",
    maxDelay: "1 second",
    maxRetryAfter: "3 seconds",
    // one request in three fails under `--faults heavy`, and that is no outage
    budget: { ratio: 1 }
  },
  circuitBreaker: { failureThreshold: 8, resetTimeout: "1 second", successThreshold: 2, probeLease: "5 seconds" },
  rateLimit: { ...rateLimit, maxCoolDown: "3 seconds" },
  bulkhead: { maxConcurrent: 64 },
  attemptTimeout: "5 seconds"
} as const satisfies Resilience.Options

/** HubSpot itself has limits of its own, and answers more slowly than an emulator on this machine does. */
const hubspotOptions = {
  ...options,
  ...HubSpot.definition.policy,
  retry: options.retry
} as const satisfies Resilience.Options

const isHubSpot = (baseUrl: string): boolean => /(^|\.)(hubapi|hubspot)\.com$/.test(new URL(baseUrl).hostname)

/** A policy of the job's own, beneath all others: sees each request that is sent. Reads are not counted. */
const counted = (tally: Tally) =>
  IntegrationClient.policy((next) =>
    Effect.succeed((request, call) => {
      if (call.operation.safe) return next.send(request, call)
      return Effect.suspend(() => {
        tally.attempts++
        if (call.attempts > 0) tally.retries++
        return Effect.tapError(next.send(request, call), (error) =>
          Effect.sync(() => {
            tally.lastError = `${error._tag}: ${error.message}`
          }))
      })
    })
  )

export const layer = (server: { readonly baseUrl: string; readonly token: Redacted.Redacted }, tally: Tally) =>
  HubSpot.layer({
    baseUrl: server.baseUrl,
    credentials: Credentials.layer(Credentials.Bearer({ token: server.token })),
    policy: Layer.provide(Resilience.layer(isHubSpot(server.baseUrl) ? hubspotOptions : options), counted(tally))
  })
