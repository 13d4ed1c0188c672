/**
 * Lists that come in pages, as streams: how a provider pages is data beside its definition, and is walked here, once for
 * all of them.
 *
 * A page is asked for when somebody reads it. A cursor that comes again and a page that is the same as the one before end
 * the stream with a `ResponseDecodeError`: they would never end. A link is read and not followed, so that no request, and
 * no credential, goes where a page says.
 *
 * @since 0.1.0
 */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Integration from "../core/Integration.js"
import { type IntegrationError, ResponseDecodeError } from "../core/IntegrationError.js"

/**
 * - `cursor`: each page names the next
 * - `last-id`: the next begins after the last item of this one
 * - `page`: pages have numbers
 * - `offset`: so many items are passed over
 * - `link`: each page has the URL of the next
 * - `window`: nothing is paged; the next window of time is asked for, as the provider's own module says
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = "cursor" | "last-id" | "page" | "offset" | "link" | "window"

/**
 * The parts of a request, of which the next page has some of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parts {
  readonly path?: object | undefined
  readonly urlParams?: object | undefined
  readonly payload?: object | undefined
}

/**
 * How one kind of list is walked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pagination<in Page, out Item> {
  readonly kind: Kind
  /** What is sent for the next page, `after`; in a body it may be a field of a field, `pagination.starting_after`. */
  readonly parameter: string
  readonly items: (page: Page) => ReadonlyArray<Item>
  /** The parts in which the request for the next page differs; nothing after the last. A text says what is wrong. */
  readonly next: (page: Page, request: Parts) => Parts | string | undefined
}

/**
 * @since 0.1.0
 */
export declare namespace Pagination {
  /**
   * @since 0.1.0
   * @category models
   */
  export type Any = Pagination<never, unknown>
}

const isPresent = (value: string | number | null | undefined): value is string | number =>
  value !== undefined && value !== null && value !== ""

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A query has no fields in fields, and may have points in its names. */
const pathOf = (part: "payload" | "urlParams", parameter: string): ReadonlyArray<string> =>
  part === "payload" ? parameter.split(".") : [parameter]

const inPart = (part: "payload" | "urlParams", parameter: string, value: string | number): Parts => ({
  [part]: pathOf(part, parameter).reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
})

const numberOf = (part: object | undefined, path: ReadonlyArray<string>): number | undefined => {
  const value = path.reduce<unknown>((inner, name) => isRecord(inner) ? Reflect.get(inner, name) : undefined, part)
  const number = typeof value === "string" && value !== "" ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number) ? number : undefined
}

/**
 * Each page names the next one; a page without a name, or with an empty one, is the last. `in`: where it is sent, by
 * default in the query.
 *
 * @example
 * ```ts
 * import { Pagination } from "holdfast"
 *
 * interface Page {
 *   readonly results: ReadonlyArray<{ readonly id: string }>
 *   readonly next?: string
 * }
 *
 * const lists = Pagination.cursor({
 *   items: (page: Page) => page.results,
 *   next: (page) => page.next,
 *   parameter: "after"
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const cursor = <Page, Item>(options: {
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly next: (page: Page) => string | number | null | undefined
  readonly parameter: string
  readonly in?: "payload" | "urlParams" | undefined
}): Pagination<Page, Item> => ({
  items: options.items,
  kind: "cursor",
  next: (page) => {
    const next = options.next(page)
    return isPresent(next) ? inPart(options.in ?? "urlParams", options.parameter, next) : undefined
  },
  parameter: options.parameter
})

/**
 * The next page begins after the last item of this one, for as long as there are more.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lastId = <Page, Item>(options: {
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly hasMore: (page: Page) => boolean
  readonly idOf: (item: Item) => string
  readonly parameter: string
}): Pagination<Page, Item> => ({
  items: options.items,
  kind: "last-id",
  next: (page) => {
    if (!options.hasMore(page)) return undefined
    const last = options.items(page).at(-1)
    return last === undefined
      ? "a page without items says that there are more, and not after what"
      : { urlParams: { [options.parameter]: options.idOf(last) } }
  },
  parameter: options.parameter
})

/**
 * Pages have numbers, from `first` (default 1) on. `hasMore` is handed the number of the page.
 *
 * @since 0.1.0
 * @category constructors
 */
