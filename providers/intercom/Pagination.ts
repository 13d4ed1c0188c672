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

/** An older version of the API has a URL in its place. */
const cursorOf = ({ pages: { next } }: Paged): string | undefined =>
  typeof next !== "string"
    ? next?.starting_after
    : URL.canParse(next)
    ? new URL(next).searchParams.get("starting_after") ?? undefined
    : next

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
export const contacts = Pagination.cursor({ items: contactsOf, next: cursorOf, parameter: "starting_after" })

/**
 * Of `contacts.search`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const searchedContacts = Pagination.cursor({
  in: "payload",
  items: contactsOf,
  next: cursorOf,
  parameter: "pagination.starting_after"
})

/**
 * Of `conversations.list`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const conversations = Pagination.cursor({ items: conversationsOf, next: cursorOf, parameter: "starting_after" })

/**
 * Of `conversations.search`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const searchedConversations = Pagination.cursor({
  in: "payload",
  items: conversationsOf,
  next: cursorOf,
  parameter: "pagination.starting_after"
})
