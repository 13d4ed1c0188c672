/** `oidc-provider`, a certified server, on a port of its own. */
import { Effect } from "effect"
import { generateKeyPairSync } from "node:crypto"
import * as http from "node:http"
import { type ClientMetadata, type Configuration, Provider } from "oidc-provider"
import { listen } from "./listen.js"

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const jwk = { ...privateKey.export({ format: "jwk" }), alg: "RS256", kid: "server", use: "sig" }

export const secret = "client-secret-fake-with/odd+letters"

export interface Options {
  readonly redirectUris?: ReadonlyArray<string>
  readonly clients?: ReadonlyArray<ClientMetadata>
  readonly configuration?: Configuration
}

const confidential = (
  id: string,
  method: "client_secret_basic" | "client_secret_post",
  redirectUris: ReadonlyArray<string>
): ClientMetadata => ({
  client_id: id,
  client_secret: secret,
  grant_types: ["authorization_code", "refresh_token"],
  redirect_uris: [...redirectUris],
  token_endpoint_auth_method: method
})

export const start = ({ clients = [], configuration = {}, redirectUris = [] }: Options = {}) =>
  Effect.gen(function*() {
    const server = http.createServer()
    const issuer = yield* listen(server)
    const provider = new Provider(issuer, {
      clients: [
        ...(redirectUris.length === 0 ? [] : [
          confidential("basic", "client_secret_basic", redirectUris),
          confidential("post", "client_secret_post", redirectUris),
          {
            client_id: "public",
            grant_types: ["authorization_code", "refresh_token"],
            redirect_uris: [...redirectUris],
            token_endpoint_auth_method: "none"
          } satisfies ClientMetadata
        ]),
        {
          client_id: "machine",
          client_secret: secret,
          grant_types: ["client_credentials"],
          redirect_uris: [],
          response_types: [],
          scope: "orders:read",
          token_endpoint_auth_method: "client_secret_basic"
        },
        ...clients
      ],
      cookies: { keys: ["cookie-key-fake"] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: true },
        introspection: { enabled: true },
        revocation: { allowedPolicy: () => true, enabled: true }
      },
      findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      jwks: { keys: [jwk] },
      pkce: { required: () => true },
      rotateRefreshToken: true,
      scopes: ["openid", "offline_access", "orders:read"],
      ttl: {
        AccessToken: 600,
        AuthorizationCode: 60,
        ClientCredentials: 600,
        Grant: 86_400,
        IdToken: 600,
        Interaction: 600,
        RefreshToken: 86_400,
        Session: 86_400
      },
      ...configuration
    })
    const answer = provider.callback()
    server.on("request", (request, response) => void answer(request, response))
    return { issuer, provider }
  })
