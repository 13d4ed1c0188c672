/**
 * `oidc-provider` in a process of its own: rotates refresh tokens, and ends the grant when one comes twice. Grants are made
 * by its own models, as they are when somebody has connected.
 */
import { createServer } from "node:http"
import { Provider } from "oidc-provider"

const clientId = "holdfast"
const clientSecret = "oidc-client-secret-fake"

const counts = { errors: 0, refreshes: 0, revoked: 0 }

const server = createServer()
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const issuer = `http://127.0.0.1:${address.port}`
  const provider = new Provider(issuer, {
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: ["https://client.example/callback"]
    }],
    features: { devInteractions: { enabled: false } },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    rotateRefreshToken: true,
    ttl: { AccessToken: 3600, Grant: 86_400, IdToken: 3600, RefreshToken: 86_400 }
  })
  provider.on("grant.success", () => void counts.refreshes++)
  provider.on("grant.error", () => void counts.errors++)
  provider.on("grant.revoked", () => void counts.revoked++)

  const connect = async (): Promise<object> => {
    const client = await provider.Client.find(clientId)
    if (client === undefined) throw new Error("no client")
    const grant = new provider.Grant({ accountId: "ada", clientId })
    grant.addOIDCScope("openid offline_access")
    const grantId = await grant.save()
    const token = new provider.RefreshToken({
      accountId: "ada",
      authTime: Math.floor(Date.now() / 1000),
      client,
      expiresWithSession: false,
      grantId,
      gty: "authorization_code",
      scope: "openid offline_access"
    })
    return { grantId, refreshToken: await token.save() }
  }

  const revoke = async (grantId: string): Promise<object> => {
    await (await provider.Grant.find(grantId))?.destroy()
    return {}
  }

  const callback = provider.callback()
  server.on("request", (request, response) => {
    const url = new URL(request.url ?? "/", issuer)
    const asked = url.pathname === "/test/connect"
      ? connect()
      : url.pathname === "/test/revoke"
      ? revoke(url.searchParams.get("grant") ?? "")
      : url.pathname === "/test/counts"
      ? Promise.resolve(counts)
      : undefined
    if (asked === undefined) return void callback(request, response)
    asked.then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error))
    )
  })
  process.stdout.write(`${JSON.stringify({ clientId, clientSecret, issuer })}\n`)
})

// whoever has started it is gone
process.stdin.on("end", () => process.exit(0)).resume()
