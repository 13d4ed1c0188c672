import { describe, it } from "@effect/vitest"
import { deepStrictEqual, doesNotThrow, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import { Form } from "holdfast"
import { holds } from "../campaign.js"

/** Whole characters: half of one cannot be written in a form. */
const text = fc.fullUnicodeString({ maxLength: 8 })

const odd = fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "length", "a b", "a&b=c", "ü%+")

/** What a bracket holds, but for numbers: objects whose names are 0, 1, 2 … are arrays. */
const name = fc.oneof(odd, text).filter((key) => key !== "" && !/[[\]]|^\d+$/.test(key))

const record = <A>(value: fc.Arbitrary<A>) =>
  fc.array(fc.tuple(name, value), { maxLength: 5, minLength: 1 }).map((entries) => Object.fromEntries(entries))

const nested = fc.letrec((tie) => ({
  array: fc.array(tie("value"), { maxLength: 4, minLength: 1 }),
  record: record(tie("value")),
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, text, tie("record"), tie("array"))
}))

const repeated = fc.letrec((tie) => ({
  array: fc.array(text, { maxLength: 4, minLength: 2 }),
  record: record(tie("value")),
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, text, tie("array"), tie("record"))
}))

/** Names that somebody else has made up. */
const strange = fc.array(fc.constantFrom("a", "b", "0", "1", "[", "]", "[]", "[a]", "__proto__", "%", "=", "&", "+"), {
  maxLength: 12
}).map((parts) => parts.join(""))

const field = (name: string, value: string) => new URLSearchParams([[name, value]]).toString()

const data = (...fields: ReadonlyArray<readonly [string, string]>) =>
  Form.decode(fields.map(([name, value]) => field(name, value)).join("&"))

