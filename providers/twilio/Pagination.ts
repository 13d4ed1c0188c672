/**
 * How Twilio's lists go on: by a link to the next page.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"

/**
 * What a list of messages looks like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly messages: ReadonlyArray<A>
  readonly next_page_uri?: string
}

const wholeNumber = /^\d+$/

/**
 * Of `messages.list`. Of a link only its page is taken, and asked for on the server of the definition.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { lists, Twilio } from "holdfast/providers/twilio"
 *
 * const sentSince = (accountSid: string, day: string) =>
 *   Stream.unwrap(Twilio.pipe(Effect.map((twilio) =>
 *     Pagination.items(twilio.messages.list, lists(), {
 *       path: { accountSid },
 *       urlParams: { "DateSent>": day, PageSize: 1000 }
 *     })
 *   )))
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = <A>(): Pagination.Pagination<Page<A>, A> =>
  Pagination.link({
    items: (page: Page<A>) => page.messages,
    next: (page) => page.next_page_uri,
    parameter: "PageToken",
    read: ({ searchParams }) => {
      const token = searchParams.get("PageToken")
      const page = searchParams.get("Page") ?? ""
      return token === null
        ? undefined
        : { urlParams: { PageToken: token, ...(wholeNumber.test(page) ? { Page: Number(page) } : undefined) } }
    }
  })
