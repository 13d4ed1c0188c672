import {
  HttpApi,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpClient,
  type HttpClientRequest,
  HttpClientResponse
} from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, Deferred, Effect, Either, FastCheck as fc, Fiber, Layer, Option, Schema, Stream } from "effect"
import { Auth, Integration, IntegrationClient, IntegrationError, Pagination } from "holdfast"
import { holds } from "../campaign.js"

/** Those that the toolkit makes. */
type Made = Exclude<Pagination.Kind, "window">

const Item = Schema.Struct({ id: Schema.String })
const Page = Schema.Struct({
  items: Schema.Array(Item),
  more: Schema.optional(Schema.Boolean),
  next: Schema.optional(Schema.NullOr(Schema.String))
})
type Page = typeof Page.Type

const Params = Schema.Struct({
  after: Schema.optional(Schema.String),
  limit: Schema.optional(Schema.NumberFromString),
  offset: Schema.optional(Schema.NumberFromString),
  page: Schema.optional(Schema.NumberFromString)
})

const Search = Schema.Struct({
  after: Schema.optional(Schema.String),
  paging: Schema.optional(Schema.Struct({
    after: Schema.optional(Schema.String),
    offset: Schema.optional(Schema.Int),
    per_page: Schema.Int
  })),
  text: Schema.String
})

const definition = Integration.define({
  api: HttpApi.make("lists").add(
    HttpApiGroup.make("items")
      .add(
        HttpApiEndpoint.get("list", "/items").setUrlParams(Params)
          .setHeaders(Schema.Struct({ "x-account": Schema.optional(Schema.String) })).addSuccess(Page)
      )
      .add(HttpApiEndpoint.post("search", "/search").setPayload(Search).addSuccess(Page))
      .add(
        HttpApiEndpoint.get("more", "/more/:locator").setPath(Schema.Struct({ locator: Schema.String }))
          .setHeaders(Schema.Struct({ "x-account": Schema.optional(Schema.String) })).addSuccess(Page)
      )
  ),
  auth: Auth.none,
  baseUrl: "https://lists.example",
  id: "lists",
  name: "Lists",
  version: "1"
})

type Answer = (request: HttpClientRequest.HttpClientRequest, number: number) => Page | Effect.Effect<Response>

/** The typed client, the URLs that it asked for, and what it sent. */
const open = (answer: Answer) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const bodies: Array<unknown> = []
    const headers: Array<string | undefined> = []
    const client = HttpClient.make((request, url) =>
      Effect.suspend(() => {
        asked.push(url.href)
        headers.push(request.headers["x-account"])
        if (request.body._tag === "Uint8Array") bodies.push(JSON.parse(new TextDecoder().decode(request.body.body)))
        const answered = answer(request, asked.length)
        const response = Effect.isEffect(answered) ? answered : Effect.succeed(Response.json(answered))
        return Effect.map(response, (response) => HttpClientResponse.fromWeb(request, response))
      })
    )
    const lists = yield* Effect.provide(
      Integration.client(definition),
      Layer.provide(IntegrationClient.layer(definition), Layer.succeed(HttpClient.HttpClient, client))
    )
    return { asked, bodies, headers, items: lists.items }
  })

const item = (id: number | string) => ({ id: String(id) })
const ids = <E, R>(stream: Stream.Stream<{ readonly id: string }, E, R>) =>
  Effect.map(Stream.runCollect(stream), (all) => Chunk.toReadonlyArray(all).map(({ id }) => id))

/** What came before it failed, and the failure. */
const upTo = <A, R>(stream: Stream.Stream<A, IntegrationError.IntegrationError, R>) =>
  Effect.map(Stream.runCollect(Stream.either(stream)), (all) => {
    const error = Chunk.unsafeLast(all)
    assertTrue(Either.isLeft(error))
    return {
      error: error.left,
      items: Chunk.toReadonlyArray(all).flatMap((one) => Either.isRight(one) ? [one.right] : [])
    }
  })

const isEndless = (error: IntegrationError.IntegrationError, says: string, operation = "items.list") => {
  assertInstanceOf(error, IntegrationError.ResponseDecodeError)
  deepStrictEqual([error.integration, error.operation, error.retryable], ["lists", operation, false])
  strictEqual(error.message, says)
}

