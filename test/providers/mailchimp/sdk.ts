/** The part of Mailchimp's SDK that is used here: it is plain JavaScript, and its package has no types. */
import { createRequire } from "node:module"

/** The JSON that Mailchimp has answered. */
export type Answer = Readonly<Record<string, unknown>>

type Body = Readonly<Record<string, unknown>>

type Options = Readonly<Record<string, unknown>>

interface Lists {
  readonly getAllLists: (options: Options) => Promise<Answer>
  readonly getList: (listId: string, options: Options) => Promise<Answer>
  readonly getListMembersInfo: (listId: string, options: Options) => Promise<Answer>
  readonly getListMember: (listId: string, hash: string, options: Options) => Promise<Answer>
  readonly addListMember: (listId: string, body: Body, options: Options) => Promise<Answer>
  readonly setListMember: (listId: string, hash: string, body: Body, options?: Options) => Promise<Answer>
  readonly updateListMember: (listId: string, hash: string, body: Body, options?: Options) => Promise<Answer>
  readonly deleteListMember: (listId: string, hash: string) => Promise<Answer>
  readonly deleteListMemberPermanent: (listId: string, hash: string) => Promise<Answer>
  readonly updateListMemberTags: (listId: string, hash: string, body: Body) => Promise<Answer>
  readonly createListMemberEvent: (listId: string, hash: string, body: Body) => Promise<Answer>
  readonly batchListMembers: (listId: string, body: Body, options: Options) => Promise<Answer>
  readonly getListWebhooks: (listId: string) => Promise<Answer>
  readonly createListWebhook: (listId: string, body: Body) => Promise<Answer>
  readonly deleteListWebhook: (listId: string, webhookId: string) => Promise<Answer>
}

interface ApiClient {
  basePath: string
  readonly setConfig: (
    config: { readonly apiKey?: string; readonly accessToken?: string; readonly server?: string }
  ) => void
  readonly batches: {
    readonly start: (body: Body) => Promise<Answer>
    readonly status: (batchId: string, options: Options) => Promise<Answer>
  }
  readonly lists: Lists
  readonly ping: { readonly get: () => Promise<Answer> }
  readonly root: { readonly getRoot: (options: Options) => Promise<Answer> }
}

// the package's main module has one client for all; the class is not exported there
const ApiClient: new() => ApiClient = createRequire(import.meta.url)("@mailchimp/mailchimp_marketing/src/ApiClient.js")

/** Its base path cannot be set by an option. Without `server`, it leaves the host as it is. */
export const apiClient = (baseUrl: string, credential: string | { readonly accessToken: string }): ApiClient => {
  const client = new ApiClient()
  client.basePath = `${baseUrl}/3.0`
  client.setConfig(typeof credential === "string" ? { apiKey: credential } : credential)
  return client
}
