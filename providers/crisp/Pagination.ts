/**
 * How Crisp's lists go on: by the number of the page, which stands in the path, and messages backwards by time.
 *
 * @since 0.1.0
 */
import type { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

/**
 * What all of Crisp's lists look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly data: ReadonlyArray<A>
}

const fieldOf = (part: object | undefined, name: string): unknown => part && Reflect.get(part, name)

/**
 * Of conversations, people, and the websites of a plugin. No total is told: the list ends with a page that is empty.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Crisp, lists } from "holdfast/providers/crisp"
 *
 * const unresolved = (website_id: string) =>
 *   Effect.gen(function*() {
 *     const crisp = yield* Crisp
 *     return yield* Pagination.items(crisp.conversations.list, lists(), {
 *       path: { page: 1, website_id },
 *       urlParams: { filter_not_resolved: true, per_page: 50 }
 *     }).pipe(Stream.runCollect)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = <A>(): Pagination.Pagination<Page<A>, A> => ({
  items: ({ data }) => data,
  kind: "page",
  next: ({ data }, { path }) =>
    data.length === 0 ? undefined : { path: { page: Number(fieldOf(path, "page") ?? 1) + 1 } },
  parameter: "page"
})

type Message = typeof Schemas.Message.Type

/**
 * Of the messages of a conversation, backwards: each page is of before the oldest message of the one that came before. It ends
 * with a page that has nothing older. Of those after a time, `timestamp_after`, forwards: up to a page that has nothing newer.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Crisp, history } from "holdfast/providers/crisp"
 *
 * const all = (website_id: string, session_id: string) =>
 *   Effect.gen(function*() {
 *     const crisp = yield* Crisp
 *     return yield* Stream.runCollect(
 *       Pagination.items(crisp.messages.list, history, { path: { session_id, website_id } })
 *     )
 *   })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const history: Pagination.Pagination<Page<Message>, Message> = {
  items: ({ data }) => data,
  kind: "cursor",
  next: ({ data }, { urlParams }) => {
    const before = fieldOf(urlParams, "timestamp_before")
    const after = fieldOf(urlParams, "timestamp_after")
    const times = data.flatMap(({ timestamp }) => timestamp ?? [])
    if (typeof after === "number") {
      const latest = Math.max(...times)
      return latest > after ? { urlParams: { timestamp_after: latest } } : undefined
    }
    // were the message at the border given again, it would be given for ever
    return times.every((time) => time === before) ? undefined : { urlParams: { timestamp_before: Math.min(...times) } }
  },
  parameter: "timestamp_before"
}
