/**
 * What is called: the static description of one method of an integration, derived from its `HttpApi`.
 *
 * @since 0.1.0
 */
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"

/**
 * @since 0.1.0
 * @category models
 */
export interface Operation {
  /** Id of the integration, `hubspot`. */
  readonly integration: string
  /** Version of the provider's API, `v3`. */
  readonly version: string
  /** Group and endpoint, `contacts.create`: low cardinality, the label of metrics and spans. */
  readonly name: string
  readonly method: HttpMethod
  /** The path with its parameters' names, `/crm/v3/objects/contacts/:id`. */
  readonly template: string
  /** Changes nothing at the provider. */
  readonly safe: boolean
  /** May be sent twice with the effect of once. */
  readonly idempotent: boolean
  /** Tokens that one request takes from the rate limiter. */
  readonly cost: number
  /** What of its body is not written down. */
  readonly redact?: Redaction | undefined
  /** The fields that the Schemas of its API hold as `Redacted`: what an answer has in them is in no error. */
  readonly secretFields?: ReadonlySet<string> | undefined
}

/**
 * What of a body is sent and never written down: paths in its JSON, or in its form, as in `["card.number",
 * "contacts.*.ssn"]`, or a function from the body (JSON, the fields of a form, or text) to what may be stored of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Redaction = ReadonlyArray<string> | ((body: unknown) => unknown)

/**
 * Marks an endpoint that changes nothing at the provider whatever its method says (a search by POST).
 * By default GET, HEAD and OPTIONS are safe.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Operation } from "holdfast"
 *
 * const search = HttpApiEndpoint.post("search", "/contacts/search")
 *   .setPayload(Schema.Struct({ query: Schema.String }))
 *   .annotate(Operation.Safe, true)
 * ```
 *
 * @since 0.1.0
 * @category annotations
 */
export class Safe extends Context.Tag("holdfast/Operation/Safe")<Safe, boolean>() {}

/**
 * Marks an endpoint that may be sent twice with the effect of once (a natural upsert by POST), or takes that away.
 * By default safe endpoints, PUT and DELETE are idempotent.
 *
 * @since 0.1.0
 * @category annotations
 */
export class Idempotent extends Context.Tag("holdfast/Operation/Idempotent")<Idempotent, boolean>() {}

/**
 * Tokens that one request takes from the rate limiter. Default 1.
 *
 * @since 0.1.0
 * @category annotations
 */
export class Cost extends Context.Tag("holdfast/Operation/Cost")<Cost, number>() {}

/**
 * What of an endpoint's body is sent and never written down. A dead letter of such a call lacks it, and cannot be replayed
 * until somebody has put it back by an edit.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Operation } from "holdfast"
 *
 * const charge = HttpApiEndpoint.post("charge", "/charges")
 *   .setPayload(Schema.Struct({ amount: Schema.Int, card: Schema.Struct({ number: Schema.String }) }))
 *   .annotate(Operation.Redact, ["card.number"])
 * ```
 *
 * @since 0.1.0
 * @category annotations
 */
export class Redact extends Context.Tag("holdfast/Operation/Redact")<Redact, Redaction>() {}

/**
 * The group of an operation, by its name: `contacts` of `contacts.create`, and the name itself where it is in none.
 *
 * @since 0.1.0
 * @category accessors
 */
export const groupOf = (name: string): string => name.split(".", 1)[0]!

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])
const idempotentMethods: ReadonlySet<string> = new Set(["PUT", "DELETE"])

/**
 * Fills in what the method implies: GET, HEAD and OPTIONS are safe; safe ones, PUT and DELETE are idempotent.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly integration: string
  readonly version?: string | undefined
  readonly name: string
  readonly method: HttpMethod
  readonly template: string
  readonly safe?: boolean | undefined
  readonly idempotent?: boolean | undefined
  readonly cost?: number | undefined
  readonly redact?: Redaction | undefined
}): Operation => {
  const safe = options.safe ?? safeMethods.has(options.method)
  return {
    integration: options.integration,
    version: options.version ?? "",
    name: options.name,
    method: options.method,
    template: options.template,
    safe,
    idempotent: options.idempotent ?? (safe || idempotentMethods.has(options.method)),
    cost: options.cost ?? 1,
    ...(options.redact === undefined ? undefined : { redact: options.redact })
  }
}
