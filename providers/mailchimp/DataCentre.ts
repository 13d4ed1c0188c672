/**
 * Where an account is: every one lives in a data centre, whose name is a part of the host.
 *
 * Source: Mailchimp's pages on its fundamentals and on OAuth2.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Auth, Credentials, Integration, IntegrationClient, type IntegrationError } from "holdfast"

/**
 * `us19`
 *
 * @since 0.1.0
 * @category models
 */
export const DataCentre = Schema.String.pipe(
  Schema.pattern(/^[a-z]{2,}\d+$/, { message: () => "a data centre as in us19" })
)

/**
 * The data centre that an API key ends in: `us19` of `…-us19`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const ofKey = (key: Redacted.Redacted): Option.Option<string> => {
  const text = Redacted.value(key)
  const dash = text.lastIndexOf("-")
  return dash < 0 ? Option.none() : Option.liftPredicate(text.slice(dash + 1), Schema.is(DataCentre))
}

/**
 * The server of a data centre, for `Mailchimp.layer({ baseUrl })`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const baseUrl = (dataCentre: string): string => {
  if (!Schema.is(DataCentre)(dataCentre)) {
    throw new Error(`DataCentre.baseUrl: "${dataCentre}" is not a data centre as in us19`)
  }
  return `https://${dataCentre}.api.mailchimp.com`
}

/**
 * What Mailchimp knows of an OAuth token. `api_endpoint` is the `baseUrl`.
 *
 * @since 0.1.0
 * @category read
 */
export const Metadata = Schema.Struct({
  accountname: Schema.optionalWith(Schema.String, { exact: true, nullable: true }),
  api_endpoint: Schema.String,
  dc: DataCentre,
  login_url: Schema.optionalWith(Schema.String, { exact: true, nullable: true }),
  role: Schema.optionalWith(Schema.String, { exact: true, nullable: true }),
  user_id: Schema.optionalWith(Schema.Union(Schema.Number, Schema.String), { exact: true, nullable: true })
})

/**
 * The place that knows of tokens, as an integration of its own: it is another server than the API's.
 *
 * @since 0.1.0
 * @category definition
 */
export const login = Integration.define({
  id: "mailchimp-login",
  name: "Mailchimp (OAuth2 metadata)",
  version: "oauth2",
  baseUrl: "https://login.mailchimp.com",
  api: HttpApi.make("mailchimp-login").add(
    HttpApiGroup.make("metadata").add(HttpApiEndpoint.get("get", "/oauth2/metadata").addSuccess(Metadata))
  ),
  // Authorization: OAuth …
  auth: Auth.headers
})

/**
 * Asks Mailchimp which data centre the account of an OAuth token lives in. Once after the grant is enough: it does not
 * change with the token.
 *
 * @example
 * ```ts
 * import { Effect, Layer, type Redacted } from "effect"
 * import { Credentials } from "holdfast"
 * import { DataCentre, Mailchimp } from "holdfast/providers/mailchimp"
 *
 * const connected = (token: Redacted.Redacted) =>
 *   Layer.unwrapEffect(
 *     Effect.map(DataCentre.metadata(token), ({ dc }) =>
 *       Mailchimp.layer({
 *         baseUrl: DataCentre.baseUrl(dc),
 *         credentials: Credentials.layer(Credentials.Bearer({ token }))
 *       }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category calls
 */
export const metadata = (
  accessToken: Redacted.Redacted,
  options?: { readonly baseUrl?: string | undefined }
): Effect.Effect<typeof Metadata.Type, IntegrationError.IntegrationError, HttpClient.HttpClient> => {
  const headers = { authorization: Redacted.make(`OAuth ${Redacted.value(accessToken)}`) }
  return Effect.flatMap(Integration.client(login), (client) => client.metadata.get()).pipe(
    Effect.provide(
      IntegrationClient.layer(login, { baseUrl: options?.baseUrl }).pipe(
        Layer.provide(Credentials.layer(Credentials.Headers({ headers })))
      )
    )
  )
}
