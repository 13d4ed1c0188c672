/**
 * The stack beneath a fetch, as a layer.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Call } from "../../../core/Call.js"
import type * as Classification from "../../../core/Classification.js"
import * as IntegrationClient from "../../../core/IntegrationClient.js"
import * as Transport from "../../../core/Transport.js"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import type { SecretQuery } from "../../../internal/secretQuery.js"
import * as CircuitBreaker from "../../../policy/CircuitBreaker.js"
import * as RateLimit from "../../../policy/RateLimit.js"
import * as Resilience from "../../../policy/Resilience.js"
import type { State } from "./engine.js"
import * as Logging from "./logging.js"
import * as Signing from "./signing.js"

type Policy = IntegrationClient.Policy<State, unknown>

export interface Options {
  readonly policy?: Resilience.Options | Policy | undefined
  readonly state?: Layer.Layer<State, unknown> | undefined
  readonly client?: Layer.Layer<HttpClient.HttpClient, unknown> | undefined
  readonly classify?: Classification.Classifier | undefined
  readonly idempotencyHeader?: string | undefined
  readonly authenticate?: Signing.Authenticate | undefined
  readonly secretQuery?: ReadonlyArray<string> | undefined
  readonly wholeBytes?: number | undefined
  readonly maxErrorBytes?: number | undefined
  readonly decompress?: boolean | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly logs?: Logging.Logs | undefined
}

const mebibyte = 1024 * 1024

export const storedHeaders: ReadonlyArray<string> = [
  "accept-profile",
  "content-encoding",
  "content-profile",
  "idempotency-key",
  "notion-version",
  "stripe-account",
  "stripe-version",
  "x-github-api-version"
]

const isLayer = (policy: Resilience.Options | Policy): policy is Policy => Layer.isLayer(policy)

/** The headers in which the hosts honour an idempotency key, as the options say. */
const honoured = ({ idempotencyHeader, policy = {} }: Options): ReadonlyArray<string> => {
  const header = idempotencyHeader ?? (isLayer(policy) ? undefined : policy.idempotencyKey?.header)
  return header === undefined ? [] : [header]
}

/** Finds the key that a request brings with it. */
export const idempotencyKeyReader = (
  options: Options
): (headers: Readonly<Record<string, string>>) => string | undefined => {
  const { policy = {} } = options
  const names = new Set(["idempotency-key", ...honoured(options).map((name) => name.toLowerCase())])
  const isQuoted = !isLayer(policy) && policy.idempotencyKey?.format === "quoted"
  return (headers) => {
    for (const name of names) {
      const value = headers[name]
      if (value === undefined || value === "") continue
      // the policy puts the quotes on again
      return isQuoted && /^".+"$/.test(value) ? value.slice(1, -1) : value
    }
    return undefined
  }
}

const policyOf = (options: Options, key: (call: Call) => string): Policy => {
  const { policy = {} } = options
  if (isLayer(policy)) return policy
  const { deadLettering } = policy
  return Resilience.layer(Resilience.merge(
    {
      attemptTimeout: "30 seconds",
      bulkhead: { key },
      circuitBreaker: { key },
      idempotencyKey: { header: options.idempotencyHeader },
      rateLimit: { key },
      telemetry: { logs: options.logs !== undefined && options.logs !== false },
      totalTimeout: "2 minutes"
    },
    {
      ...policy,
      deadLettering: deadLettering === false ? false : {
        secretQuery: options.secretQuery,
        ...deadLettering,
        headers: [...storedHeaders, ...honoured(options), ...(deadLettering?.headers ?? [])]
      }
    }
  ))
}

const inMemory = Layer.mergeAll(CircuitBreaker.layerMemory, RateLimit.layerMemory, DeadLetterQueue.layerMemory)

/** A redirect is for the caller of the stack to follow, and 304 is what was asked for. */
const isSuccess = (status: number): boolean => status >= 200 && status < 400

export const layer = (id: string, options: Options, key: (call: Call) => string, secrets: SecretQuery) => {
  const wholeBytes = options.wholeBytes ?? mebibyte
  const base = Layer.effect(
    IntegrationClient.IntegrationClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      IntegrationClient.make(
        { id, version: "" },
        Transport.make(client, {
          authenticate: Signing.make(options.authenticate, secrets),
          baseUrl: "",
          classify: options.classify,
          decompress: options.decompress ?? true,
          headers: { accept: "*/*", "user-agent": "holdfast", ...options.headers },
          isSuccess,
          maxErrorBytes: options.maxErrorBytes ?? 16 * mebibyte,
          maxResponseBytes: Math.max(wholeBytes, 16 * mebibyte),
          wholeBytes
        })
      ))
  )
  return policyOf(options, key).pipe(
    Layer.provide(base),
    Layer.provide(options.client ?? Transport.layer),
    Layer.provideMerge(options.state ?? inMemory),
    Layer.provideMerge(Logging.layer(options.logs ?? false))
  )
}
