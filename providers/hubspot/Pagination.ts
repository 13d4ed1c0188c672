/**
 * Walks through HubSpot's lists, by cursor. A link is never followed: HubSpot's links name another host.
 *
 * @since 0.1.0
 */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { IntegrationError } from "holdfast"

/**
 * What all of HubSpot's lists look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly results: ReadonlyArray<A>
  readonly paging?: { readonly next?: { readonly after: string } }
}

/** A method of the client that gives pages: `contacts.list`, `deals.search`, `owners.list` … */
type ListMethod = (request: never) => Effect.Effect<unknown, IntegrationError.IntegrationError>

/** Less the pair that the method gives with `withResponse: true`. */
type PageOf<Method> = Method extends (request: never) => Effect.Effect<infer A, infer _E>
  ? Exclude<A, readonly [unknown, HttpClientResponse.HttpClientResponse]>
  : never

type ItemOf<Method> = PageOf<Method> extends { readonly results: ReadonlyArray<infer A> } ? A : never

type RequestOf<Method> = Method extends (request: infer Request) => unknown ? Omit<Request, "withResponse"> : never

interface Cursored {
  readonly urlParams?: object
  readonly payload?: object
}

/** A search has its cursor in the body, a list in the query. */
const withCursor = (request: Cursored, after: string): Cursored =>
  request.payload === undefined
    ? { ...request, urlParams: { ...request.urlParams, after } }
    : { ...request, payload: { ...request.payload, after } }

/**
 * The pages of a list, from the one that the request asks for to the last. A cursor that comes a second time ends the
 * stream with a ResponseDecodeError: it would go on for ever.
 *
 * A search ends with a ValidationError where it would pass HubSpot's limit of 10,000 results: narrow its filters, or go on
 * from the last value of its sort.
 *
 * @since 0.1.0
 * @category streams
 */
export const pages = <Method extends ListMethod>(
  method: Method,
  request: RequestOf<Method>
): Stream.Stream<PageOf<Method>, IntegrationError.IntegrationError> => {
  // the request's type is the method's own; what is added to it is the cursor that both kinds have
  const call = method as unknown as (
    request: Cursored
  ) => Effect.Effect<Page<unknown>, IntegrationError.IntegrationError>
  const first = request as Cursored
  return Stream.suspend(() => {
    const seen = new Set<string>()
    return Stream.paginateEffect(
      undefined as string | undefined,
      (cursor) =>
        Effect.flatMap(call(cursor === undefined ? first : withCursor(first, cursor)), (page) => {
          const after = page.paging?.next?.after
          if (after === undefined || after === "") {
            return Effect.succeed([page as PageOf<Method>, Option.none()] as const)
          }
          if (seen.has(after)) {
            return Effect.fail(
              new IntegrationError.ResponseDecodeError({
                integration: "hubspot",
                operation: "paginate",
                message: `the cursor "${after}" has come before: the list would never end`
              })
            )
          }
          seen.add(after)
          return Effect.succeed([page as PageOf<Method>, Option.some(after)] as const)
        })
    )
  })
}

/**
 * The results of a list, page by page, as they are asked for.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { HubSpot, paginate } from "holdfast/providers/hubspot"
 *
 * const emails = Effect.gen(function*() {
 *   const hubspot = yield* HubSpot
 *   return yield* paginate(hubspot.contacts.list, { urlParams: { limit: 100, properties: ["email"] } }).pipe(
 *     Stream.map((contact) => contact.properties.email),
 *     Stream.runCollect
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category streams
 */
export const paginate = <Method extends ListMethod>(
  method: Method,
  request: RequestOf<Method>
): Stream.Stream<ItemOf<Method>, IntegrationError.IntegrationError> =>
  // the compiler cannot see that a page of this method is a page of its items
  Stream.mapChunks(
    pages(method, request),
    Chunk.flatMap((page) => Chunk.unsafeFromArray((page as unknown as Page<ItemOf<Method>>).results))
  )
