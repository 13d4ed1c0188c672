/**
 * What a call of `fetch` is for metrics, for spans and for Retry: by its method alone, unless the program knows better.
 */
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Operation from "../../../core/Operation.js"

/** A request about which a program may know more than its method says. */
export interface Described {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

export interface Description
  extends Partial<Pick<Operation.Operation, "name" | "template" | "safe" | "idempotent" | "cost">>
{}

export type Describe = (request: Described) => Description | undefined

const make = (integration: string, method: string, description: Description | undefined): Operation.Operation =>
  Operation.make({
    cost: description?.cost,
    idempotent: description?.idempotent,
    integration,
    method: method as HttpMethod,
    name: description?.name ?? method,
    safe: description?.safe,
    template: description?.template ?? ""
  })

// methods are free text: past this many they are made for each call, and kept by nobody
const most = 32

export const operations = (
  integration: string,
  describe: Describe | undefined
): (request: Described) => Operation.Operation => {
  const byMethod = new Map<string, Operation.Operation>()
  return (request) => {
    const { method } = request
    const description = describe?.(request)
    if (description !== undefined) return make(integration, method, description)
    const known = byMethod.get(method)
    if (known !== undefined) return known
    const operation = make(integration, method, undefined)
    if (byMethod.size < most) byMethod.set(method, operation)
    return operation
  }
}