const of = {
  cursor: Pagination.cursor({ items: (page: Page) => page.items, next: (page) => page.next, parameter: "after" }),
  "last-id": Pagination.lastId({
    hasMore: (page: Page) => page.more === true,
    idOf: ({ id }: typeof Item.Type) => id,
    items: (page) => page.items,
    parameter: "after"
  }),
  link: Pagination.link({ items: (page: Page) => page.items, next: (page) => page.next, parameter: "after" }),
  offset: Pagination.offset({
    hasMore: (page: Page) => page.more === true,
    items: (page) => page.items,
    parameter: "offset"
  }),
  page: Pagination.page({ hasMore: (page: Page) => page.more === true, items: (page) => page.items, parameter: "page" })
} as const satisfies Record<Made, unknown>

const kinds = Object.keys(of) as ReadonlyArray<Made>

/** A provider that has these items, `size` on a page, and pages in its way. */
const serve = (kind: Made, total: number, size: number): Answer => ({ urlParams }) => {
  const sent = new Map(urlParams)
  const after = sent.get("after")
  const start = kind === "page"
    ? (Number(sent.get("page") ?? 1) - 1) * size
    : kind === "offset"
    ? Number(sent.get("offset") ?? 0)
    : after === undefined
    ? 0
    : kind === "last-id"
    ? Number(after) + 1
    : Number(after.slice(1))
  const items = Array.from({ length: Math.max(0, Math.min(size, total - start)) }, (_, index) => item(start + index))
  const more = start + items.length < total
  const at = `c${start + items.length}`
  return {
    items,
    more,
    ...(!more
      ? undefined
      : kind === "cursor"
      ? { next: at }
      : kind === "link"
      ? { next: `/items?limit=9&after=${at}` }
      : undefined)
  }
}

/** What a request of its kind for the third page has. */
const third = {
  cursor: { after: "c20" },
  "last-id": { after: "19" },
  link: { after: "c20" },
  offset: { offset: 20 },
  page: { page: 3 }
} as const satisfies Record<Made, object>

describe.each(kinds)("Pagination.%s", (kind) => {
  it("gives all items once, in order, with no more requests than there are pages", () =>
    holds(
      fc.asyncProperty(fc.nat(40), fc.integer({ max: 12, min: 1 }), (total, size) =>
        Effect.runPromise(Effect.gen(function*() {
          const { asked, items } = yield* open(serve(kind, total, size))
          deepStrictEqual(
            yield* ids(Pagination.items(items.list, of[kind], { urlParams: { limit: size } })),
            Array.from({ length: total }, (_, index) =>
              String(index))
          )
          strictEqual(asked.length, Math.max(1, Math.ceil(total / size)))
          strictEqual(
            asked.every((url) =>
              url.startsWith(`https://lists.example/items?`)
            ),
            true
          )
          // what the caller asked for is asked for each time
          strictEqual(asked.every((url) => new URL(url).searchParams.get("limit") === String(size)), true)
        }))),
      50
    ))

  it.effect("asks for no page that nobody reads", () =>
    Effect.gen(function*() {
      const { asked, items } = yield* open(serve(kind, 100, 10))
      const all = Pagination.items(items.list, of[kind], {})
      strictEqual((yield* ids(Stream.take(all, 10))).length, 10)
      strictEqual(asked.length, 1)
      strictEqual((yield* ids(Stream.take(all, 11))).length, 11)
      strictEqual(asked.length, 3)
      strictEqual((yield* Stream.runHead(all))._tag, "Some")
      strictEqual(asked.length, 4)
      const pages = yield* Stream.runCollect(Stream.take(Pagination.pages(items.list, of[kind], {}), 2))
      deepStrictEqual(Chunk.toReadonlyArray(pages).map((page) => page.items.length), [10, 10])
      strictEqual(asked.length, 6)
    }))

  it.effect("goes on from where the request begins, and again each time that it is run", () =>
    Effect.gen(function*() {
      const { asked, items } = yield* open(serve(kind, 35, 10))
      const rest = Pagination.items(items.list, of[kind], { urlParams: third[kind] })
      for (let run = 1; run <= 2; run++) {
        deepStrictEqual(yield* ids(rest), Array.from({ length: 15 }, (_, index) => String(20 + index)))
        strictEqual(asked.length, 2 * run)
      }
    }))

  it.effect("an answer that is always the same ends it, after two requests at most, though it began in the middle", () =>
    Effect.gen(function*() {
      for (const urlParams of [{}, third[kind]]) {
        const stuck = yield* open(() => ({
          items: [item(19)],
          more: true,
          ...(kind === "link" ? { next: "/items?after=c20" } : { next: "c20" })
        }))
        const { error, items } = yield* upTo(Pagination.items(stuck.items.list, of[kind], { urlParams }))
        isEndless(
          error,
          kind === "page" || kind === "offset"
            ? "the same page has come twice: the list would never end"
            : `after {"urlParams":{"after":"${third[kind].after}"}} has come before: the list would never end`
        )
        strictEqual(stuck.asked.length <= 2, true)
        strictEqual(items.length < stuck.asked.length, true)
      }
    }))

  it.effect("an error of a page ends it: the pages before have been given, and it says which operation failed", () =>
    Effect.gen(function*() {
      const serving = serve(kind, 100, 10)
      const { asked, items } = yield* open((request, number) =>
        number === 3 ? Effect.succeed(Response.json({ message: "down" }, { status: 503 })) : serving(request, number)
      )
      const { error, items: given } = yield* upTo(Pagination.items(items.list, of[kind], {}))
      deepStrictEqual([error._tag, error.integration, error.operation], ["ServerError", "lists", "items.list"])
      strictEqual(given.length, 20)
      strictEqual(asked.length, 3)
    }))

  it.effect("interruption gives up the page that is under way, and asks for no other", () =>
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<void>()
      const gone = yield* Deferred.make<void>()
      const serving = serve(kind, 100, 10)
      const { asked, items } = yield* open((request, number) =>
        number === 2
          ? Deferred.succeed(arrived, undefined).pipe(
            Effect.zipRight(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(gone, undefined))
          )
          : serving(request, number)
      )
      const fiber = yield* Effect.fork(Stream.runDrain(Pagination.items(items.list, of[kind], {})))
      yield* Deferred.await(arrived)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(gone)
      strictEqual(asked.length, 2)
    }))
})

