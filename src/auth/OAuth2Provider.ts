/**
 * Where a provider's OAuth2 endpoints are, and in what it differs from the standard: data. Of those that are listed
 * here, what was found in their documentation and their SDKs.
 *
 * @since 0.1.0
 */

/**
 * In what a provider differs. What is left out is as the standard has it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quirks {
  /** Stands between scopes, in the request and in the answer. Default a space. */
  readonly scopeSeparator?: string | undefined
  /** `false`: it refuses a `code_challenge`. Default `true`. */
  readonly pkce?: boolean | undefined
  /** How the token endpoint takes what it is sent. Default `form`. */
  readonly tokenRequest?: "form" | "json" | undefined
  /** The field of the answer in which the tokens are. Default: in the answer itself. */
  readonly tokensIn?: string | undefined
  /** The field in which the access token is. Default `access_token`. */
  readonly accessTokenField?: string | undefined
  /** It says no `token_type`, or one of its own, and means a bearer token. */
  readonly anyTokenType?: boolean | undefined
  /** Where tokens are refreshed, where that is another place. */
  readonly refreshEndpoint?: string | undefined
  /** What its own error codes mean. */
  readonly codes?: Readonly<Record<string, "terminal" | "transient">> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface OAuth2Provider {
  /**
   * Who it says it is: in an id_token, and in the `iss` of a callback. Where there is no `tokenEndpoint`, its endpoints
   * are looked up there, once an hour for each client.
   */
  readonly issuer?: string | undefined
  /** It sends `iss` with each callback (RFC 9207): one without is refused. Where endpoints are looked up, it says so. */
  readonly issuerInCallback?: boolean | undefined
  /** What is looked up: OpenID's document, or that of RFC 8414. Default `openid`. */
  readonly discovery?: "openid" | "oauth2" | undefined
  readonly authorizationEndpoint?: string | undefined
  readonly tokenEndpoint?: string | undefined
  readonly revocationEndpoint?: string | undefined
  /** More parameters for the authorization endpoint. */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined
  /** More parameters for the token endpoint. */
  readonly tokenParameters?: Readonly<Record<string, string>> | undefined
  readonly quirks?: Quirks | undefined
}

/**
 * The secret in the body.
 *
 * @since 0.1.0
 * @category providers
 */
export const hubSpot: OAuth2Provider = {
  authorizationEndpoint: "https://app.hubspot.com/oauth/authorize",
  quirks: { codes: { BAD_CLIENT_ID: "terminal", BAD_CLIENT_SECRET: "terminal", BAD_REFRESH_TOKEN: "terminal" } },
  revocationEndpoint: "https://api.hubapi.com/oauth/v3/token/revoke",
  tokenEndpoint: "https://api.hubapi.com/oauth/v3/token"
}

/**
 * With a refresh token, which it gives only when it asks the person anew.
 *
 * @since 0.1.0
 * @category providers
 */
export const google: OAuth2Provider = {
  authorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth",
  authorizationParameters: { access_type: "offline", prompt: "consent" },
  issuer: "https://accounts.google.com",
  revocationEndpoint: "https://oauth2.googleapis.com/revoke",
  tokenEndpoint: "https://oauth2.googleapis.com/token"
}

const docuSignAt = (host: string): OAuth2Provider => ({
  authorizationEndpoint: `https://${host}/oauth/auth`,
  quirks: { codes: { consent_required: "terminal" } },
  tokenEndpoint: `https://${host}/oauth/token`
})

/**
 * The secret in a header.
 *
 * @since 0.1.0
 * @category providers
 */
export const docuSign: OAuth2Provider = docuSignAt("account.docusign.com")

/**
 * The developer environment.
 *
 * @since 0.1.0
 * @category providers
 */
export const docuSignDemo: OAuth2Provider = docuSignAt("account-d.docusign.com")

/**
 * Salesforce: `login`, `test` for a sandbox, or the host of a domain of one's own. It does not say when a token ends:
 * a 401 does.
 *
 * @since 0.1.0
 * @category providers
 */
export const salesforce = (host = "login.salesforce.com"): OAuth2Provider => ({
  authorizationEndpoint: `https://${host}/services/oauth2/authorize`,
  revocationEndpoint: `https://${host}/services/oauth2/revoke`,
  tokenEndpoint: `https://${host}/services/oauth2/token`
})

