/** What a credential looks like in a request, and what of it may be seen nowhere else. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Credentials from "../../../auth/Credentials.js"
import * as Call from "../../../core/Call.js"
import * as Integration from "../../../core/Integration.js"
import type { AuthenticationError } from "../../../core/IntegrationError.js"
import type * as Ledger from "../../Ledger.js"

export const secretsOf = (credential: Credentials.Credential): ReadonlyArray<string> => {
  const values = Object.values(credential).flatMap((field: unknown) =>
    Redacted.isRedacted(field)
      ? [field]
      : typeof field === "object" && field !== null
      ? Object.values(field).filter(Redacted.isRedacted)
      : []
  )
  return values.map((value) => String(Redacted.value(value)))
}

/** Takes this credential, as the definition puts it into the headers or the query, and no other. */
export const authorizedBy = (
  definition: Integration.Definition<never> | Integration.Definition.Any,
  credential: Credentials.Credential
) =>
  Effect.gen(function*() {
    const authenticate = yield* definition.auth as Integration.Definition<Credentials.Credentials>["auth"]
    const call = new Call.Call(Integration.operationsOf(definition)[0]!, {}, undefined)
    const before = HttpClientRequest.get("https://provider.invalid")
    const signed: HttpClientRequest.HttpClientRequest = yield* authenticate(before, call)
    const inHeaders = Object.entries(signed.headers).filter(([name, value]) =>
      before.headers[name] === undefined && value !== call.correlationId
    )
    const inQuery = signed.urlParams
    return (headers: Readonly<Record<string, string>>, query: Ledger.Entry["query"]) =>
      inHeaders.length + inQuery.length > 0 &&
      inHeaders.every(([name, value]) => headers[name] === value) &&
      inQuery.every(([name, value]) => query[name] === value)
  }).pipe(
    Effect.provide(Credentials.layer(credential)),
    Effect.catchAll((error: AuthenticationError | unknown) => Effect.die(error))
  )
