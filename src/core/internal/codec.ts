/**
 * Schemas that only look at a value, compiled to functions that do only that: most of what APIs promise is of them, and
 * this takes a quarter of the time. What they refuse, and all other schemas, is for `effect/Schema` to say.
 */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { Plain } from "../../internal/plain.js"

type Codec = (input: unknown) => Effect.Effect<unknown, ParseResult.ParseError>

/** The value as the schema gives it, or `no`. */
type Look = (input: unknown) => unknown

const no = Symbol("not valid")

/** Gives what `Schema.decodeUnknown` gives, at once where nothing has to be waited for. */
export const decodeUnknown = (schema: Schema.Schema<unknown, unknown>): Codec =>
  ahead(schema, Schema.decodeUnknown(schema))

/** Gives what `Schema.encodeUnknown` gives, at once where nothing has to be waited for. */
export const encodeUnknown = (
  schema: Schema.Schema<unknown, unknown>,
  options: AST.ParseOptions
): Codec => ahead(schema, Schema.encodeUnknown(schema, options))

const ahead = (schema: Schema.Schema<unknown, unknown>, codec: Codec): Codec => {
  const look = compile(schema.ast)
  if (look === undefined) return codec
  return (input) => {
    const value = look(input)
    return value === no ? codec(input) : Either.right(value)
  }
}

/** Nothing for a schema that changes a value, may take time, or has a say in how it is read. */
const compile = (ast: AST.AST): Look | undefined => {
  if (Option.isSome(AST.getParseOptionsAnnotation(ast)) || Option.isSome(AST.getDecodingFallbackAnnotation(ast))) {
    return undefined
  }
  switch (ast._tag) {
    case "UnknownKeyword":
    case "AnyKeyword":
      return (input) => input
    case "TypeLiteral":
      return object(ast)
    case "TupleType":
      return array(ast)
    case "Union":
      return union(ast)
    case "Refinement":
      return refinement(ast)
    default:
      return single(ast)
  }
}

/** Looks at what is in one piece. */
const single = (ast: AST.AST): Look | undefined => {
  switch (ast._tag) {
    case "StringKeyword":
      return (input) => typeof input === "string" ? input : no
    case "NumberKeyword":
      return (input) => typeof input === "number" ? input : no
    case "BooleanKeyword":
      return (input) => typeof input === "boolean" ? input : no
    case "UndefinedKeyword":
      return (input) => input === undefined ? input : no
    case "Literal":
      return (input) => input === ast.literal ? input : no
    default:
      return undefined
  }
}

const refinement = (ast: AST.Refinement): Look | undefined => {
  const from = compile(ast.from)
  return from === undefined ? undefined : (input) => {
    const value = from(input)
    return value === no || Option.isSome(ast.filter(value, AST.defaultParseOption, ast)) ? no : value
  }
}

/** Of its members only one may be other than in one piece: no value then is for two of them. */
const union = (ast: AST.Union): Look | undefined => {
  const singles = ast.types.filter((type) => single(type) !== undefined)
  const others = ast.types.filter((type) => single(type) === undefined)
  if (others.some((type) => type._tag !== "TypeLiteral" && type._tag !== "TupleType") || others.length > 1) {
    return undefined
  }
  const looks: Array<Look> = []
  for (const type of [...singles, ...others]) {
    const look = compile(type)
    if (look === undefined) return undefined
    looks.push(look)
  }
  return (input) => {
    for (let index = 0; index < looks.length; index++) {
      const value = (looks[index] as Look)(input)
      if (value !== no) return value
    }
    return no
  }
}

const array = (ast: AST.TupleType): Look | undefined => {
  const [rest, ...more] = ast.rest
  if (ast.elements.length > 0 || rest === undefined || more.length > 0) return undefined
  const look = compile(rest.type)
  return look === undefined ? undefined : (input) => {
    if (!Array.isArray(input)) return no
    const output = input.slice()
    for (let index = 0; index < output.length; index++) {
      const value = look(input[index])
      if (value === no) return no
      output[index] = value
    }
    return output
  }
}

const isRecord = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null && !Array.isArray(input)

/** What is set by this name is not a property. */
const proto = "__proto__"

const object = (ast: AST.TypeLiteral): Look | undefined => {
  // an empty struct is anything but nothing
  if (ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0) return undefined
  const names: Array<string> = []
  const looks: Array<Look> = []
  const optional: Array<boolean> = []
  for (const { isOptional, name, type } of ast.propertySignatures) {
    const look = compile(type)
    if (look === undefined || typeof name !== "string" || name === proto) return undefined
    names.push(name)
    looks.push(look)
    optional.push(isOptional)
  }
  const struct = (input: Readonly<Record<string, unknown>>): Plain | undefined => {
    const output = new Plain()
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string
      if (Object.hasOwn(input, name)) {
        const value = (looks[index] as Look)(input[name])
        if (value === no) return undefined
        output[name] = value
      } else if (optional[index] !== true) return undefined
    }
    return output
  }
  if (ast.indexSignatures.length === 0) return (input) => isRecord(input) ? struct(input) ?? no : no
  const [index, ...more] = ast.indexSignatures
  const look = index?.parameter._tag === "StringKeyword" ? compile(index.type) : undefined
  if (look === undefined || more.length > 0) return undefined
  const named = new Set(names)
  return (input) => {
    const output = isRecord(input) ? struct(input) : undefined
    if (output === undefined) return no
    for (const key of Object.keys(input as object)) {
      const value = look((input as Readonly<Record<string, unknown>>)[key])
      if (value === no || key === proto) return no
      if (!named.has(key)) output[key] = value
    }
    return output
  }
}

/** Whether a schema is one of those. */
export const isPlain = (schema: Schema.Schema<unknown, unknown>): boolean => compile(schema.ast) !== undefined
