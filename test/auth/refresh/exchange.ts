/** The exchange of a refresh token at a real token endpoint, over a real client. */
import { FetchHttpClient } from "@effect/platform"
import { Effect, Redacted } from "effect"
import { OAuth2Client, type TokenRefresh } from "holdfast"
import * as OAuth2 from "holdfast/auth/OAuth2"

export interface Server {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

export const exchange =
  ({ clientId, clientSecret, issuer }: Server): TokenRefresh.Options["exchange"] => (current, ref) => {
    const client: OAuth2Client.Client = {
      authentication: OAuth2Client.SecretBasic({ secret: Redacted.make(clientSecret) }),
      clientId,
      issuer
    }
    const ask = OAuth2.refreshing({ [ref.integration]: client })
    return Effect.provide(ask(current, ref), FetchHttpClient.layer)
  }
