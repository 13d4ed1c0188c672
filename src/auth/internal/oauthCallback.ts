/** What came back from a provider in a person's browser, and whether it is the answer to what was asked. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import type { Client } from "../OAuth2Client.js"
import { ExchangeError } from "../OAuth2Tokens.js"
import { equal } from "./equal.js"
import * as Answer from "./oauthAnswer.js"

const refuse = (code: string, message: string): ExchangeError =>
  new ExchangeError({ code, message, reason: "terminal" })

/** Each at most once: which of two is looked at is not for a link to choose. */
const isSingle = (parameters: URLSearchParams): boolean =>
  ["code", "error", "iss", "response", "state"].every((name) => parameters.getAll(name).length <= 1)

/** The parameters as the exchange takes them. */
export const validate = (
  client: Client,
  server: oauth.AuthorizationServer,
  state: Redacted.Redacted,
  parameters: URLSearchParams
): Effect.Effect<URLSearchParams, ExchangeError> =>
  Effect.suspend(() => {
    if (!isSingle(parameters)) return refuse("invalid_callback", "the callback says something twice")
    const told = parameters.get("state") ?? ""
    if (!equal(told, Redacted.value(state))) {
      return refuse("invalid_state", "the callback belongs to another request: begin anew")
    }
    const issuer = parameters.get("iss")
    if (issuer === null ? server.authorization_response_iss_parameter_supported === true : issuer !== server.issuer) {
      return refuse(
        "invalid_issuer",
        issuer === null
          ? `the callback does not say whose it is, and ${server.issuer} always does`
          : `the callback is another provider's, and the code in it goes nowhere. Expected ${
            client.issuer ?? "none to be named: give the client its issuer"
          }`
      )
    }
    if (parameters.has("error")) {
      return Answer.refusal({
        fields: { error: parameters.get("error"), error_description: parameters.get("error_description") },
        quirks: client.quirks ?? {},
        retryAfter: undefined,
        sent: [told],
        status: 400,
        where: "the provider"
      })
    }
    return Effect.try({
      catch: () => refuse("invalid_callback", "the callback is none that a provider sends: it has no code"),
      try: () => {
        const valid = oauth.validateAuthResponse(server, { client_id: client.clientId }, parameters, told)
        if ((valid.get("code") ?? "") === "") throw new Error("no code")
        return valid
      }
    })
  })
