/**
 * The documents are OpenAPI 3.1: a validator of the standard says so, and what its schema does not see is looked at one by
 * one.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, OpenApi as PlatformOpenApi } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { validate } from "@readme/openapi-parser"
import { Effect, Schema } from "effect"
import { Auth, Catalog, Form, Integration, OAuth2Provider, OpenApi, Operation, Provider } from "holdfast"
import { catalog } from "holdfast/providers/catalog"

type Json = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** Everything in a document, with where it is. */
const walk = (value: unknown, visit: (value: Json, at: string) => void, at = "#"): void => {
  if (Array.isArray(value)) value.forEach((item, index) => walk(item, visit, `${at}/${index}`))
  else if (isRecord(value)) {
    visit(value, at)
    for (const [name, item] of Object.entries(value)) walk(item, visit, `${at}/${name}`)
  }
}

const types = ["array", "boolean", "integer", "null", "number", "object", "string"]

const addAll = (faults: Array<string>, more: ReadonlyArray<string>) => more.forEach((fault) => faults.push(fault))

/** What is wrong with a JSON Schema, as far as its own keywords go. */
const schemaFaults = (schema: unknown, at: string): ReadonlyArray<string> => {
  if (typeof schema === "boolean") return []
  if (!isRecord(schema)) return [`${at} is no schema`]
  const faults: Array<string> = []
  for (const [keyword, value] of Object.entries(schema)) {
    const here = `${at}/${keyword}`
    switch (keyword) {
      case "type":
        if (![value].flat().every((type) => types.includes(String(type)))) faults.push(`${here} is ${String(value)}`)
        break
      case "properties":
      case "patternProperties":
      case "$defs":
        if (!isRecord(value)) faults.push(here)
        else for (const [name, item] of Object.entries(value)) addAll(faults, schemaFaults(item, `${here}/${name}`))
        break
      case "anyOf":
      case "oneOf":
      case "allOf":
      case "prefixItems":
        if (!Array.isArray(value) || value.length === 0) faults.push(`${here} is empty`)
        else value.forEach((item, index) => addAll(faults, schemaFaults(item, `${here}/${index}`)))
        break
      case "items":
      case "additionalItems":
      case "additionalProperties":
      case "propertyNames":
      case "not":
        // of 2020-12: a list of items is prefixItems
        addAll(faults, schemaFaults(value, here))
        break
      case "required":
        if (!Array.isArray(value) || new Set(value).size !== value.length) faults.push(here)
        break
      case "enum":
        if (!Array.isArray(value) || value.length === 0) faults.push(here)
        break
      case "pattern":
        try {
          new RegExp(String(value), "u")
        } catch {
          faults.push(`${here} is no pattern: ${String(value)}`)
        }
        break
      // OpenAPI 3.0's word, which 3.1 does not know
      case "nullable":
        faults.push(here)
        break
    }
  }
  return faults
}