describe("Pagination", () => {
  it.effect("cursor: none, null and the empty text are the end, an empty page is not", () =>
    Effect.gen(function*() {
      for (const end of [{}, { next: null }, { next: "" }]) {
        const { asked, items } = yield* open((_, number) =>
          number === 1 ? { items: [], next: "a" } : { items: [item(1)], ...end }
        )
        deepStrictEqual(yield* ids(Pagination.items(items.list, of.cursor, {})), ["1"])
        strictEqual(asked.length, 2)
      }
    }))

  it.effect("cursor: one that comes again later, too, and the one that the request began with", () =>
    Effect.gen(function*() {
      const round = ["a", "b", "c"]
      const { asked, items } = yield* open((_, number) => ({ items: [item(number)], next: round[number % 3]! }))
      const { error, items: given } = yield* upTo(
        Pagination.items(items.list, of.cursor, { urlParams: { after: "a" } })
      )
      isEndless(error, "after {\"urlParams\":{\"after\":\"a\"}} has come before: the list would never end")
      deepStrictEqual(given.map(({ id }) => id), ["1", "2"])
      deepStrictEqual(asked.map((url) => new URL(url).searchParams.get("after")), ["a", "b", "c"])
    }))

  it.effect("cursor: in the body, beside what else is there", () =>
    Effect.gen(function*() {
      const searches = Pagination.cursor({
        in: "payload",
        items: (page: Page) => page.items,
        next: (page) => page.next,
        parameter: "after"
      })
      const { bodies, items } = yield* open((_, number) =>
        number < 3 ? { items: [item(number)], next: `c${number}` } : { items: [] }
      )
      deepStrictEqual(yield* ids(Pagination.items(items.search, searches, { payload: { text: "x" } })), ["1", "2"])
      deepStrictEqual(bodies, [{ text: "x" }, { after: "c1", text: "x" }, { after: "c2", text: "x" }])
      const stuck = yield* open(() => ({ items: [], next: "c" }))
      const { error } = yield* upTo(Pagination.items(stuck.items.search, searches, { payload: { text: "x" } }))
      isEndless(
        error,
        "after {\"payload\":{\"after\":\"c\"}} has come before: the list would never end",
        "items.search"
      )
      strictEqual(stuck.asked.length, 2)
    }))

  it.effect("cursor: in a field of a field of the body, beside what else is there, wherever the walk begins", () =>
    Effect.gen(function*() {
      const searches = Pagination.cursor({
        in: "payload",
        items: (page: Page) => page.items,
        next: (page) => page.next,
        parameter: "paging.after"
      })
      const { bodies, items } = yield* open((_, number) =>
        number < 3 ? { items: [item(number)], next: `c${number}` } : { items: [] }
      )
      const payload = { paging: { per_page: 2 }, text: "x" }
      deepStrictEqual(yield* ids(Pagination.items(items.search, searches, { payload })), ["1", "2"])
      deepStrictEqual(bodies, [
        payload,
        { paging: { after: "c1", per_page: 2 }, text: "x" },
        { paging: { after: "c2", per_page: 2 }, text: "x" }
      ])
      const round = yield* open(() => ({ items: [item(1)], next: "c" }))
      const from = { paging: { after: "c", per_page: 2 }, text: "x" }
      const { error } = yield* upTo(Pagination.items(round.items.search, searches, { payload: from }))
      isEndless(
        error,
        "paging.after {\"payload\":{\"paging\":{\"after\":\"c\"}}} has come before: the list would never end",
        "items.search"
      )
      strictEqual(round.asked.length, 1)
    }))

  it.effect("offset: in a field of a field of the body", () =>
    Effect.gen(function*() {
      const reports = Pagination.offset({
        hasMore: (_, read) => read < 6,
        in: "payload",
        items: (page: Page) => page.items,
        parameter: "paging.offset"
      })
      const { bodies, items } = yield* open((_, number) => ({ items: [item(2 * number), item(2 * number + 1)] }))
      const payload = { paging: { offset: 2, per_page: 2 }, text: "x" }
      strictEqual((yield* ids(Pagination.items(items.search, reports, { payload }))).length, 4)
      deepStrictEqual(bodies, [payload, { paging: { offset: 4, per_page: 2 }, text: "x" }])
    }))

  it.effect("last id: a page of nothing that says there are more", () =>
    Effect.gen(function*() {
      const { items } = yield* open(() => ({ items: [], more: true }))
      const { error } = yield* upTo(Pagination.items(items.list, of["last-id"], {}))
      isEndless(error, "a page without items says that there are more, and not after what")
    }))

  it.effect("page: pages of nothing come to an end, too, and the last page is not given twice", () =>
    Effect.gen(function*() {
      const empty = yield* open(() => ({ items: [], more: true }))
      isEndless(
        (yield* upTo(Pagination.items(empty.items.list, of.page, {}))).error,
        "the same page has come twice: the list would never end"
      )
      strictEqual(empty.asked.length, 2)
      const again = yield* open((_, number) => ({ items: [item(1)], more: number === 1 }))
      const { error, items } = yield* upTo(Pagination.items(again.items.list, of.page, {}))
      isEndless(error, "the same page has come twice: the list would never end")
      deepStrictEqual(items, [{ id: "1" }])
      // what has no items left says so by a page of nothing, and that may be all there is
      const last = yield* open((_, number) => ({ items: [], more: number === 1 }))
      deepStrictEqual(yield* ids(Pagination.items(last.items.list, of.page, {})), [])
      strictEqual(last.asked.length, 2)
    }))

  it.effect("page: from 0 on where the first has that number, and hasMore is handed the number", () =>
    Effect.gen(function*() {
      const numbers: Array<number> = []
      const pages = Pagination.page({
        first: 0,
        hasMore: (_: Page, number) => numbers.push(number) < 3,
        items: (page) => page.items,
        parameter: "page"
      })
      const { asked, items } = yield* open((_, number) => ({ items: [item(number)] }))
      deepStrictEqual(yield* ids(Pagination.items(items.list, pages, {})), ["1", "2", "3"])
      deepStrictEqual(numbers, [0, 1, 2])
      deepStrictEqual(asked.map((url) => new URL(url).searchParams.get("page")), [null, "1", "2"])
    }))

  it("page, offset: a number that is none is passed over", () => {
    const page = { items: [item(1)], more: true }
    deepStrictEqual(of.page.next(page, { urlParams: { page: "x" } }), { urlParams: { page: 2 } })
    deepStrictEqual(of.page.next(page, { urlParams: { page: "7" } }), { urlParams: { page: 8 } })
    deepStrictEqual(of.offset.next(page, { urlParams: { offset: Number.NaN } }), { urlParams: { offset: 1 } })
  })

  it.effect("offset: an empty page is the last, and hasMore is handed what was read", () =>
    Effect.gen(function*() {
      const read: Array<number> = []
      const offsets = Pagination.offset({
        hasMore: (_: Page, count) => read.push(count) > 0,
        items: (page) => page.items,
        parameter: "offset"
      })
      const { asked, items } = yield* open((_, number) => ({
        items: number < 3 ? [item(2 * number), item(2 * number + 1)] : []
      }))
      deepStrictEqual(yield* ids(Pagination.items(items.list, offsets, { urlParams: { offset: 4 } })), [
        "2",
        "3",
        "4",
        "5"
      ])
      deepStrictEqual(read, [6, 8])
      deepStrictEqual(asked.map((url) => new URL(url).searchParams.get("offset")), ["4", "6", "8"])
    }))

  it.effect("link: whatever host it names, only the provider's own is asked, and only for what the operation knows", () =>
    Effect.gen(function*() {
      const links = [
        "https://thief.example/items?after=c1&token=x",
        "//thief.example/items?after=c2",
        "https://user:secret@lists.example.thief.example/elsewhere?after=c3",
        "http://169.254.0.1/latest?after=c4#fragment",
        "?after=c5",
        "/elsewhere?after=c6"
      ]
      const { asked, items } = yield* open((_, number) => ({ items: [item(number)], next: links[number - 1] }))
      strictEqual((yield* ids(Pagination.items(items.list, of.link, {}))).length, 7)
      deepStrictEqual(asked, [
        "https://lists.example/items",
        ...links.map((_, index) => `https://lists.example/items?after=c${index + 1}`)
      ])
    }))

  it.effect("link: one that does not say where to go on", () =>
    Effect.gen(function*() {
      for (
        const next of ["https://lists.example/items", "/items?before=c1", "/items?after=", "https://", "javascript:x"]
      ) {
        const { asked, items } = yield* open(() => ({ items: [item(1)], next }))
        const { error } = yield* upTo(Pagination.items(items.list, of.link, {}))
        isEndless(error, "the link to the next page has no after")
        strictEqual(asked.length, 1, next)
      }
    }))

  describe("more", () => {
    const queries = Pagination.link({
      items: (page: Page) => page.items,
      next: (page) => page.next,
      parameter: "locator",
      read: ({ pathname }) => {
        const locator = /^\/more\/([\w-]+)$/.exec(pathname)?.[1]
        return locator === undefined ? undefined : { path: { locator } }
      }
    })
    const request = { headers: { "x-account": "acme" }, urlParams: { limit: 2 } }

    it.effect("the pages after the first, of another operation: the link's place, and the caller's headers", () =>
      Effect.gen(function*() {
        const { asked, headers, items } = yield* open((_, number) => ({
          items: [item(number)],
          ...(number < 3 ? { next: `https://other.example/more/at-${number}` } : undefined)
        }))
        deepStrictEqual(yield* ids(Pagination.items(items.list, queries, request, { more: items.more })), [
          "1",
          "2",
          "3"
        ])
        deepStrictEqual(asked, [
          "https://lists.example/items?limit=2",
          "https://lists.example/more/at-1",
          "https://lists.example/more/at-2"
        ])
        deepStrictEqual(headers, ["acme", "acme", "acme"])
        strictEqual(
          (yield* Stream.runHead(Pagination.pages(items.list, queries, request, { more: items.more })))._tag,
          "Some"
        )
        strictEqual(asked.length, 4)
      }))

    it.effect("its errors are its own; a place that comes again is the list's", () =>
      Effect.gen(function*() {
        const down = yield* open((_, number) =>
          number === 1
            ? { items: [item(1)], next: "/more/a" }
            : Effect.succeed(Response.json({ message: "gone" }, { status: 404 }))
        )
        const { error } = yield* upTo(Pagination.items(down.items.list, queries, request, { more: down.items.more }))
        deepStrictEqual([error._tag, error.operation], ["NotFoundError", "items.more"])
        const stuck = yield* open((_, number) => ({ items: [item(number)], next: "/more/a" }))
        const again = yield* upTo(Pagination.items(stuck.items.list, queries, request, { more: stuck.items.more }))
        isEndless(again.error, "locator {\"path\":{\"locator\":\"a\"}} has come before: the list would never end")
        strictEqual(stuck.asked.length, 2)
        const lost = yield* open(() => ({ items: [], next: "/elsewhere/a" }))
        isEndless(
          (yield* upTo(Pagination.items(lost.items.list, queries, request, { more: lost.items.more }))).error,
          "the link to the next page has no locator"
        )
      }))
  })

  it.effect("items that JSON has no word for are told apart, too", () =>
    Effect.gen(function*() {
      const numbers = Pagination.page({
        hasMore: (page: { readonly of: bigint }) => page.of < 3n,
        items: (page) => [page.of],
        parameter: "page"
      })
      let of = 0n
      const counting = (_: { readonly urlParams?: object }) => Effect.sync(() => ({ of: ++of }))
      deepStrictEqual(
        Chunk.toReadonlyArray(yield* Stream.runCollect(Pagination.items(counting, numbers, {}))),
        [1n, 2n, 3n]
      )
      const same = (_: { readonly urlParams?: object }) => Effect.succeed({ of: 1n })
      const error = yield* Effect.flip(Stream.runDrain(Pagination.items(same, numbers, {})))
      // a method of one's own has no operation to name
      deepStrictEqual([error.integration, error.operation], ["unknown", "unknown"])
      strictEqual(Option.isNone(Integration.operationOf(same)), true)
    }))
})
