import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, DocuSign, Emulator, envelopes } from "holdfast/providers/docusign"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`docusign-fake-token-${text}`) })

const { burst, hourly, of } = Emulator.Bodies

const limited = {
  "date": "Thu, 26 Nov 2026 08:50:00 GMT",
  "x-ratelimit-limit": "3000",
  "x-ratelimit-remaining": "0",
  "x-ratelimit-reset": String(Date.UTC(2026, 10, 26, 9) / 1000)
}

Provider.suite({
  tag: DocuSign,
  definition,
  emulator: Emulator.make,
  layerTest: DocuSign.layerTest,
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (docusign) => docusign.accounts.get({ path: Kit.account }),
  errors: [
    {
      name: "400, the hour is used up",
      status: 400,
      headers: limited,
      body: hourly,
      expect: {
        _tag: "RateLimitError",
        code: "HOURLY_APIINVOCATION_LIMIT_EXCEEDED",
        retryable: true,
        retryAfter: "10 minutes"
      }
    },
    {
      name: "429, the hour is used up",
      status: 429,
      headers: limited,
      body: hourly,
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "10 minutes" }
    },
    {
      name: "400, the burst",
      status: 400,
      headers: { ...limited, "x-ratelimit-remaining": "1200" },
      body: burst,
      expect: {
        _tag: "RateLimitError",
        code: "BURST_APIINVOCATION_LIMIT_EXCEEDED",
        retryable: true,
        retryAfter: "30 seconds"
      }
    },
    {
      name: "429, the burst, in another case",
      status: 429,
      body: of("Burst_ApiInvocation_Limit_Exceeded", "too fast"),
      expect: { _tag: "RateLimitError", message: "too fast", retryable: true, retryAfter: "30 seconds" }
    },
    {
      name: "400, one envelope is looked at too often",
      status: 400,
      body: of("Hourly_Envelope_Polling_Limit_Exceeded", "polled"),
      expect: { _tag: "ConflictError", retryable: true, retryAfter: "15 minutes" }
    },
    {
      name: "400, somebody has it open",
      status: 400,
      body: of("EDIT_LOCK_ENVELOPE_LOCKED", "The envelope is locked."),
      expect: { _tag: "ConflictError", code: "EDIT_LOCK_ENVELOPE_LOCKED", retryable: true }
    },
    {
      name: "400, a state that does not allow it",
      status: 400,
      body: of("ENVELOPE_CANNOT_VOID_INVALID_STATE", "no"),
      expect: { _tag: "ConflictError", retryable: false }
    },
    {
      name: "400, not there",
      status: 400,
      body: of("ENVELOPE_DOES_NOT_EXIST", "The envelope specified does not exist."),
      expect: { _tag: "NotFoundError", message: "does not exist", retryable: false }
    },
    {
      name: "404, not there",
      status: 404,
      body: of("ENVELOPE_DOES_NOT_EXIST", "no"),
      expect: { _tag: "NotFoundError" }
    },
    {
      name: "400, input",
      status: 400,
      body: of("INVALID_REQUEST_PARAMETER", "The request contained at least one invalid parameter."),
      expect: { _tag: "ValidationError", code: "INVALID_REQUEST_PARAMETER", retryable: false }
    },
    ...[
      "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
      "UNABLE_TO_CONVERT_DOCUMENT",
      "OF_THE_FUTURE"
    ].map((code) => ({
      name: `400, ${code}`,
      status: 400,
      body: of(code, "no"),
      expect: { _tag: "ValidationError" as const, code, retryable: false }
    })),
    {
      name: "400, whose turn it is not",
      status: 400,
      body: of("RECIPIENT_NOT_IN_SEQUENCE", "no"),
      expect: { _tag: "ConflictError", code: "RECIPIENT_NOT_IN_SEQUENCE", retryable: false }
    },
    {
      name: "400, what the plan does not have",
      status: 400,
      body: of("ACCOUNT_LACKS_PERMISSIONS", "no"),
      expect: { _tag: "AuthorizationError", code: "ACCOUNT_LACKS_PERMISSIONS", retryable: false }
    },
    {
      name: "400, who is not known",
      status: 400,
      body: of("USER_AUTHENTICATION_FAILED", "One or both of Username and Password are invalid."),
      expect: { _tag: "AuthenticationError", code: "USER_AUTHENTICATION_FAILED", retryable: false }
    },
    {
      name: "400 of the login, where nobody has consented",
      status: 400,
      body: { error: "consent_required", error_description: "no" },
      expect: { _tag: "ValidationError", code: "consent_required", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: of("AUTHORIZATION_INVALID_TOKEN", "The access token provided is expired, revoked or malformed."),
      expect: { _tag: "AuthenticationError", code: "AUTHORIZATION_INVALID_TOKEN", retryable: false }
    },
    {
      name: "400, no right",
      status: 400,
      body: of("USER_LACKS_PERMISSIONS", "This User lacks sufficient permissions."),
      expect: { _tag: "AuthorizationError", retryable: false }
    },
    {
      name: "500",
      status: 500,
      body: of("UNSPECIFIED_ERROR", "Non-specific error."),
      expect: { _tag: "ServerError", code: "UNSPECIFIED_ERROR", retryable: true }
    },
    { name: "502, a page for people", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    ...[503, 504].map((status) => ({
      name: String(status),
      status,
      body: "",
      expect: { _tag: "ServerError" as const, retryable: true }
    }))
  ],
  tolerates: [
    {
      name: "numbers that are numbers",
      body: { endPosition: 0, envelopes: [{ envelopeId: "1" }], resultSetSize: 1, startPosition: 0, totalSetSize: 1 },
      call: (docusign) => docusign.envelopes.list({ path: Kit.account, urlParams: { from_date: "2026-11-01" } })
    },
    {
      name: "an empty list, whose envelopes are not there",
      body: { resultSetSize: "0", startPosition: "0", totalSetSize: "0" },
      call: (docusign) => docusign.envelopes.list({ path: Kit.account, urlParams: { from_date: "2026-11-01" } })
    },
    {
      name: "an envelope in a state that is new, with nulls",
      body: { emailSubject: null, envelopeId: "1", recipients: null, status: "of_the_future" },
      call: (docusign) =>
        docusign.envelopes.get({
          path: { ...Kit.account, envelopeId: "ffffffff-0000-4000-8000-000000000000" },
          urlParams: {}
        })
    },
    {
      name: "an envelope with fields of its own, whose truths are written in every way",
      body: {
        customFields: {
          listCustomFields: null,
          textCustomFields: [{ name: "order", required: true, show: "TRUE", value: null }, {}]
        },
        envelopeId: "e"
      },
      call: (docusign) => docusign.envelopes.get({ path: { ...Kit.account, envelopeId: Kit.accountId }, urlParams: {} })
    },
    { name: "an account that says nothing", body: {}, call: (docusign) => docusign.accounts.get({ path: Kit.account }) }
  ],
  lists: [
    {
      operation: "envelopes.list",
      fill: (docusign) =>
        Effect.forEach(
          Array.from({ length: 25 }, (_, index) => `order-${index}`),
          (transactionId) => Kit.create(docusign, transactionId)
        ),
      stream: (docusign) =>
        Pagination.items(docusign.envelopes.list, envelopes, {
          path: Kit.account,
          urlParams: { count: 10, from_date: "1970-01-01" }
        }),
      items: 25,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("docusign-fake-connect-key"), Redacted.make("docusign-fake-other-key")],
    url: "https://app.example.com/webhooks/docusign",
    body: JSON.stringify({
      event: "envelope-completed",
      apiVersion: "v2.1",
      configurationId: "1",
      data: { accountId: Kit.accountId, envelopeId: "00000000-0000-4000-8000-000000000001" },
      generatedDateTime: "2026-11-26T08:00:00.0000000Z",
      retryCount: 0,
      uri: "/restapi/v2.1/accounts/1/envelopes/1"
    })
  },
  requests: "requests.http"
})