/**
 * A refresh token works once.
 *
 * @since 0.1.0
 * @category providers
 */
export const calendly: OAuth2Provider = {
  authorizationEndpoint: "https://auth.calendly.com/oauth/authorize",
  revocationEndpoint: "https://auth.calendly.com/oauth/revoke",
  tokenEndpoint: "https://auth.calendly.com/oauth/token"
}

/**
 * Scope `api-v1`; no refresh token.
 *
 * @since 0.1.0
 * @category providers
 */
export const acuity: OAuth2Provider = {
  authorizationEndpoint: "https://acuityscheduling.com/oauth2/authorize",
  tokenEndpoint: "https://acuityscheduling.com/oauth2/token"
}

/**
 * @since 0.1.0
 * @category providers
 */
export const calCom: OAuth2Provider = {
  authorizationEndpoint: "https://app.cal.com/auth/oauth2/authorize",
  quirks: { codes: { invalid_refresh_token: "terminal" } },
  tokenEndpoint: "https://api.cal.com/v2/auth/oauth2/token"
}

/**
 * No scopes and no refresh token: the access token does not end.
 *
 * @since 0.1.0
 * @category providers
 */
export const mailchimp: OAuth2Provider = {
  authorizationEndpoint: "https://login.mailchimp.com/oauth2/authorize",
  quirks: { anyTokenType: true },
  tokenEndpoint: "https://login.mailchimp.com/oauth2/token"
}

/**
 * A refresh token works once.
 *
 * @since 0.1.0
 * @category providers
 */
export const kit: OAuth2Provider = {
  authorizationEndpoint: "https://app.kit.com/oauth/authorize",
  quirks: { tokenRequest: "json" },
  revocationEndpoint: "https://api.kit.com/oauth/revoke",
  tokenEndpoint: "https://api.kit.com/oauth/token"
}

/**
 * Neither refresh token nor end; the scopes are those of the app, and are not asked for.
 *
 * @since 0.1.0
 * @category providers
 */
export const intercom: OAuth2Provider = {
  authorizationEndpoint: "https://app.intercom.com/oauth",
  quirks: { accessTokenField: "token", anyTokenType: true },
  tokenEndpoint: "https://api.intercom.io/auth/eagle/token"
}

/**
 * Errors come with status 200.
 *
 * @since 0.1.0
 * @category providers
 */
export const slack: OAuth2Provider = {
  authorizationEndpoint: "https://slack.com/oauth/v2/authorize",
  quirks: {
    anyTokenType: true,
    codes: {
      bad_client_secret: "terminal",
      code_already_used: "terminal",
      invalid_client_id: "terminal",
      invalid_code: "terminal",
      invalid_refresh_token: "terminal",
      internal_error: "transient",
      ratelimited: "transient",
      token_expired: "terminal",
      token_revoked: "terminal"
    },
    scopeSeparator: ","
  },
  tokenEndpoint: "https://slack.com/api/oauth.v2.access"
}

/**
 * The secret in a header. The callback has `realmId`, the company, beside the code.
 *
 * @since 0.1.0
 * @category providers
 */
export const quickBooks: OAuth2Provider = {
  authorizationEndpoint: "https://appcenter.intuit.com/connect/oauth2",
  issuer: "https://oauth.platform.intuit.com/op/v1",
  revocationEndpoint: "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
  tokenEndpoint: "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
}

/**
 * Connect: accounts of others.
 *
 * @since 0.1.0
 * @category providers
 */
export const stripe: OAuth2Provider = {
  authorizationEndpoint: "https://connect.stripe.com/oauth/authorize",
  tokenEndpoint: "https://connect.stripe.com/oauth/token"
}

/**
 * The secret in a header.
 *
 * @since 0.1.0
 * @category providers
 */
export const trustpilot: OAuth2Provider = {
  authorizationEndpoint: "https://authenticate.trustpilot.com",
  quirks: {
    anyTokenType: true,
    refreshEndpoint: "https://api.trustpilot.com/v1/oauth/oauth-business-users-for-applications/refresh"
  },
  tokenEndpoint: "https://api.trustpilot.com/v1/oauth/oauth-business-users-for-applications/accesstoken"
}
