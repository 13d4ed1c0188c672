/** Why there is no fresh access token, to whoever wants one. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { Call } from "../../core/Call.js"
import { AuthenticationError, type IntegrationError, NetworkError } from "../../core/IntegrationError.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import type { CredentialStoreError, Ref } from "../StoredCredential.js"
import { titleOf } from "./credentialStore.js"
import * as Core from "./tokenRefreshCore.js"

export class TokenRefreshError
  extends Schema.TaggedError<TokenRefreshError>("holdfast/TokenRefreshError")("TokenRefreshError", {
    cause: Schema.optional(Schema.Defect),
    /** The provider's own: `invalid_grant`. */
    code: Schema.optional(Schema.String),
    message: Schema.String,
    reason: Schema.Literal(...Core.Reason.literals, "no-credential", "storage"),
    /** Before that nothing is tried. */
    retryAfter: Schema.optional(Schema.DurationFromMillis)
  })
{}

const mends: Readonly<Record<Core.Reason, string>> = {
  inconclusive: "the provider has answered with neither tokens nor a reason. It is tried again",
  "no-refresh-token": "connect it again, with a scope that gives one (offline_access, access_type=offline)",
  refused: "the provider refuses this program, not the connection: see its client id and secret",
  revoked: "the provider has ended the grant: somebody has to connect it again",
  "rotation-lost":
    "the answer to an exchange was lost, and with it the next refresh token: somebody has to connect it again. " +
    "Nobody at the provider has revoked anything",
  unreachable: "it is tried again"
}

export const sentenceOf = ({ code, message, reason }: Core.Why): string =>
  `${code === undefined ? "" : `${code}: `}${message} (${reason}; ${mends[reason]})`

export const ofWhy = (ref: Ref, why: Core.Why, left: number | undefined): TokenRefreshError =>
  new TokenRefreshError({
    ...(why.code === undefined ? undefined : { code: why.code }),
    message: `${titleOf(ref)} cannot be refreshed: ${sentenceOf(why)}`,
    reason: why.reason,
    ...(left === undefined ? undefined : { retryAfter: Duration.millis(Math.max(0, left)) })
  })

export const ofStore = (error: CredentialStoreError): TokenRefreshError =>
  new TokenRefreshError({
    cause: error,
    message: KnownSecrets.scrub(error.message),
    reason: error.reason === "storage" ? "storage" : "no-credential"
  })

/** What passes by itself was no fault of the call: nothing of it was sent, so that any call may be made again. */
export const toIntegrationError = (call: Call, error: TokenRefreshError): IntegrationError => {
  const { code, message, reason, retryAfter } = error
  const fields = { ...call.errorFields, ...(code === undefined ? undefined : { code }), cause: error, message }
  switch (reason) {
    case "inconclusive":
    case "unreachable":
      return new NetworkError({
        ...fields,
        phase: "connect",
        ...(retryAfter === undefined ? undefined : { retryAfter })
      })
    default:
      return new AuthenticationError({ ...fields, retryable: reason === "storage" })
  }
}