const faultsOf = (document: OpenApi.Document): ReadonlyArray<string> => {
  const faults: Array<string> = []
  const fault = (isFault: boolean, says: string) => void (isFault && faults.push(says))
  fault(!/^3\.1\.\d+$/.test(document.openapi), "openapi")
  fault(document.info.title === "" || document.info.version === "", "info")
  const known = ["openapi", "info", "externalDocs", "servers", "tags", "paths", "security", "components"]
  fault(!Object.keys(document).every((name) => known.includes(name)), "a field that OpenAPI does not know")
  for (const { url } of document.servers) fault(url !== "/" && !URL.canParse(url), `server ${url}`)
  if (document.externalDocs !== undefined) fault(!URL.canParse(document.externalDocs.url), "externalDocs")
  const tags = document.tags.map(({ name }) => name)
  fault(new Set(tags).size !== tags.length, "two tags of one name")
  const schemes = document.components.securitySchemes
  for (const requirement of document.security) {
    for (const name of Object.keys(requirement)) fault(schemes[name] === undefined, `security ${name}`)
  }
  for (const name of [...Object.keys(schemes), ...Object.keys(document.components.schemas)]) {
    fault(!/^[\w.-]+$/.test(name), `component ${name}`)
  }
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    addAll(faults, schemaFaults(schema, `#/components/schemas/${name}`))
  }

  const ids = new Set<string>()
  const shapes = new Set<string>()
  for (const [path, item] of Object.entries(document.paths)) {
    fault(!/^\/[^?#:\s]*(:[A-Za-z]+)?$/.test(path), `path ${path}`)
    const shape = path.replaceAll(/\{(?:\w+|\*)\}/g, "{}")
    fault(shapes.has(shape), `two paths are ${shape}`)
    shapes.add(shape)
    const inPath = [...path.matchAll(/\{(\w+|\*)\}/g)].map((match) => match[1])
    for (const [method, operation] of Object.entries(item)) {
      const at = `${method} ${path}`
      fault(!["get", "put", "post", "delete", "options", "head", "patch", "trace"].includes(method), at)
      fault(ids.has(operation.operationId), `${at}: ${operation.operationId} comes twice`)
      ids.add(operation.operationId)
      fault(!operation.tags.every((tag) => tags.includes(tag)), `${at}: tags`)
      const parameters = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
      fault(new Set(parameters).size !== parameters.length, `${at}: two parameters of one name`)
      for (const parameter of operation.parameters) {
        fault(parameter.in === "path" && !parameter.required, `${at}: ${parameter.name} is not required`)
        addAll(faults, schemaFaults(parameter.schema, `${at}: ${parameter.name}`))
      }
      const declared = operation.parameters.filter((one) => one.in === "path").map(({ name }) => name)
      fault(
        JSON.stringify([...declared].sort()) !== JSON.stringify([...inPath].sort()),
        `${at}: parameters of its path`
      )
      fault(Object.keys(operation.responses).length === 0, `${at}: no response`)
      for (const [status, response] of Object.entries(operation.responses)) {
        fault(!/^([1-5]\d\d|[1-5]XX|default)$/.test(status), `${at}: ${status}`)
        fault(typeof response.description !== "string", `${at}: ${status} has no description`)
        for (const [type, { schema }] of Object.entries(response.content ?? {})) {
          fault(!/^[\w.+*-]+\/[\w.+*-]+(;.*)?$/.test(type), `${at}: ${type}`)
          addAll(faults, schemaFaults(schema, `${at}: ${status}`))
        }
      }
      fault(
        operation.requestBody !== undefined && Object.keys(operation.requestBody.content).length === 0,
        `${at}: body`
      )
      for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
        addAll(faults, schemaFaults(schema, `${at}: body`))
      }
    }
  }

  const used = new Set<string>()
  walk(document, (value, at) => {
    if (typeof value["$ref"] === "string") {
      const name = value["$ref"].replace(/^#\/components\/schemas\//, "")
      fault(document.components.schemas[name] === undefined, `${at} refers to ${value["$ref"]}, which is not there`)
      used.add(name)
    }
    fault(typeof value["$id"] === "string", `${at} has an $id`)
  })
  for (const name of Object.keys(document.components.schemas)) fault(!used.has(name), `nobody refers to ${name}`)
  return faults
}

/** The validator puts what is referred to in its place, in the document itself: it is given one of its own. */
const validated = (document: OpenApi.Document) => Effect.promise(() => validate(JSON.parse(JSON.stringify(document))))

const Node: Schema.Schema<Node> = Schema.Struct({
  children: Schema.Array(Schema.suspend((): Schema.Schema<Node> => Node)),
  name: Schema.String
}).annotations({ identifier: "Node" })
interface Node {
  readonly children: ReadonlyArray<Node>
  readonly name: string
}

const api = HttpApi.make("odd")
  .add(
    HttpApiGroup.make("nodes")
      .add(
        HttpApiEndpoint.get("get", "/nodes/:id/:part").setPath(
          Schema.Struct({ id: Schema.String, part: Schema.String })
        )
          .addSuccess(Schema.Struct({ any: Schema.Unknown, other: Schema.Object, same: Schema.Unknown }))
          .addSuccess(Node, { status: 202 })
      )
      .add(
        HttpApiEndpoint.post("form", "/nodes").setPayload(Form.payload(Schema.Struct({
          list: Schema.Array(Schema.String),
          pair: Schema.Tuple(Schema.String, Schema.NumberFromString)
        })))
      )
      .add(HttpApiEndpoint.put("put", "/nodes").setPayload(Node).addSuccess(Schema.Null).annotate(Operation.Safe, true))
  )
  .add(
    HttpApiGroup.make("top", { topLevel: true })
      .add(
        HttpApiEndpoint.del("clear", "/").setUrlParams(
          Schema.Struct({ all: Schema.optional(Schema.BooleanFromString) })
        )
      )
  )

const odd = (more: Partial<Provider.Definition> = {}) =>
  Provider.define({
    api,
    auth: Auth.none,
    baseUrl: "https://odd.example/v1",
    id: "odd",
    name: "Odd",
    version: "2026-01",
    ...more
  } as Provider.Definition)

describe("OpenApi", () => {
  it("is OpenAPI 3.1, whatever the Schemas", () => {
    const document = OpenApi.make(odd())
    deepStrictEqual(faultsOf(document), [])
    deepStrictEqual(Object.keys(document.components.schemas).sort(), ["BooleanFromString", "Node", "NumberFromString"])
    // as it is sent
    deepStrictEqual(faultsOf(JSON.parse(JSON.stringify(document))), [])
  })

  it("the check finds what is wrong: platform's own document is not ours", () => {
    const faults = faultsOf({ ...PlatformOpenApi.fromApi(api), servers: [] } as unknown as OpenApi.Document)
    assertTrue(faults.some((fault) => fault.endsWith("has an $id")))
    const document = OpenApi.make(odd())
    const broken = (change: Partial<OpenApi.Document>) => faultsOf({ ...document, ...change }).length
    strictEqual(broken({ tags: [] }) > 0, true)
    strictEqual(broken({ components: { ...document.components, schemas: {} } }) > 0, true)
    strictEqual(broken({ paths: { ...document.paths, "/nodes/{a}/{b}": document.paths["/nodes"]! } }) > 0, true)
  })

  it.effect("a validator finds nothing, and finds what is wrong", () =>
    Effect.gen(function*() {
      const document = OpenApi.make(odd())
      deepStrictEqual(yield* validated(document), { specification: "OpenAPI", valid: true, warnings: [] })
      const response = { 99: { description: "odd" } }
      const operation = { ...document.paths["/nodes"]!.post!, responses: response }
      const refused = yield* validated({ ...document, paths: { "/nodes": { post: operation } } })
      strictEqual(refused.valid, false)
    }))

  it("has the vendor's own paths, methods and names, and says what may be repeated", () => {
    const { info, paths, servers } = OpenApi.make(odd({ docs: "https://odd.example/docs" }))
    deepStrictEqual(servers, [{ url: "https://odd.example/v1" }])
    deepStrictEqual([info.title, info.version], ["Odd", "2026-01"])
    deepStrictEqual(
      Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => [
          method,
          path,
          operation.operationId,
          operation["x-safe"],
          operation["x-idempotent"],
          Object.keys(operation.requestBody?.content ?? {}),
          Object.keys(operation.responses)
        ])
      ),
      [
        ["get", "/nodes/{id}/{part}", "nodes.get", true, true, [], ["200", "202", "default"]],
        ["post", "/nodes", "nodes.form", false, false, ["application/x-www-form-urlencoded"], ["204", "default"]],
        ["put", "/nodes", "nodes.put", true, true, ["application/json"], ["200", "default"]],
        ["delete", "/", "clear", false, true, [], ["204", "default"]]
      ]
    )
    deepStrictEqual(OpenApi.make(odd(), { servers: ["http://127.0.0.1:1"] }).servers, [{ url: "http://127.0.0.1:1" }])
    deepStrictEqual(OpenApi.make({ api, id: "odd", version: "1" }).servers, [{ url: "/" }])
  })

  it("says how a credential is sent, where there is a word for it", () => {
    const of = (more: Partial<Provider.Definition>) => {
      const document = OpenApi.make(odd(more))
      deepStrictEqual(faultsOf(document), [])
      return document.components.securitySchemes
    }
    deepStrictEqual(of({}), {})
    deepStrictEqual(of({ auth: Auth.apiKey("X-Key"), credentials: ["ApiKey"] }), {
      ApiKey: { in: "header", name: "X-Key", type: "apiKey" }
    })
    deepStrictEqual(of({ auth: Auth.query("key"), credentials: ["ApiKey"] }), {
      ApiKey: { in: "query", name: "key", type: "apiKey" }
    })
    deepStrictEqual(of({ credentials: ["ApiKey", "Headers"] }), {})
    deepStrictEqual(of({ auth: Auth.bearer, credentials: ["Bearer", "Basic", "OAuth2"] }), {
      Basic: { scheme: "basic", type: "http" },
      Bearer: { scheme: "bearer", type: "http" },
      OAuth2: { scheme: "bearer", type: "http" }
    })
    deepStrictEqual(of({ credentials: ["OAuth2"], oauth2: OAuth2Provider.hubSpot }), {
      OAuth2: {
        flows: {
          authorizationCode: {
            authorizationUrl: "https://app.hubspot.com/oauth/authorize",
            scopes: {},
            tokenUrl: "https://api.hubapi.com/oauth/v3/token"
          }
        },
        type: "oauth2"
      }
    })
    deepStrictEqual(of({ credentials: ["OAuth2"], oauth2: { issuer: "https://id.example/" } }), {
      OAuth2: { openIdConnectUrl: "https://id.example/.well-known/openid-configuration", type: "openIdConnect" }
    })
  })

  it("leaves what platform keeps of the declaration as it was", () => {
    const before = PlatformOpenApi.fromApi(api)
    OpenApi.make(odd())
    strictEqual(PlatformOpenApi.fromApi(api), before)
    strictEqual(Object.keys(before.components.schemas).includes("HttpApiDecodeError"), true)
  })
})

describe.each(catalog.entries)("OpenApi of $id", ({ id }) => {
  const definition = catalog.definition(id)
  const provider = definition._tag === "Some" ? definition.value : odd()

  it.effect("is OpenAPI 3.1", () =>
    Effect.gen(function*() {
      const document = OpenApi.make(provider)
      deepStrictEqual(faultsOf(document), [])
      strictEqual((yield* validated(document)).valid, true)
    }))

  it("has every operation, and no other", () => {
    const { paths } = OpenApi.make(provider)
    deepStrictEqual(
      Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item).flatMap(([method, { operationId, "x-also": also = [] }]) =>
          [operationId, ...also].map((name) => `${name} ${method} ${path}`)
        )
      ).sort(),
      Integration.operationsOf(provider).map(({ method, name, template }) =>
        `${name} ${method.toLowerCase()} ${
          template.replace(/\*$/, "{*}").replaceAll(
            /::|:(\w+)\??/g,
            (_, name?: string) => name === undefined ? ":" : `{${name}}`
          )
        }`
      ).sort()
    )
    strictEqual(Catalog.entry(provider).id, id)
  })
})
