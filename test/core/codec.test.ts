import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Codec from "../../src/core/internal/codec.js"
import { holds } from "../campaign.js"

type AnySchema = Schema.Schema<unknown, unknown>

const key = fc.constantFrom("a", "b", "id", "name", "value")

const leaf: fc.Arbitrary<AnySchema> = fc.constantFrom<AnySchema>(
  Schema.String as AnySchema,
  Schema.Number as AnySchema,
  Schema.Boolean as AnySchema,
  Schema.Null as AnySchema,
  Schema.Undefined as AnySchema,
  Schema.Unknown,
  Schema.Literal("a", "b", 1, true) as AnySchema,
  Schema.NonEmptyString as AnySchema,
  Schema.Int as AnySchema,
  Schema.String.pipe(Schema.pattern(/^a/), Schema.maxLength(2)) as AnySchema
)

const { plain } = fc.letrec<{ plain: AnySchema; fields: Record<string, unknown> }>((tie) => ({
  fields: fc.dictionary(
    key,
    fc.tuple(tie("plain"), fc.boolean()).map(([schema, isOptional]) => isOptional ? Schema.optional(schema) : schema),
    { maxKeys: 4, minKeys: 1 }
  ),
  plain: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    tie("fields").map((fields) => Schema.Struct(fields as never) as AnySchema),
    tie("plain").map((item) => Schema.Array(item) as AnySchema),
    tie("fields").map((fields) => Schema.NullOr(Schema.Struct(fields as never)) as AnySchema),
    tie("plain").map((value) => Schema.Record({ key: Schema.String, value }) as AnySchema),
    tie("plain").map((item) => Schema.Union(Schema.String, Schema.Array(item)) as AnySchema),
    fc.tuple(tie("fields"), tie("plain")).map(([fields, value]) =>
      Schema.Struct(fields as never, Schema.Record({ key: Schema.String, value })) as AnySchema
    )
  )
}))

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>("a", "b", "", "abc", 0, 1, -1.5, Number.NaN, true, false, null, undefined),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(key, fc.constant("other")), tie("value"), { maxKeys: 4, noNullPrototype: true })
  )
}))

const wellTyped = (schema: AnySchema): fc.Arbitrary<unknown> => {
  switch (schema.ast._tag) {
    case "TypeLiteral":
      return fc.record(
        Object.fromEntries(
          schema.ast.propertySignatures.map(({ name, type }) => [name, wellTyped(Schema.make(type))])
        ),
        { noNullPrototype: true }
      )
    case "TupleType":
      return fc.array(wellTyped(Schema.make(schema.ast.rest[0]?.type ?? Schema.Unknown.ast)), { maxLength: 3 })
    case "Union":
      return fc.oneof(...schema.ast.types.map((type) => wellTyped(Schema.make(type))))
    default:
      return value
  }
}

const outcome = (self: Effect.Effect<unknown, unknown>) =>
  Either.mapLeft(Effect.runSync(Effect.either(self)), String) as Either.Either<unknown, string>

/** With the order of their keys, and `undefined` told from what is missing. */
const text = (input: unknown): string =>
  JSON.stringify(input, (_, value) => value === undefined ? "undefined" : Number.isNaN(value) ? "NaN" : value) ?? ""

const same = (ours: Effect.Effect<unknown, unknown>, theirs: Effect.Effect<unknown, unknown>): void => {
  const [a, b] = [outcome(ours), outcome(theirs)]
  deepStrictEqual(a, b)
  strictEqual(text(a), text(b))
}

describe("a schema that only looks", () => {
  it("gives what Schema gives, either way", async () => {
    await holds(
      fc.property(
        plain.chain((schema) => fc.tuple(fc.constant(schema), fc.oneof(value, wellTyped(schema)))),
        ([schema, input]) => {
          same(Codec.decodeUnknown(schema)(input), Schema.decodeUnknown(schema)(input))
          const errors = { errors: "all" } as const
          same(Codec.encodeUnknown(schema, errors)(input), Schema.encodeUnknown(schema, errors)(input))
        }
      ),
      3000
    )
  })

  it("gives no object that its input shares, and none that differs from a literal", () => {
    const schema = Schema.Struct({ list: Schema.Array(Schema.Struct({ a: Schema.Number })) }) as AnySchema
    const input = { list: [{ a: 1 }], more: true }
    const output = Effect.runSync(Codec.decodeUnknown(schema)(input)) as typeof input
    strictEqual(Object.getPrototypeOf(output), Object.prototype)
    deepStrictEqual(output as object, { list: [{ a: 1 }] })
    output.list.push({ a: 2 })
    strictEqual(input.list.length, 1)
  })

  it("leaves `__proto__` alone", () => {
    const schema = Schema.Record({ key: Schema.String, value: Schema.Unknown }) as AnySchema
    const input: unknown = JSON.parse(`{"__proto__": {"isAdmin": true}}`)
    same(Codec.decodeUnknown(schema)(input), Schema.decodeUnknown(schema)(input))
  })
})

describe("left to Schema is one", () => {
  const others: Readonly<Record<string, Schema.Schema.Any>> = {
    "that changes a value": Schema.Struct({ at: Schema.Date }),
    "with a default": Schema.Struct({ a: Schema.optionalWith(Schema.Number, { default: () => 1 }) }),
    "of a class": class A extends Schema.Class<A>("A")({ a: Schema.Number }) {},
    "with options of its own": Schema.Struct({ a: Schema.Number }).annotations({
      parseOptions: { onExcessProperty: "error" }
    }),
    "with a fallback": Schema.Number.annotations({ decodingFallback: () => Either.right(1) }),
    "of two structs": Schema.Union(Schema.Struct({ a: Schema.Number }), Schema.Struct({ b: Schema.Number })),
    "that is recursive": Schema.suspend((): Schema.Schema<unknown> => Schema.Unknown),
    "without a property": Schema.Struct({}),
    "of symbols": Schema.Struct({ [Symbol.iterator]: Schema.Number }),
    "of a fixed length": Schema.Tuple(Schema.Number)
  }
  for (const [name, schema] of Object.entries(others)) {
    it(name, () => {
      strictEqual(Codec.isPlain(schema as AnySchema), false)
    })
  }
})
