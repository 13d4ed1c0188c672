/** A provider that rotates refresh tokens and ends the grant when one comes twice, in the process. */
import { DateTime, Duration, Effect, Redacted } from "effect"
import { Credentials, type CredentialStore, OAuth2Tokens, type TokenRefresh } from "holdfast"

export const textOf = (credential: Credentials.Credential): string =>
  credential._tag === "OAuth2" ? Redacted.value(credential.accessToken) : credential._tag

export const failure = (
  reason: OAuth2Tokens.ExchangeError["reason"],
  code?: string,
  more: { readonly message?: string; readonly retryAfter?: Duration.Duration } = {}
) =>
  new OAuth2Tokens.ExchangeError({ message: "fake", reason, ...(code === undefined ? undefined : { code }), ...more })

/** What is done with an answer on its way, or in the place of one. */
export type Way = (answer: Exchange) => Exchange

type Exchange = Effect.Effect<OAuth2Tokens.Tokens, OAuth2Tokens.ExchangeError>

const untouched: Way = (answer) => answer

export class Provider {
  /** By grant: the generation of its one good refresh token. */
  readonly #good = new Map<string, number>()
  readonly revoked = new Set<string>()
  /** Access tokens that the API refuses. */
  readonly refused = new Set<string>()
  exchanges = 0
  accepted = 0
  life: Duration.DurationInput | undefined = "1 hour"
  rotates = true
  way: Way = untouched

  /** As it is after somebody has connected. */
  readonly connect = (grant: string) =>
    Effect.map(DateTime.now, (now) => {
      this.#good.set(grant, 0)
      this.revoked.delete(grant)
      return Credentials.OAuth2({
        accessToken: Redacted.make(`access-${grant}-0`),
        expiresAt: this.life === undefined ? undefined : DateTime.addDuration(now, this.life),
        refreshToken: Redacted.make(`refresh-${grant}-0`),
        scopes: ["a", "b"]
      })
    })

  readonly exchange: TokenRefresh.Options["exchange"] = (current) =>
    Effect.suspend(() => {
      this.exchanges++
      return this.way(Effect.suspend(() => this.#grant(current)))
    })

  #grant(current: TokenRefresh.OAuth2): Exchange {
    const [, grant = "", generation] = Redacted.value(current.refreshToken!).split("-")
    const good = this.#good.get(grant)
    if (this.revoked.has(grant)) return failure("terminal", "invalid_grant")
    if (good !== Number(generation)) {
      this.revoked.add(grant)
      return failure("terminal", "invalid_grant")
    }
    this.accepted++
    const next = this.rotates ? good + 1 : good
    this.#good.set(grant, next)
    return Effect.succeed({
      accessToken: Redacted.make(`access-${grant}-${this.rotates ? next : this.accepted}`),
      ...(this.life === undefined ? undefined : { expiresIn: Duration.decode(this.life) }),
      ...(this.rotates ? { refreshToken: Redacted.make(`refresh-${grant}-${next}`) } : undefined)
    })
  }
}

/** A reference that no connection of another test has. */
export const newRef = Effect.sync((): CredentialStore.Ref => ({
  connectionId: crypto.randomUUID(),
  integration: "shop",
  tenantId: "acme"
}))
