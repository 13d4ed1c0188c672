/**
 * What Trustpilot is shown: an API key for what everybody may read, a token for all else.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { type Auth, type Call, Credentials } from "holdfast"
import { open } from "./Api.js"

/** What everybody may read is asked for with the key, all else with what there was. */
const keyed = (key: Redacted.Redacted) => {
  const shown = Credentials.ApiKey({ key })
  return ({ afterRefusal, get }: Credentials.Credentials["Type"]): Credentials.Credentials["Type"] => {
    Credentials.protect(shown)
    const isOpen = (call: Call.Call) => open.has(call.operation.name)
    return {
      get: (call) => isOpen(call) ? Exit.succeed(shown) : get(call),
      ...(afterRefusal && {
        afterRefusal: (call, isRefused) => isOpen(call) ? Effect.succeedNone : afterRefusal(call, isRefused)
      })
    }
  }
}

/**
 * Adds the API key to credentials that are tokens: `businessUnits.find` and `reviews.get` are sent with the key, all else
 * with what `credentials` gives.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "holdfast"
 * import { Trustpilot, withApiKey } from "holdfast/providers/trustpilot"
 *
 * const trustpilot = Trustpilot.layer({
 *   credentials: Credentials.layer(Credentials.Bearer({ token: Redacted.make("fake-token") })).pipe(
 *     withApiKey(Redacted.make("fake-api-key"))
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category credentials
 */
export const withApiKey =
  (key: Redacted.Redacted) =>
  <E, R>(credentials: Layer.Layer<Credentials.Credentials, E, R>): Layer.Layer<Credentials.Credentials, E, R> =>
    Layer.effect(Credentials.Credentials, Effect.map(Credentials.Credentials, keyed(key))).pipe(
      Layer.provide(credentials)
    )

const keyConfig = Credentials.apiKeyConfig("TRUSTPILOT_API_KEY")

/**
 * `TRUSTPILOT_ACCESS_TOKEN`; where that is not set, `TRUSTPILOT_API_KEY`.
 *
 * @internal
 */
export const credentialConfig: Config.Config<Credentials.Credential> = Config.orElse(
  Credentials.bearerConfig("TRUSTPILOT_ACCESS_TOKEN"),
  () => keyConfig
)

/**
 * The credential, with `TRUSTPILOT_API_KEY` beside it where that is set.
 *
 * @internal
 */
export const authConfig = (auth: Auth.Auth): Config.Config<Auth.Auth> =>
  Config.map(Config.option(keyConfig), (found) => {
    const credential = Option.getOrUndefined(found)
    return credential?._tag === "ApiKey"
      ? Effect.updateService(auth, Credentials.Credentials, keyed(credential.key))
      : auth
  })
