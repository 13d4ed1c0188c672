/**
 * DocuSign's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const account = "/restapi/v2.1/accounts/:accountId"

const envelope = `${account}/envelopes/:envelopeId`

/** A PDF, or a ZIP. */
const Bytes = Schema.Uint8ArrayFromSelf.pipe(HttpApiSchema.withEncoding({
  contentType: "application/pdf",
  kind: "Uint8Array"
}))

const envelopes = HttpApiGroup.make("envelopes")
  .add(
    // sent twice, it is two: createGuarded looks for the first by its transactionId
    HttpApiEndpoint.post("create", `${account}/envelopes`).setPath(Schemas.ofAccount)
      .setPayload(Schemas.EnvelopeInput).addSuccess(Schemas.EnvelopeSummary, { status: 201 })
  )
  .add(
    HttpApiEndpoint.get("list", `${account}/envelopes`).setPath(Schemas.ofAccount)
      .setUrlParams(Schemas.EnvelopeListParams).addSuccess(Schemas.EnvelopePage)
  )
  .add(
    HttpApiEndpoint.put("statuses", `${account}/envelopes/status`).setPath(Schemas.ofAccount)
      .setUrlParams(Schemas.StatusParams).setPayload(Schemas.StatusInput).addSuccess(Schemas.EnvelopePage)
      .annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.get("get", envelope).setPath(Schemas.ofEnvelope).setUrlParams(Schemas.EnvelopeGetParams)
      .addSuccess(Schemas.Envelope)
  )
  .add(
    // with resend_envelope each time is an e-mail
    HttpApiEndpoint.put("update", envelope).setPath(Schemas.ofEnvelope).setUrlParams(Schemas.EnvelopeUpdateParams)
      .setPayload(Schemas.EnvelopeUpdate).addSuccess(Schemas.EnvelopeUpdated).annotate(Operation.Idempotent, false)
  )

/**
 * Envelopes, recipients, documents, views, templates, the account, and Connect.
 *
 * @since 0.1.0
 * @category api
 */
export const DocuSignApi = HttpApi.make("docusign")
  .add(
    HttpApiGroup.make("accounts").add(
      HttpApiEndpoint.get("get", account).setPath(Schemas.ofAccount).addSuccess(Schemas.Account)
    )
  )
  .add(envelopes)
  .add(
    HttpApiGroup.make("recipients").add(
      HttpApiEndpoint.get("list", `${envelope}/recipients`).setPath(Schemas.ofEnvelope)
        .setUrlParams(Schemas.RecipientsParams).addSuccess(Schemas.Recipients)
    )
  )
  .add(
    HttpApiGroup.make("documents").add(
      HttpApiEndpoint.get("get", `${envelope}/documents/:documentId`).setPath(Schemas.ofDocument).addSuccess(Bytes)
    )
  )
  .add(
    HttpApiGroup.make("views").add(
      // a URL works once, and one more does no harm
      HttpApiEndpoint.post("recipient", `${envelope}/views/recipient`).setPath(Schemas.ofEnvelope)
        .setPayload(Schemas.RecipientViewInput).addSuccess(Schemas.View, { status: 201 })
        .annotate(Operation.Idempotent, true)
    )
  )
  .add(
    HttpApiGroup.make("templates").add(
      HttpApiEndpoint.get("list", `${account}/templates`).setPath(Schemas.ofAccount)
        .setUrlParams(Schemas.TemplateListParams).addSuccess(Schemas.TemplatePage)
    )
  )
  .add(
    HttpApiGroup.make("connect").add(
      HttpApiEndpoint.post("create", `${account}/connect`).setPath(Schemas.ofAccount).setPayload(Schemas.ConnectInput)
        .addSuccess(Schemas.ConnectConfiguration, { status: 201 })
    )
  )

/**
 * @since 0.1.0
 * @category models
 */
export type DocuSignApi = typeof DocuSignApi
