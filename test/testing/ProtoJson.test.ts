import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpBody, HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { Field } from "holdfast"
import { Emulator, ProtoJson, RpcErrors } from "holdfast/testing"

const Order = Schema.Literal("BEST", "NEAREST")

const Find = Schema.Struct({
  orderBy: Field.may(Order),
  shapes: Field.may(Schema.Array(Schema.Literal("ROUND", "SQUARE"))),
  around: Field.may(Schema.Struct({ radiusMeters: Schema.Number }))
})

/** What was heard comes back, with the mask. */
const Found = Schema.Struct({ ...Find.fields, mask: Field.may(Schema.String), empty: Schema.Array(Schema.String) })

const find = HttpApiEndpoint.post("find", "/v1/things::find").setPayload(Find).addSuccess(Found)
  .setHeaders(Schema.Struct({ "x-goog-fieldmask": Field.may(Schema.String) }))

const list = HttpApiEndpoint.get("list", "/v1/things").addSuccess(Schema.Struct({ pageSize: Schema.Number }))
  .setUrlParams(Schema.Struct({ pageSize: Schema.NumberFromString }))

const spec = Emulator.make({
  ...ProtoJson.make({
    "things.find.orderBy": { NEAREST: 7, BEST: 8 },
    orderBy: { NEAREST: 1, BEST: 2 },
    shapes: { ROUND: 1, SQUARE: 2 }
  }),
  error: RpcErrors.error,
  handlers: () => ({
    things: {
      find: ({ headers: { "x-goog-fieldmask": mask }, payload }) =>
        Effect.succeed({ ...payload, ...(mask === undefined ? undefined : { mask }), empty: [] }),
      list: ({ urlParams }) => Effect.succeed(urlParams)
    }
  }),
  integration: {
    api: HttpApi.make("proto").add(HttpApiGroup.make("things").add(find).add(list)),
    id: "proto",
    version: "1"
  },
  state: () => ({})
})

const found = Effect.fnUntraced(function*(body: unknown, query = "", headers: Record<string, string> = {}) {
  const emulator = yield* spec
  const answer = yield* Emulator.httpClient(emulator).execute(
    HttpClientRequest.post(`http://anything.test/v1/things:find${query}`, { body: HttpBody.unsafeJson(body), headers })
  )
  return [answer.status, yield* answer.json]
})

describe("ProtoJson", () => {
  it.effect("hears enumerations as numbers, names of the proto, and null", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* found({ around: { radius_meters: 5 }, order_by: 7, shapes: [2, "ROUND"] }), [200, {
        around: { radiusMeters: 5 },
        orderBy: "NEAREST",
        shapes: ["SQUARE", "ROUND"]
      }])
      // what is not specified is not there
      deepStrictEqual(yield* found({ around: null, orderBy: 0 }), [200, {}])
      deepStrictEqual(yield* found({ orderBy: "ORDER_BY_UNSPECIFIED" }), [200, {}])
      const emulator = yield* spec
      const answer = yield* Emulator.httpClient(emulator).get("http://anything.test/v1/things?page_size=3")
      deepStrictEqual(yield* answer.json, { pageSize: 3 })
    }))

  it.effect("refuses a number that is of no name", () =>
    Effect.gen(function*() {
      deepStrictEqual((yield* found({ orderBy: 1 }))[0], 400)
      deepStrictEqual((yield* found({ shapes: [3] }))[0], 400)
    }))

  it.effect("says enumerations as numbers where it is asked to, and no empty list", () =>
    Effect.gen(function*() {
      const asked = { orderBy: "BEST", shapes: ["SQUARE"] }
      for (const query of ["?$alt=json;enum-encoding=int", "?alt=json%3Benum-encoding=int"]) {
        deepStrictEqual(yield* found(asked, query), [200, { orderBy: 8, shapes: [2] }])
      }
      deepStrictEqual(yield* found(asked, "?$alt=json"), [200, asked])
    }))

  it.effect("takes a field mask from the query, unless there is a header", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* found({}, "?$fields=a,b"), [200, { mask: "a,b" }])
      deepStrictEqual(yield* found({}, "?fields=a"), [200, { mask: "a" }])
      deepStrictEqual(yield* found({}, "?fields=a", { "x-goog-fieldmask": "b" }), [200, { mask: "b" }])
    }))
})
