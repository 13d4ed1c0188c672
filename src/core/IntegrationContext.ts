/**
 * Who a call is made for: carried by the fiber, read by every policy, stored with a dead letter.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"

/**
 * @since 0.1.0
 * @category models
 */
export interface Fields {
  /** Ties logs, spans, errors and dead letters of one business action together. Made afresh per call when absent. */
  readonly correlationId?: string | undefined
  readonly tenantId?: string | undefined
  /** Whose credential is used, where one service serves many accounts of a provider. */
  readonly connectionId?: string | undefined
  readonly userId?: string | undefined
  /** Free key and value pairs, stored with a dead letter. Never put a secret here. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

const none: Fields = {}

/**
 * The fields in force for the current fiber; empty by default.
 *
 * @since 0.1.0
 * @category tags
 */
export class IntegrationContext extends Context.Reference<IntegrationContext>()("holdfast/IntegrationContext", {
  defaultValue: (): Fields => none
}) {}

/**
 * Sets fields for all calls made inside an effect. What is set outside stays unless set again; `metadata` is merged.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { IntegrationContext } from "holdfast"
 *
 * declare const syncContacts: Effect.Effect<void>
 *
 * const forAcme = syncContacts.pipe(
 *   IntegrationContext.provide({ tenantId: "acme", connectionId: "acme-hubspot", correlationId: "import-42" })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const provide: {
  (fields: Fields): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, fields: Fields): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, fields: Fields): Effect.Effect<A, E, R> =>
    Effect.flatMap(IntegrationContext, (outer) =>
      Effect.provideService(self, IntegrationContext, {
        ...outer,
        ...fields,
        metadata: outer.metadata === undefined ? fields.metadata : { ...outer.metadata, ...fields.metadata }
      }))
)
