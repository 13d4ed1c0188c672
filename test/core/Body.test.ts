import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Schema } from "effect"
import { Body, Field } from "holdfast"

const anything = [undefined, null, 0, "", "text", true, [], ["a", 1, "b"], {}, { a: 1 }, () => 1, Symbol("s"), 1n]

describe("Body", () => {
  it("gives what is there, and nothing of what is something else", () => {
    const { list, record, text, texts } = Body
    deepStrictEqual(anything.map(record).filter((one) => one !== undefined), [{}, { a: 1 }])
    deepStrictEqual(anything.map(text).filter((one) => one !== undefined), ["text"])
    deepStrictEqual(anything.map(list).filter(({ length }) => length > 0), [["a", 1, "b"]])
    deepStrictEqual(anything.map(texts).filter(({ length }) => length > 0), [["a", "b"]])
    strictEqual(text(record(record({ error: { code: "E" } })?.error)?.code), "E")
  })
})

describe("Field", () => {
  const Sent = Schema.Struct({ name: Field.may(Schema.String) })
  const Read = Schema.Struct({ items: Field.list(Schema.String), name: Field.maybe(Schema.String) })

  it("what is sent has no empty fields", () => {
    deepStrictEqual(Schema.encodeSync(Sent)({}), {})
    strictEqual(Schema.is(Sent)({ name: undefined }), false)
    strictEqual(Schema.is(Sent)({ name: null }), false)
  })

  it("what is read may lack them, or spell them null", () => {
    const decode = Schema.decodeUnknownSync(Read)
    for (const absent of [{}, { items: null, name: null }]) deepStrictEqual(decode(absent), { items: [] })
    deepStrictEqual(decode({ items: ["a"], name: "n" }), { items: ["a"], name: "n" })
  })
})
