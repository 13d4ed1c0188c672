/**
 * Somebody else's service, as small as it can be: it asks a person for access, gives tokens for a code, and has contacts
 * for who has a token. It stands in for HubSpot or Google, so that the example needs no account and no network.
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import { createHash, randomUUID } from "node:crypto"

const query = Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) => new URL(url, "http://here").searchParams)

const form = Effect.flatMap(
  HttpServerRequest.HttpServerRequest,
  ({ text }) => Effect.map(text, (body) => new URLSearchParams(body))
)

const refuse = (error: string) => HttpServerResponse.json({ error }, { status: 400 })

interface Grant {
  readonly challenge: string
  readonly redirectUri: string
}

export const make = (url: string) => {
  const codes = new Map<string, Grant>()
  const tokens = new Set<string>()

  // where other services show a page, this one takes it that the person agrees
  const authorize = Effect.map(query, (parameters) => {
    const code = `code-fake-${randomUUID()}`
    const back = new URL(parameters.get("redirect_uri") ?? "")
    codes.set(code, { challenge: parameters.get("code_challenge") ?? "", redirectUri: back.href })
    back.searchParams.set("code", code)
    back.searchParams.set("state", parameters.get("state") ?? "")
    back.searchParams.set("iss", url)
    return HttpServerResponse.empty({ headers: { location: back.href }, status: 303 })
  })

  const token = Effect.flatMap(form, (parameters) => {
    const code = parameters.get("code") ?? ""
    const grant = codes.get(code)
    codes.delete(code)
    const challenge = createHash("sha256").update(parameters.get("code_verifier") ?? "").digest("base64url")
    if (parameters.get("client_secret") !== "fake-secret") return refuse("invalid_client")
    if (grant?.challenge !== challenge || grant.redirectUri !== parameters.get("redirect_uri")) {
      return refuse("invalid_grant")
    }
    const access = `access-fake-${randomUUID()}`
    tokens.add(access)
    return HttpServerResponse.json({
      access_token: access,
      expires_in: 3600,
      refresh_token: `refresh-fake-${randomUUID()}`,
      scope: "contacts",
      token_type: "Bearer"
    })
  })

  const revoke = Effect.flatMap(form, () => {
    tokens.clear()
    return HttpServerResponse.empty({ status: 200 })
  })

  const contacts = Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ headers }) =>
      tokens.has(headers.authorization?.replace("Bearer ", "") ?? "")
        ? HttpServerResponse.json([{ name: "Grace" }, { name: "Edsger" }])
        : HttpServerResponse.json({ message: "no token" }, { status: 401 })
  )

  return HttpRouter.empty.pipe(
    HttpRouter.get("/authorize", authorize),
    HttpRouter.post("/token", token),
    HttpRouter.post("/revoke", revoke),
    HttpRouter.get("/contacts", contacts)
  )
}
