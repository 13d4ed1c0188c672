import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Either, Schema } from "effect"
import { Form } from "holdfast"

const Params = Schema.Struct({
  created: Schema.optionalWith(
    Schema.Struct({
      gte: Schema.optionalWith(Schema.NumberFromString, { exact: true }),
      lt: Schema.optionalWith(Schema.NumberFromString, { exact: true })
    }),
    { exact: true }
  ),
  limit: Schema.optionalWith(Schema.NumberFromString, { exact: true }),
  types: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})

const Query = Form.query(Params)

describe("Form.query", () => {
  it("writes nested fields with brackets, and leaves out what is not there", () => {
    const encode = Schema.encodeSync(Query)
    deepStrictEqual(encode({ created: { gte: 1, lt: 2 }, types: ["a", "b"] }), {
      "created[gte]": "1",
      "created[lt]": "2",
      "types[0]": "a",
      "types[1]": "b"
    })
    deepStrictEqual(encode({}), {})
  })

  it("reads what it has written, and the other ways to write an array", () => {
    const decode = Schema.decodeUnknownSync(Query)
    deepStrictEqual(decode({ "created[gte]": "1", limit: "10", "types[0]": "a" }), {
      created: { gte: 1 },
      limit: 10,
      types: ["a"]
    })
    deepStrictEqual(decode({ "types[]": ["a", "b"] }), { types: ["a", "b"] })
    deepStrictEqual(decode({ types: ["a", "b"] }), { types: ["a", "b"] })
    deepStrictEqual(decode({}), {})
  })

  it("says where it is that something is wrong", () => {
    const refused = Schema.decodeUnknownEither(Query)({ "created[gte]": "yesterday" })
    strictEqual(Either.isLeft(refused) && refused.left.message.includes("[\"gte\"]"), true)
  })

  it("is seen field by field by who describes the API", () => {
    const api = HttpApi.make("a").add(
      HttpApiGroup.make("g").add(HttpApiEndpoint.get("list", "/list").setUrlParams(Query).addSuccess(Schema.String))
    )
    deepStrictEqual(
      OpenApi.fromApi(api).paths["/list"]?.get?.parameters.map(({ in: where, name }) => [where, name]),
      [["query", "created"], ["query", "limit"], ["query", "types"]]
    )
  })
})

describe("Form.payload", () => {
  it("makes a form of what nests, and leaves the schema as it is", () => {
    const schema = Form.payload(Params)
    deepStrictEqual(HttpApiSchema.getEncoding(schema.ast), {
      contentType: "application/x-www-form-urlencoded",
      kind: "UrlParams"
    })
    deepStrictEqual(Schema.decodeUnknownSync(schema)({ created: { gte: "1" } }), { created: { gte: 1 } })
    strictEqual(
      Form.encode(Schema.encodeSync(schema)({ created: { gte: 1 }, types: ["a"] })),
      "created%5Bgte%5D=1&types%5B0%5D=a"
    )
  })
})
