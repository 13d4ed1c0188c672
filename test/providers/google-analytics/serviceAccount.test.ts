/** The way that docs/providers/google-analytics.md shows, with a token endpoint that looks at what it is sent. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Redacted, TestClock } from "effect"
import { Holdfast, OAuth2Client, OAuth2Provider } from "holdfast"
import * as OAuth2Credentials from "holdfast/auth/OAuth2Credentials"
import { Emulator, GoogleAnalytics } from "holdfast/providers/google-analytics"
import * as Testing from "holdfast/testing"
import { decodeProtectedHeader, jwtVerify } from "jose"
import { createPublicKey, generateKeyPairSync } from "node:crypto"

/** Where the clock of a test begins. */
const epoch = new Date(0)

const scope = "https://www.googleapis.com/auth/analytics.readonly"

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })

const key = {
  client_email: "reports@project.iam.gserviceaccount.com",
  private_key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  private_key_id: "fake-key-id"
}

const credentials = OAuth2Credentials.layerJwtBearer(
  OAuth2Client.make(OAuth2Provider.google, {
    authentication: OAuth2Client.Public(),
    clientId: key.client_email,
    scopes: [scope]
  }),
  { issuer: key.client_email, key: { keyId: key.private_key_id, pem: Redacted.make(key.private_key) } }
)

describe("a service account", () => {
  it.scoped("signs for its tokens, has one for all calls, and signs again once it is refused", () =>
    Effect.gen(function*() {
      let granted = 0
      const emulator = yield* Emulator.make({
        authorize: ({ authorization }) => authorization === `Bearer ya29.fake-${granted}`
      })
      const analyticsApi = Testing.Emulator.httpClient(emulator)
      const tokenEndpoint = HttpClient.make((request) =>
        Effect.promise(async () => {
          strictEqual(request.url, "https://oauth2.googleapis.com/token")
          const form = new URLSearchParams(
            request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
          )
          strictEqual(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer")
          strictEqual(form.get("client_id"), null)
          const assertion = form.get("assertion") ?? ""
          const { payload } = await jwtVerify(assertion, createPublicKey(privateKey), { currentDate: epoch })
          deepStrictEqual([payload.iss, payload.aud, payload.scope], [
            key.client_email,
            "https://oauth2.googleapis.com/token",
            scope
          ])
          deepStrictEqual([decodeProtectedHeader(assertion).alg, decodeProtectedHeader(assertion).kid], [
            "RS256",
            "fake-key-id"
          ])
          granted++
          const body = { access_token: `ya29.fake-${granted}`, expires_in: 3599, token_type: "Bearer" }
          return HttpClientResponse.fromWeb(request, Response.json(body))
        })
      )
      const http = HttpClient.make((request, url) =>
        url.host === "oauth2.googleapis.com" ? tokenEndpoint.execute(request) : analyticsApi.execute(request)
      )
      const layer = GoogleAnalytics.layer({ credentials }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
      )
      yield* Effect.gen(function*() {
        const analytics = yield* GoogleAnalytics
        const metadata = analytics.metadata.get({ path: { propertyId: "0" } })
        yield* Effect.all([metadata, metadata], { concurrency: 2 })
        yield* metadata
        strictEqual(granted, 1)
        // Google ends it ahead of its time
        granted++
        yield* TestClock.adjust("1 minute")
        yield* metadata
        strictEqual(granted, 3)
      }).pipe(Effect.provide(layer))
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 200, 200, 401, 200])
    }))
})
