import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Either, FastCheck, Schema } from "effect"
import { Field } from "holdfast"

const Params = Schema.Struct({
  fields: Field.csv(Schema.Literal("id", "name")),
  ids: Field.may(Field.names)
})

describe("Field", () => {
  it("csv and names write an array into one parameter, and read it again", () => {
    const name = FastCheck.stringMatching(/^[^,]+$/)
    FastCheck.assert(FastCheck.property(FastCheck.array(name, { minLength: 1 }), (ids) => {
      const sent = Schema.encodeSync(Params)({ fields: ["name", "id"], ids })
      deepStrictEqual(sent, { fields: "name,id", ids: ids.join(",") })
      deepStrictEqual(Schema.decodeSync(Params)(sent).ids, ids)
    }))
  })

  it("what would be several, or none, is refused", () => {
    const encode = Schema.encodeUnknownEither(Params)
    for (const ids of [[], ["a,b"], [""]]) strictEqual(Either.isLeft(encode({ fields: ["id"], ids })), true)
    for (const fields of [[], ["email"]]) strictEqual(Either.isLeft(encode({ fields })), true)
  })

  it("orNull is absent where null is, and null where it is absent", () => {
    const Answer = Schema.Struct({ a: Field.orNull(Schema.Int) })
    for (const given of [{}, { a: null }]) deepStrictEqual(Schema.decodeUnknownSync(Answer)(given), {})
    deepStrictEqual(Schema.decodeUnknownSync(Answer)({ a: 1 }), { a: 1 })
    deepStrictEqual([Schema.encodeSync(Answer)({}), Schema.encodeSync(Answer)({ a: 1 })], [{ a: null }, { a: 1 }])
  })
})