export const page = <Page, Item>(options: {
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly hasMore: (page: Page, number: number) => boolean
  readonly parameter: string
  readonly first?: 0 | 1 | undefined
}): Pagination<Page, Item> => ({
  items: options.items,
  kind: "page",
  next: (page, request) => {
    const number = numberOf(request.urlParams, [options.parameter]) ?? options.first ?? 1
    return options.hasMore(page, number) ? { urlParams: { [options.parameter]: number + 1 } } : undefined
  },
  parameter: options.parameter
})

/**
 * So many items are passed over. `hasMore` is handed how many have been read; an empty page is always the last.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offset = <Page, Item>(options: {
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly hasMore: (page: Page, read: number) => boolean
  readonly parameter: string
  readonly in?: "payload" | "urlParams" | undefined
}): Pagination<Page, Item> => ({
  items: options.items,
  kind: "offset",
  next: (page, request) => {
    const part = options.in ?? "urlParams"
    const { length } = options.items(page)
    const read = (numberOf(request[part], pathOf(part, options.parameter)) ?? 0) + length
    return length > 0 && options.hasMore(page, read) ? inPart(part, options.parameter, read) : undefined
  },
  parameter: options.parameter
})

/**
 * Each page has the URL of the next one. The URL is not fetched: what of its query the operation knows is sent to the
 * provider's own server. `parameter` names what of it is followed; `read` takes it elsewhere, as from its path.
 *
 * @since 0.1.0
 * @category constructors
 */
