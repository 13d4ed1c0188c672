/**
 * What the errors of the Routes API say: `google.rpc.Status`, with HTTP statuses that fit.
 *
 * Source: google.rpc of googleapis.
 *
 * @since 0.1.0
 */
import { Body, type Classification, RpcStatus } from "holdfast"

const isError = (one: unknown): boolean => Body.record(Body.record(one)?.error) !== undefined

/** What stands in the place of an element where a stream broke off, after it had begun with 200. */
const brokenOff = (body: unknown): unknown => Body.list(body).find(isError)

/**
 * As `RpcStatus.classify` reads it. A key that is none is an AuthenticationError, though Google says `INVALID_ARGUMENT`; one
 * that may not be used here is an AuthorizationError, whose message ends with the reason.
 *
 * A matrix is a stream, which begins with 200 before all of it is known: an error among its elements is the error of the call.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const { headers, nowMillis, status } = response
  if (status < 200 || status >= 300) return RpcStatus.classify(response)
  const broken = brokenOff(response.body)
  if (broken === undefined) return undefined
  const code = RpcStatus.read(broken)?.code ?? 500
  const read = RpcStatus.classify({ body: broken, headers, nowMillis, status: code < 400 ? 500 : code })
  return { ...read, tag: read?.tag ?? "ServerError" }
}