describe("Form", () => {
  it("what is written with indices is read as it was", () =>
    holds(
      fc.property(record(nested.value), (value) => deepStrictEqual(Form.decode(Form.encode(value)), value)),
      500
    ))

  it("so is what is written with repeated names, where an array has two texts or more", () =>
    holds(
      fc.property(
        record(repeated.value),
        (value) => deepStrictEqual(Form.decode(Form.encode(value, "repeated")), value)
      ),
      500
    ))

  it("and what was read once is read again: names that are strange stay what they are", () =>
    holds(
      fc.property(record(nested.value), (value) => {
        const form = Form.encode(value)
        strictEqual(Form.encode(Form.decode(form)), form)
      }),
      200
    ))

  it("never throws, and gives an object of the form", () =>
    holds(
      fc.property(
        fc.oneof(
          fc.string(),
          strange,
          fc.array(fc.tuple(strange, text)).map((all) => Form.encode(Object.fromEntries(all)))
        ),
        (form) => {
          const read = Form.decode(form)
          strictEqual(Object.getPrototypeOf(read), Object.prototype)
          deepStrictEqual(
            Object.keys(read as object).length === 0,
            new URLSearchParams(form).size === 0
          )
        }
      ),
      2000
    ))

  it("loses no text, whatever the names: the last of a name that is also a branch gives way", () =>
    holds(
      fc.property(fc.array(fc.tuple(strange, text), { minLength: 1 }), (all) => {
        const texts: Array<string> = []
        const walk = (value: unknown): void => {
          if (typeof value === "string") texts.push(value)
          else for (const item of Object.values(value as object)) walk(item)
        }
        walk(Form.decode(all.map(([name, value]) => field(name, value)).join("&")))
        const given = all.map(([, value]) => value)
        strictEqual(texts.every((one) => given.includes(one)), true)
        const names = new Set(all.map(([name]) => name.replace(/[[\]].*$/s, "")))
        // no two of them begin alike: nothing is in the way of anything
        if (names.size === all.length) deepStrictEqual([...texts].sort(), [...given].sort())
      }),
      1000
    ))

  it("what is undefined has no field, null is an empty text, and other values are their texts", () => {
    deepStrictEqual(Form.fields({ a: undefined, b: null, c: 7, d: true, e: { f: undefined }, g: [], h: {} }), [
      ["b", ""],
      ["c", "7"],
      ["d", "true"]
    ])
    strictEqual(Form.encode({ a: [{ b: "x y" }, { b: "&" }] }), "a%5B0%5D%5Bb%5D=x+y&a%5B1%5D%5Bb%5D=%26")
    strictEqual(Form.encode({ a: ["1", "2"] }, "repeated"), "a=1&a=2")
  })

  it("names with brackets in odd places are names", () => {
    for (
      const name of ["a[", "a]", "a[]]", "a[[]]", "a[b]c", "a[b]c[d]", "]", "[", "a[b", "a]b[c]", "[[", "a[b][", "]["]
    ) {
      deepStrictEqual(data([name, "x"]), { [name]: "x" }, name)
    }
  })

  it("names that mean the prototype to others are names", () => {
    const read = data(["__proto__[polluted]", "x"], ["constructor[prototype][polluted]", "y"], ["a[__proto__]", "z"])
    deepStrictEqual(
      read,
      JSON.parse(
        "{\"__proto__\":{\"polluted\":\"x\"},\"constructor\":{\"prototype\":{\"polluted\":\"y\"}},\"a\":{\"__proto__\":\"z\"}}"
      )
    )
    strictEqual(Reflect.get({}, "polluted"), undefined)
    deepStrictEqual(Object.keys(read as object), ["__proto__", "constructor", "a"])
  })

  it("a name may be empty", () => {
    deepStrictEqual(data(["", "x"]), { "": "x" })
    deepStrictEqual(data(["", "x"], ["", "y"]), { "": ["x", "y"] })
    deepStrictEqual(data(["[b]", "x"], ["c", "y"]), { "": { b: "x" }, c: "y" })
    deepStrictEqual(Form.decode("=x&b"), { "": "x", b: "" })
    deepStrictEqual(Form.decode(""), {})
    for (const value of [{ "": "x" }, { "": { b: "x" } }, { "": { b: ["x", "y"] } }, { "": ["x"] }]) {
      deepStrictEqual(Form.decode(Form.encode(value)), value)
    }
  })

  it("a[] and repeated names are arrays, also among items with an index", () => {
    deepStrictEqual(data(["a[]", "x"]), { a: ["x"] })
    deepStrictEqual(data(["a[]", "x"], ["a[]", "y"], ["b", "z"]), { a: ["x", "y"], b: "z" })
    deepStrictEqual(data(["a", "x"], ["a", "y"], ["a", "z"]), { a: ["x", "y", "z"] })
    deepStrictEqual(data(["a[b]", "x"], ["a[b]", "y"]), { a: { b: ["x", "y"] } })
    deepStrictEqual(data(["a[1]", "y"], ["a[0]", "x"], ["a[]", "z"]), { a: ["x", "y", "z"] })
    // behind the last index, and not on it
    deepStrictEqual(data(["a[1]", "x"], ["a[]", "y"]), { a: { 1: "x", 2: "y" } })
    deepStrictEqual(data(["a[]", "x"], ["a[b]", "y"]), { a: { 0: "x", b: "y" } })
  })

  it("indices with a gap, or not written as numbers are, are names; the fields themselves are never an array", () => {
    deepStrictEqual(data(["a[1]", "x"]), { a: { 1: "x" } })
    deepStrictEqual(data(["a[00]", "x"]), { a: { "00": "x" } })
    deepStrictEqual(data(["a[-1]", "x"], ["a[0]", "y"]), { a: { "-1": "x", 0: "y" } })
    deepStrictEqual(data(["a[4294967295]", "x"], ["a[]", "y"]), { a: { 0: "y", 4294967295: "x" } })
    deepStrictEqual(data(["0", "x"], ["1", "y"]), { 0: "x", 1: "y" })
    deepStrictEqual(data(["0[a][0]", "x"], ["1[0]", "y"]), { 0: { a: ["x"] }, 1: ["y"] })
  })

  it("a branch goes before a text of the same name", () => {
    deepStrictEqual(data(["a", "x"], ["a[b]", "y"]), { a: { b: "y" } })
    deepStrictEqual(data(["a[b]", "y"], ["a", "x"]), { a: { b: "y" } })
  })

  it("brackets without end run nobody out of stack", () => {
    const name = `a${"[b]".repeat(200_000)}`
    doesNotThrow(() => deepStrictEqual(data([name, "x"]), { [name]: "x" }))
    const forty = `a${"[b]".repeat(40)}`
    strictEqual(Form.encode(data([forty, "x"])), field(forty, "x"))
  })

  describe("100,000 fields are read and written in one go", () => {
    const count = 100_000
    const numbers = Array.from({ length: count }, (_, index) => String(index))
    const forms: ReadonlyArray<readonly [what: string, name: (index: number) => string, read: unknown]> = [
      ["of one name", () => "a", { a: numbers }],
      ["of one name with brackets", () => "a[]", { a: numbers }],
      ["of one array", (index) => `a[${index}]`, { a: numbers }],
      ["of one array, from its end", (index) => `a[${count - 1 - index}]`, { a: [...numbers].reverse() }],
      ["of one object", (index) => `a[b${index}]`, { a: Object.fromEntries(numbers.map((one) => [`b${one}`, one])) }],
      ["of many names", (index) => `a${index}`, Object.fromEntries(numbers.map((one) => [`a${one}`, one]))],
      ["of objects in an array", (index) => `a[${index}][b]`, { a: numbers.map((b) => ({ b })) }]
    ]
    it.each(forms)("%s", (_, name, read) => {
      strictEqual(
        JSON.stringify(
          Form.decode(numbers.map((value, index) => `${encodeURIComponent(name(index))}=${value}`).join("&"))
        ),
        JSON.stringify(read)
      )
      strictEqual(Form.fields(read).length, count)
    })

    // whatever looks at all that was there before for each of them is at it for longer than a test may take
    it.each([["a"], ["a[]"]])("and three times as many: %s", (name) => {
      const all = `${encodeURIComponent(name)}=x&`.repeat(300_000)
      const read: unknown = Form.decode(all)
      strictEqual((read as { readonly a: ReadonlyArray<string> }).a.length, 300_000)
    })
  })
})
