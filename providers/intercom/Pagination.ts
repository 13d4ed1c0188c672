/**
 * How Intercom's lists go on: by `starting_after`, in the query of lists and in the body of searches.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

/**
 * What all of Intercom's lists look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paged {
  readonly pages: { readonly next?: string | { readonly starting_after?: string } }
}

const parameter = "starting_after"

/** An older version of the API has a URL in the place of a cursor. */
const linkOf = ({ pages: { next } }: Paged): URL | undefined =>
  typeof next === "string" && URL.canParse(next) ? new URL(next) : undefined

const cursorOf = (page: Paged): string | undefined => {
  const { next } = page.pages
  return typeof next === "string" ? linkOf(page)?.searchParams.get(parameter) ?? next : next?.starting_after
}

const byCursor = <Page extends Paged, Item>(
  items: (page: Page) => ReadonlyArray<Item>,
  part: "payload" | "urlParams"
): Pagination.Pagination<Page, Item> => {
  const cursor = Pagination.cursor({
    in: part,
    items,
    next: cursorOf,
    parameter: part === "payload" ? `pagination.${parameter}` : parameter
  })
  return {
    ...cursor,
    // one that counts pages cannot be followed here, and is no end of the list
    next: (page, request) =>
      linkOf(page)?.searchParams.has(parameter) === false
        ? `the link to the next page has no ${parameter}`
        : cursor.next(page, request)
  }
}

const contactsOf = (page: typeof Schemas.ContactPage.Type) => page.data

const conversationsOf = (page: typeof Schemas.ConversationPage.Type) => page.conversations

/**
 * Of `contacts.list`.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { contacts, Intercom } from "holdfast/providers/intercom"
 *
 * const emails = Effect.gen(function*() {
 *   const intercom = yield* Intercom
 *   return yield* Pagination.items(intercom.contacts.list, contacts, { urlParams: { per_page: 150 } }).pipe(
 *     Stream.map(({ email }) => email),
 *     Stream.runCollect
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const contacts = byCursor(contactsOf, "urlParams")

/**
 * Of `contacts.search`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const searchedContacts = byCursor(contactsOf, "payload")

/**
 * Of `conversations.list`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const conversations = byCursor(conversationsOf, "urlParams")

/**
 * Of `conversations.search`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const searchedConversations = byCursor(conversationsOf, "payload")
