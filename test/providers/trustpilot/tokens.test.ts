/** The token endpoint: seconds as a text, and a throttle of its own. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Redacted, TestClock } from "effect"
import { OAuth2Client, OAuth2Provider } from "holdfast"
import * as OAuth2Credentials from "holdfast/auth/OAuth2Credentials"
import { definition } from "holdfast/providers/trustpilot"
import * as Kit from "./kit.js"

const secret = "trustpilot-fake-secret"

/** `answers`, one after the other, and the last again and again. */
const endpoint = (...answers: readonly [Response, ...ReadonlyArray<Response>]) => {
  const asked: Array<{ readonly url: string; readonly authorization: string | undefined; readonly body: string }> = []
  const http = HttpClient.make((request, url) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!
    asked.push({
      authorization: request.headers.authorization,
      body: request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : request.body._tag,
      url: url.href
    })
    return Effect.succeed(HttpClientResponse.fromWeb(request, answer.clone()))
  })
  const credentials = OAuth2Credentials.layerClientCredentials({
    ...OAuth2Provider.trustpilot,
    authentication: OAuth2Client.SecretBasic({ secret: Redacted.make(secret) }),
    clientId: "trustpilot-fake-key"
  }).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, http)))
  return { asked, credentials }
}

const granted = (number: number) =>
  Response.json({
    access_token: `trustpilot-fake-token-${number}`,
    expires_in: "359999",
    issued_at: "0",
    status: "approved",
    token_type: "BearerToken"
  })

describe("tokens of Trustpilot", () => {
  it("the definition says where they come from", () => {
    strictEqual(definition.oauth2, OAuth2Provider.trustpilot)
  })

  it.scoped("expires_in is a text: one token serves for 100 hours, and no longer", () =>
    Effect.gen(function*() {
      const { asked, credentials } = endpoint(granted(1), granted(2))
      const seen: Array<string | undefined> = []
      const { trustpilot } = yield* Kit.inProcess(
        { authorize: ({ authorization }) => seen.push(authorization) > 0 },
        credentials
      )
      const list = trustpilot.reviews.list({ path: Kit.unit })
      yield* Effect.all([list, list, list], { concurrency: "unbounded" })
      yield* TestClock.adjust("99 hours")
      yield* list
      strictEqual(asked.length, 1)
      yield* TestClock.adjust("2 hours")
      yield* list
      strictEqual(asked.length, 2)
      deepStrictEqual([seen[0], seen.at(-1)], ["Bearer trustpilot-fake-token-1", "Bearer trustpilot-fake-token-2"])
      deepStrictEqual(asked[0], {
        authorization: `Basic ${btoa(`trustpilot-fake-key:${secret}`)}`,
        body: "grant_type=client_credentials",
        url: "https://api.trustpilot.com/v1/oauth/oauth-business-users-for-applications/accesstoken"
      })
    }))

  it.scoped("a token endpoint that is throttled is asked again later, and the call says that it may be repeated", () =>
    Effect.gen(function*() {
      const { asked, credentials } = endpoint(Response.json({}, { status: 429 }), granted(1))
      const { emulator, trustpilot } = yield* Kit.inProcess({}, credentials)
      const list = trustpilot.reviews.list({ path: Kit.unit })
      const failed = yield* Effect.flip(list)
      deepStrictEqual([failed._tag, failed.retryable], ["AuthenticationError", true])
      assertInclude(failed.message, "429")
      strictEqual((yield* emulator.ledger).length, 0)
      yield* TestClock.adjust("10 minutes")
      strictEqual((yield* list).reviews.length, 20)
      strictEqual(asked.length, 2)
    }))
})