export const link = <Page, Item>(options: {
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly next: (page: Page) => string | null | undefined
  readonly parameter: string
  /** Default: the parameter, from the query. */
  readonly read?: ((url: URL) => Parts | undefined) | undefined
}): Pagination<Page, Item> => {
  const read = options.read ?? ((url: URL): Parts | undefined => {
    const value = url.searchParams.get(options.parameter)
    return value === null || value === "" ? undefined : { urlParams: { [options.parameter]: value } }
  })
  return {
    items: options.items,
    kind: "link",
    next: (page) => {
      const next = options.next(page)
      if (!isPresent(next)) return undefined
      // a relative one is relative to the provider, whoever that is
      const url = URL.canParse(next, "https://provider.invalid") ? new URL(next, "https://provider.invalid") : undefined
      const parts = url === undefined ? undefined : read(url)
      return parts ?? `the link to the next page has no ${options.parameter}`
    },
    parameter: options.parameter
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// streams
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A method of a client that gives pages, `contacts.list`.
 *
 * @since 0.1.0
 * @category models
 */
export type Method = (request: never) => Effect.Effect<unknown, IntegrationError>

/**
 * What it gives, less the pair that it gives with `withResponse: true`.
 *
 * @since 0.1.0
 * @category models
 */
export type PageOf<M extends Method> = Exclude<
  Effect.Effect.Success<ReturnType<M>>,
  readonly [unknown, HttpClientResponse.HttpClientResponse]
>

/**
 * @since 0.1.0
 * @category models
 */
export type RequestOf<M extends Method> = M extends (request: infer Request) => unknown ? Omit<Request, "withResponse">
  : never

/** Of a field that has fields itself, those that are not named stay: the size of a page beside its cursor. */
const merged = (part: object | undefined, changes: object): object => ({
  ...part,
  ...Object.fromEntries(
    Object.entries(changes).map(([name, change]: [string, unknown]) => {
      const before: unknown = part && Reflect.get(part, name)
      return [name, isRecord(change) ? merged(isRecord(before) ? before : undefined, change) : change]
    })
  )
})

const withParts = (request: Parts, parts: Parts): Parts => ({
  ...request,
  ...(parts.path === undefined ? undefined : { path: { ...request.path, ...parts.path } }),
  ...(parts.urlParams === undefined ? undefined : { urlParams: { ...request.urlParams, ...parts.urlParams } }),
  ...(parts.payload === undefined ? undefined : { payload: merged(request.payload, parts.payload) })
})

/** A link to another path has all that it needs; the headers are the caller's. */
const linked = ({ path: _path, payload: _payload, urlParams: _urlParams, ...request }: Parts, parts: Parts): Parts => ({
  ...request,
  ...parts
})

const pick = (part: object | undefined, like: object | undefined): object | undefined =>
  like && Object.fromEntries(
    Object.entries(like).map(([name, inner]: [string, unknown]) => {
      const value: unknown = part && Reflect.get(part, name)
      return [name, isRecord(inner) ? pick(isRecord(value) ? value : undefined, inner) : value]
    })
  )

/** Of a request, what the next one has of its own. */
const sameOf = (request: Parts, { path, payload, urlParams }: Parts): Parts => ({
  path: pick(request.path, path),
  urlParams: pick(request.urlParams, urlParams),
  payload: pick(request.payload, payload)
})

/** To tell whether two are the same; what JSON has no word for is no reason to stop. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => typeof item === "bigint" ? String(item) : item) ?? ""

/**
 * The pages of a list, from the one that the request asks for to the last. `more`: the method that gives the pages after
 * the first, where that is another one.
 *
 * @since 0.1.0
 * @category streams
 */
export const pages = <M extends Method>(
  method: M,
  pagination: Pagination<PageOf<M>, unknown>,
  request: RequestOf<M>,
  options?: { readonly more?: ((request: never) => Effect.Effect<PageOf<M>, IntegrationError>) | undefined }
): Stream.Stream<PageOf<M>, IntegrationError> => {
  // what the methods are handed is the request that the caller gave, with parts that the pagination declares
  const first = method as unknown as (request: Parts) => Effect.Effect<PageOf<M>, IntegrationError>
  const more = (options?.more ?? method) as typeof first
  // whoever counts pages or items has no cursor that could come again
  const counts = pagination.kind === "page" || pagination.kind === "offset"
  const refuse = (message: string) => {
    const operation = Option.getOrUndefined(Integration.operationOf(method))
    return Effect.fail(
      new ResponseDecodeError({
        integration: operation?.integration ?? "unknown",
        message,
        operation: operation?.name ?? "unknown"
      })
    )
  }
  return Stream.suspend(() => {
    const seen = new Set<string>()
    let before: string | undefined
    return Stream.paginateEffect(
      { isFirst: true, request: request as Parts },
      ({ isFirst, request }) =>
        Effect.flatMap((isFirst ? first : more)(request), (page) => {
          const parts = pagination.next(page, request)
          if (counts) {
            const items = pagination.items(page)
            // pages of nothing may all look alike, and the list goes on behind them
            const text = items.length > 0 ? textOf(items) : parts === undefined ? undefined : textOf(page)
            if (text !== undefined && text === before) {
              return refuse("the same page has come twice: the list would never end")
            }
            before = text
          }
          if (parts === undefined) return Effect.succeed([page, Option.none()] as const)
          if (typeof parts === "string") return refuse(parts)
          const next = pagination.kind === "link" && parts.path !== undefined
            ? linked(request, parts)
            : withParts(request, parts)
          const key = textOf(sameOf(parts, parts))
          // the request may begin in the middle: where it began is a place that was seen
          if (!isFirst || more === first) seen.add(textOf(sameOf(request, parts)))
          if (seen.has(key)) {
            return refuse(`${pagination.parameter} ${key} has come before: the list would never end`)
          }
          seen.add(key)
          return Effect.succeed([page, Option.some({ isFirst: false, request: next })] as const)
        })
    )
  })
}

/**
 * The items of a list, page by page, as they are read.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { HubSpot, lists } from "holdfast/providers/hubspot"
 *
 * const emails = Effect.gen(function*() {
 *   const hubspot = yield* HubSpot
 *   return yield* Pagination.items(hubspot.contacts.list, lists(), { urlParams: { limit: 100, properties: ["email"] } }).pipe(
 *     Stream.map((contact) => contact.properties.email),
 *     Stream.runCollect
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category streams
 */
export const items = <M extends Method, Item>(
  method: M,
  pagination: Pagination<PageOf<M>, Item>,
  request: RequestOf<M>,
  options?: { readonly more?: ((request: never) => Effect.Effect<PageOf<M>, IntegrationError>) | undefined }
): Stream.Stream<Item, IntegrationError> =>
  Stream.mapChunks(
    pages(method, pagination, request, options),
    Chunk.flatMap((page) => Chunk.unsafeFromArray(pagination.items(page)))
  )
