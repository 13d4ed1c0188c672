/**
 * Limits how many requests of an integration are under way at once, so that a slow provider cannot take every socket and
 * all memory. Callers past the limit wait in order in a bounded queue. Stands below Retry: a pause holds no slot.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import { BulkheadFullError } from "../core/IntegrationError.js"
import { Slots } from "./internal/slots.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Requests under way at once. Default 50. */
  readonly maxConcurrent?: number | undefined
  /** Callers that may wait for a slot; the next is refused. Default 1000. */
  readonly maxQueue?: number | undefined
  /** A caller that has waited for so long is refused. Default: as long as its own deadline allows. */
  readonly maxWait?: Duration.DurationInput | undefined
}

/**
 * @example
 * ```ts
 * import { Bulkhead } from "holdfast"
 *
 * const narrow = Bulkhead.layer({ maxConcurrent: 10, maxQueue: 100, maxWait: "5 seconds" })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy => {
  const maxConcurrent = options.maxConcurrent ?? 50
  const maxQueue = options.maxQueue ?? 1000
  if (!(Number.isInteger(maxConcurrent) && maxConcurrent >= 1)) {
    throw new Error(`Bulkhead.layer: maxConcurrent is ${maxConcurrent}; it must be a whole number from 1 up`)
  }
  if (!(maxQueue >= 0)) throw new Error(`Bulkhead.layer: maxQueue is ${maxQueue}; it must be zero or more`)
  const maxWait = options.maxWait === undefined ? undefined : Duration.decode(options.maxWait)

  return IntegrationClient.policy((next) =>
    Effect.sync(() => {
      const slots = new Slots(maxConcurrent, maxQueue)
      return (request, call) =>
        slots.withSlot(
          next.send(request, call),
          () => fullError(call, `${maxConcurrent} requests are under way and ${maxQueue} callers wait already`),
          maxWait,
          () => fullError(call, `no slot of ${maxConcurrent} came free within ${Duration.format(maxWait ?? 0)}`)
        )
    })
  )
}

const fullError = (call: Call, message: string) =>
  new BulkheadFullError({
    ...call.errorFields,
    attempts: call.attempts,
    message: `nothing was sent to ${call.operation.integration}: ${message}`
  })
