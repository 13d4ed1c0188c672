/** `providers list | show | openapi`: which systems there is a provider for, and what each can do. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Catalog from "../../../platform/Catalog.js"
import * as OpenApi from "../../../platform/OpenApi.js"
import * as Exit from "./exit.js"
import * as Flags from "./flags.js"
import * as Screen from "./screen.js"
import { Embedded } from "./session.js"
import * as Table from "./table.js"

const catalog: Effect.Effect<Catalog.Catalog, Exit.CliError> = Effect.gen(function*() {
  const { catalog } = yield* Embedded
  if (catalog === undefined) {
    return yield* Exit.failed("this program has no catalogue of providers: it is made with the option `catalog`")
  }
  return Effect.isEffect(catalog) ? yield* catalog : catalog
})

const id = Args.text({ name: "id" }).pipe(Args.withDescription("Of a provider: holdfast providers list shows them"))

const named = (id: string) =>
  Effect.gen(function*() {
    const all = yield* catalog
    const [entry, definition] = [all.get(id), all.definition(id)]
    if (Option.isSome(entry) && Option.isSome(definition)) {
      return { definition: definition.value, entry: entry.value }
    }
    const near = all.search(id).map((entry) => entry.id)
    return yield* Exit.notFound(
      `there is no provider ${Screen.inline(id)}: ${
        near.length > 0 ? `did you mean ${near.join(", ")}?` : "holdfast providers list shows those that there are"
      }`
    )
  })

const orDash = (all: ReadonlyArray<string>): string => all.length === 0 ? "-" : all.join(", ")

const columns: ReadonlyArray<Table.Column<Catalog.Entry>> = [
  { title: "ID", value: ({ id }) => id },
  { title: "NAME", value: ({ name }) => name },
  { title: "CATEGORY", value: ({ category }) => category },
  { title: "VERSION", value: ({ version }) => version },
  { right: true, title: "OPERATIONS", value: ({ operations }) => String(operations.length) },
  { title: "AUTH", value: ({ credentials }) => orDash(credentials) },
  { title: "WEBHOOKS", value: ({ webhook }) => webhook ?? "-" },
  { title: "CAPABILITIES", value: ({ capabilities }) => orDash(capabilities) }
]

const list = Command.make("list", {
  category: Flags.text("category", "CATEGORY", "Of this category, such as crm"),
  json: Flags.json,
  search: Flags.text("search", "TEXT", "In whose id, name, category or capabilities each word is")
}, (flags) =>
  Effect.gen(function*() {
    const all = yield* catalog
    const category = Option.getOrUndefined(flags.category)
    if (category !== undefined && !all.categories.includes(category)) {
      return yield* Exit.notFound(
        `there is no provider of the category ${Screen.inline(category)}: the categories are ${orDash(all.categories)}`
      )
    }
    const found = all.search(Option.getOrElse(flags.search, () => ""))
      .filter((entry) => category === undefined || entry.category === category)
    if (flags.json) return yield* Screen.json({ providers: found })
    const screen = yield* Screen.Terminal
    yield* found.length === 0
      ? Screen.note("no provider is like that")
      : Screen.line(Table.render(columns, found, screen.columns))
  })).pipe(Command.withDescription("The systems that there is a provider for, the most widely used first"))

const yesNo = (is: boolean): string => is ? "yes" : "no"

const operationColumns: ReadonlyArray<Table.Column<Catalog.Operation>> = [
  { title: "OPERATION", value: ({ name }) => name },
  { title: "SAFE", value: ({ safe }) => yesNo(safe) },
  { title: "IDEMPOTENT", value: ({ idempotent }) => yesNo(idempotent) },
  { title: "PAGES", value: ({ pagination }) => pagination ?? "-" },
  { title: "METHOD", value: ({ method }) => method },
  { title: "PATH", value: ({ path }) => OpenApi.pathOf(path) }
]

const settingColumns: ReadonlyArray<Table.Column<Catalog.Setting>> = [
  { title: "POLICY", value: ({ option }) => option },
  { title: "VALUE", value: ({ value }) => value },
  { title: "VARIABLE", value: ({ variable }) => variable }
]

const describe = (entry: Catalog.Entry, columns: number | undefined): string =>
  [
    Table.fields([
      ["id", entry.id],
      ["name", entry.name],
      ["version", entry.version],
      ["category", entry.category],
      ["capabilities", orDash(entry.capabilities)],
      ["auth", `${orDash(entry.credentials)}${entry.oauth2 ? "; OAuth2 endpoints known" : ""}`],
      ["server", `${entry.baseUrl}, or ${entry.baseUrlVariable}`],
      ...Object.entries(entry.servers).map(([group, url]) => ["", `${url} for ${group}`] as const),
      ["docs", entry.docs],
      ["health", entry.health],
      ["webhooks", entry.webhook],
      ["pagination", orDash(entry.pagination)],
      ["incremental", orDash(entry.incremental)],
      ["idempotency", entry.idempotency.header === undefined ? "no header" : `header ${entry.idempotency.header}`],
      ...entry.limits.map((limit, index) => [index === 0 ? "limits" : "", limit] as const)
    ]),
    Table.render(operationColumns, entry.operations, columns),
    ...(entry.policy.length === 0 ? [] : [Table.render(settingColumns, entry.policy, columns)])
  ].join("\n\n")

const show = Command.make("show", { id, json: Flags.json }, (flags) =>
  Effect.gen(function*() {
    const { entry } = yield* named(flags.id)
    const screen = yield* Screen.Terminal
    yield* flags.json ? Screen.json(entry) : Screen.line(describe(entry, screen.columns))
  })).pipe(Command.withDescription("One of them: its operations, credentials, limits and policy"))

const openapi = Command.make("openapi", { id, json: Flags.json }, (flags) =>
  Effect.gen(function*() {
    const { definition } = yield* named(flags.id)
    const document = OpenApi.make(definition)
    yield* flags.json ? Screen.json(document) : Screen.line(JSON.stringify(document, null, 2))
  })).pipe(
    Command.withDescription("What is sent to it and expected of it, as an OpenAPI document; with --json on one line")
  )

export const providers = Command.make("providers").pipe(
  Command.withDescription("The systems that there is a provider for"),
  Command.withSubcommands([list, show, openapi])
)
