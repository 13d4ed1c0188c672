/**
 * Fields that a declaration calls secret, by a `Schema.Redacted`: what a provider sends in them is in no error, whatever
 * else is wrong with the answer.
 *
 * @internal
 */
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Body from "../Body.js"

const isRedacted = (ast: AST.Declaration): boolean => {
  const constructor: unknown = ast.annotations[AST.TypeConstructorAnnotationId]
  return Body.text(Body.record(constructor)?._tag) === "effect/Redacted"
}

/** The names, as they are on the wire, of the fields that hold a `Redacted`; `undefined` where there are none. */
export const namesOf = (
  schemas: Iterable<Schema.Schema.All | undefined>
): ReadonlySet<string> | undefined => {
  const names = new Set<string>()
  const seen = new Set<AST.AST>()
  const visit = (ast: AST.AST, field: string | undefined): void => {
    switch (ast._tag) {
      case "Declaration":
        if (isRedacted(ast) && field !== undefined) names.add(field)
        return ast.typeParameters.forEach((parameter) => visit(parameter, field))
      case "TypeLiteral":
        if (seen.has(ast)) return
        seen.add(ast)
        ast.propertySignatures.forEach(({ name, type }) => visit(type, String(name)))
        return ast.indexSignatures.forEach(({ type }) => visit(type, field))
      case "Union":
        return ast.types.forEach((type) => visit(type, field))
      case "TupleType":
        ast.elements.forEach(({ type }) => visit(type, field))
        return ast.rest.forEach(({ type }) => visit(type, field))
      case "Transformation":
        // names are on the side of the wire; on the other are types made anew at every look, recursive ones without end
        if (ast.to._tag === "Declaration" || ast.to._tag === "Transformation") visit(ast.to, field)
        return visit(ast.from, field)
      case "Refinement":
        return visit(ast.from, field)
      case "Suspend":
        if (seen.has(ast)) return
        seen.add(ast)
        return visit(ast.f(), field)
    }
  }
  for (const schema of schemas) if (schema !== undefined) visit(schema.ast, undefined)
  return names.size === 0 ? undefined : names
}

/** What stands in these fields, of JSON or of a text that was to be JSON. */
export const valuesIn = (body: unknown, names: ReadonlySet<string> | undefined): ReadonlyArray<string> => {
  if (names === undefined) return []
  const values = new Set<string>()
  const visit = (value: unknown, secret: boolean): void => {
    if (Array.isArray(value)) return value.forEach((item) => visit(item, secret))
    const fields = Body.record(value)
    if (fields !== undefined) {
      return Object.entries(fields).forEach(([name, field]) => visit(field, secret || names.has(name)))
    }
    if (secret && (typeof value === "string" || typeof value === "number")) values.add(String(value))
  }
  if (typeof body !== "string") visit(body, false)
  else {
    // JSON that broke off, perhaps in the middle of a secret
    for (const [, name = "", value] of body.matchAll(/"([^"\\]+)"\s*:\s*"((?:[^"\\]|\\.)*)/g)) {
      visit(value, names.has(name))
    }
  }
  return [...values]
}
