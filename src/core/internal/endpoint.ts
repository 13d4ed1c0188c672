import * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { hasBody } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as Form from "../Form.js"
import * as Operation from "../Operation.js"
import * as SecretFields from "./secretFields.js"

/** Any `HttpApi`, its types forgotten. */
export interface AnyApi {
  readonly [HttpApi.TypeId]: HttpApi.TypeId
  readonly groups: Record<string, HttpApiGroup.HttpApiGroup.Any>
}

type AnySchema = Schema.Schema<unknown, unknown>

/** One endpoint of a declaration, ready to be used from either side: by the client that calls, and the emulator that answers. */
export interface Endpoint {
  readonly group: string
  readonly topLevel: boolean
  readonly name: string
  readonly operation: Operation.Operation
  /** Names of the path's parameters, in order. */
  readonly params: ReadonlyArray<string>
  /** The literal parts of the path around them: always one more than there are parameters. */
  readonly literals: ReadonlyArray<string>
  readonly path: AnySchema | undefined
  readonly urlParams: AnySchema | undefined
  readonly headers: AnySchema | undefined
  readonly payload:
    | {
      readonly schema: AnySchema
      readonly encoding: HttpApiSchema.Encoding
      readonly inBody: boolean
      /** How a form has its arrays. */
      readonly arrays: Form.ArrayStyle
    }
    | undefined
  /** By status; a success without a body has no schema. */
  readonly successes: ReadonlyMap<number, AnySchema | undefined>
}

/** `:id`, or the rest of a path, `*`, as the router of Effect has it. */
const parameter = /(?:(?<!:):|(?=\*$))(\w+|\*)\??/g

/** Two colons are one that is meant as such, as the router of Effect has it: `/reports/:id::run`. */
const literal = (text: string): string => text.replaceAll("::", ":")

const splitPath = (
  path: string
): { readonly literals: ReadonlyArray<string>; readonly params: ReadonlyArray<string> } => {
  const pieces = path.split(parameter)
  return {
    literals: pieces.filter((_, index) => index % 2 === 0).map(literal),
    params: pieces.filter((_, index) => index % 2 === 1)
  }
}

const annotation = <I, A>(annotations: Context.Context<never>, tag: Context.Tag<I, A>): A | undefined =>
  Option.getOrUndefined(Context.getOption(annotations, tag))

const fromAst = (ast: AST.AST): AnySchema => Schema.make(ast)

/** Walks a declaration once. */
export const reflect = (
  integration: { readonly id: string; readonly version: string },
  api: AnyApi
): ReadonlyArray<Endpoint> => {
  const endpoints: Array<Endpoint> = []
  // AnyApi is what every HttpApi is, less the type parameters that reflection does not look at
  HttpApi.reflect(api as unknown as HttpApi.HttpApi<string, HttpApiGroup.HttpApiGroup.Any, unknown, never>, {
    onGroup() {},
    onEndpoint({ endpoint, group, mergedAnnotations, successes }) {
      const name = group.topLevel ? endpoint.name : `${group.identifier}.${endpoint.name}`
      const payload = Option.getOrUndefined(endpoint.payloadSchema)
      endpoints.push({
        ...splitPath(endpoint.path),
        group: group.identifier,
        topLevel: group.topLevel,
        name: endpoint.name,
        operation: Operation.make({
          integration: integration.id,
          version: integration.version,
          name,
          method: endpoint.method,
          template: endpoint.path,
          safe: annotation(mergedAnnotations, Operation.Safe),
          idempotent: annotation(mergedAnnotations, Operation.Idempotent),
          cost: annotation(mergedAnnotations, Operation.Cost),
          redact: annotation(mergedAnnotations, Operation.Redact)
        }),
        path: schemaOf(endpoint.pathSchema),
        urlParams: schemaOf(endpoint.urlParamsSchema),
        headers: schemaOf(endpoint.headersSchema),
        payload: payload === undefined ? undefined : {
          schema: fromAst(payload.ast),
          encoding: HttpApiSchema.getEncoding(payload.ast),
          inBody: hasBody(endpoint.method),
          arrays: annotation(mergedAnnotations, Form.Arrays) ?? "indexed"
        },
        successes: new Map(
          Array.from(successes, ([status, { ast }]) => [status, ast._tag === "None" ? undefined : fromAst(ast.value)])
        )
      })
    }
  })
  // of all of them: an error of one operation may have in it what another is for
  const secretFields = SecretFields.namesOf(
    endpoints.flatMap(({ payload, successes }) => [payload?.schema, ...successes.values()])
  )
  return secretFields === undefined
    ? endpoints
    : endpoints.map((endpoint) => ({ ...endpoint, operation: { ...endpoint.operation, secretFields } }))
}

const schemaOf = (schema: Option.Option<{ readonly ast: AST.AST }>): AnySchema | undefined =>
  Option.getOrUndefined(Option.map(schema, ({ ast }) => fromAst(ast)))
