/** The part of DocuSign's SDK that is used here: it is plain JavaScript, and its package has no types. */
import { createRequire } from "node:module"

/** What its models are made of: texts, as DocuSign gives numbers and flags. */
export type Answer = Readonly<Record<string, unknown>>

type Body = Readonly<Record<string, unknown>>

type Query = Readonly<Record<string, string>>

interface ApiClient {
  readonly setBasePath: (basePath: string) => void
  readonly addDefaultHeader: (header: string, value: string) => void
}

interface EnvelopesApi {
  readonly createEnvelope: (accountId: string, options: { readonly envelopeDefinition: Body }) => Promise<Answer>
  readonly createRecipientView: (
    accountId: string,
    envelopeId: string,
    options: { readonly recipientViewRequest: Body }
  ) => Promise<Answer>
  readonly getDocument: (
    accountId: string,
    envelopeId: string,
    documentId: string,
    options: Query
  ) => Promise<Uint8Array>
  readonly getEnvelope: (accountId: string, envelopeId: string, options: Query) => Promise<Answer>
  readonly listRecipients: (accountId: string, envelopeId: string, options: Query) => Promise<Answer>
  readonly listStatus: (
    accountId: string,
    options: { readonly envelopeIds: string; readonly envelopeIdsRequest: Body }
  ) => Promise<Answer>
  readonly listStatusChanges: (accountId: string, options: Query) => Promise<Answer>
  readonly update: (
    accountId: string,
    envelopeId: string,
    options: { readonly envelope: Body; readonly resendEnvelope?: string }
  ) => Promise<Answer>
}

interface Sdk {
  readonly AccountsApi: new(client: ApiClient) => {
    readonly getAccountInformation: (accountId: string, options: Query) => Promise<Answer>
  }
  readonly ApiClient: new() => ApiClient
  readonly ConnectApi: new(client: ApiClient) => {
    readonly createConfiguration: (
      accountId: string,
      options: { readonly connectCustomConfiguration: Body }
    ) => Promise<Answer>
  }
  readonly EnvelopesApi: new(client: ApiClient) => EnvelopesApi
  readonly TemplatesApi: new(client: ApiClient) => {
    readonly listTemplates: (accountId: string, options: Query) => Promise<Answer>
  }
}

const sdk: Sdk = createRequire(import.meta.url)("docusign-esign")

export const clients = (baseUrl: string) => {
  const client = new sdk.ApiClient()
  client.setBasePath(`${baseUrl}/restapi`)
  client.addDefaultHeader("Authorization", "Bearer docusign-fake-token")
  return {
    accounts: new sdk.AccountsApi(client),
    connect: new sdk.ConnectApi(client),
    envelopes: new sdk.EnvelopesApi(client),
    templates: new sdk.TemplatesApi(client)
  }
}
