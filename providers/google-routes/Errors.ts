/**
 * What the errors of the Routes API say: `google.rpc.Status`, with HTTP statuses that fit.
 *
 * Source: google.rpc of googleapis.
 *
 * @since 0.1.0
 */
import { type Classification, RpcStatus } from "holdfast"

/**
 * As `RpcStatus.classify` reads it. A key that is none is an AuthenticationError, though Google says `INVALID_ARGUMENT`; one
 * that may not be used here is an AuthorizationError, whose message ends with the reason.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = RpcStatus.classify
