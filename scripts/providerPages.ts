// What the pages about providers say of their definitions. Nothing here is written by hand but the headings.
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { type Catalog, OpenApi, type Provider, WebhookScheme } from "holdfast"

const open = "<!-- generated -->"
const close = "<!-- /generated -->"

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim()

const table = (titles: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [titles, titles.map(() => "---"), ...rows.map((row) => row.map(cell))].map((row) => `| ${row.join(" | ")} |`)
    .join("\n")

const code = (text: string): string => `\`${text}\``
const list = (all: ReadonlyArray<string>, none = "-"): string => all.length === 0 ? none : all.join(", ")
const count = (number: number, one: string): string => `${number} ${number === 1 ? one : `${one}s`}`

const writesOf = ({ operations }: Catalog.Entry) => operations.filter(({ safe }) => !safe)

const idempotency = (entry: Catalog.Entry): string => {
  const { header, operations } = entry.idempotency
  const writes = writesOf(entry).length
  return [
    ...(header === undefined ? [] : [`header ${code(header)}`]),
    writes === 0 ? "it only reads" : `by nature: ${operations.length} of ${count(writes, "write")}`
  ].join("; ")
}

const scheme = (id: string | undefined): string => {
  if (id === undefined) return "not signed, or none"
  const known = Option.getOrUndefined(WebhookScheme.byId(id))
  if (known === undefined) return code(id)
  const tolerance = Option.match(known.tolerance, {
    onNone: () => "without a date",
    onSome: (time) => `within ${Duration.format(time)}`
  })
  return `${code(id)}: ${known.algorithm}, ${tolerance}`
}

/** The table of all of them. */
export const overview = (catalog: Catalog.Catalog): string => {
  const { operations, providers } = catalog.statistics
  return [
    `${count(providers, "provider")}, ${count(operations, "operation")}.`,
    "",
    table(
      [
        "provider",
        "category",
        "operations",
        "auth",
        "pagination",
        "incremental",
        "idempotency",
        "webhooks",
        "health",
        "limits"
      ],
      catalog.entries.map((entry) => [
        `[${entry.name}](${entry.id}.md)`,
        entry.category,
        String(entry.operations.length),
        list(entry.credentials),
        list(entry.pagination),
        list(entry.incremental.map(code)),
        idempotency(entry),
        entry.webhook === undefined ? "-" : code(entry.webhook),
        entry.health === undefined ? "-" : code(entry.health),
        entry.limits.length === 0 ? "-" : entry.limits.join("; ")
      ])
    )
  ].join("\n")
}

const facts = (entry: Catalog.Entry, { oauth2 }: Provider.Definition): string =>
  table(["", ""], [
    ["id, version", `${code(entry.id)}, ${code(entry.version)}`],
    ["category", entry.category],
    ["capabilities", list(entry.capabilities)],
    [
      "server",
      [
        code(entry.baseUrl),
        ...Object.entries(entry.servers).map(([group, url]) => `of ${code(`${group}.*`)} ${code(url)}`),
        `another one by ${code(entry.baseUrlVariable)}`
      ].join("; ")
    ],
    ...(entry.docs === undefined ? [] : [["vendor's documentation", `<${entry.docs}>`]]),
    ["credentials", list(entry.credentials)],
    ...(oauth2 === undefined ? [] : [[
      "OAuth2",
      list(
        [
          ["authorization", oauth2.authorizationEndpoint],
          ["token", oauth2.tokenEndpoint],
          ["revocation", oauth2.revocationEndpoint],
          ["issuer", oauth2.issuer]
        ].flatMap(([name, url]) => url === undefined ? [] : [`${name} ${code(url)}`])
      )
    ]]),
    ["health", entry.health === undefined ? "no operation shows it" : code(entry.health)],
    ["pagination", list(entry.pagination)],
    ["idempotency", idempotency(entry)],
    ["webhooks", scheme(entry.webhook)]
  ])

const repeated = ({ idempotent, safe }: Catalog.Operation): string =>
  safe ? "yes (safe)" : idempotent ? "yes" : "**no**"

const operations = (entry: Catalog.Entry): string => {
  const hasCosts = entry.operations.some(({ cost }) => cost !== 1)
  const hasIncremental = entry.incremental.length > 0
  const keyed = entry.idempotency.header !== undefined
  return table(
    [
      "operation",
      "request",
      keyed ? "repeated without harm, without a key" : "repeated without harm",
      "pages",
      ...(hasIncremental ? ["changed since"] : []),
      ...(hasCosts ? ["tokens"] : [])
    ],
    entry.operations.map((operation) => [
      code(operation.name),
      code(`${operation.method} ${OpenApi.pathOf(operation.path)}`),
      repeated(operation),
      operation.pagination ?? "-",
      ...(hasIncremental ? [operation.incremental === undefined ? "-" : code(operation.incremental)] : []),
      ...(hasCosts ? [String(operation.cost)] : [])
    ])
  )
}

/** The part of a provider's own page. */
export const part = (entry: Catalog.Entry, definition: Provider.Definition): string =>
  [
    "## Definition",
    facts(entry, definition),
    "## Operations",
    operations(entry),
    "## Limits and policy",
    ...(entry.limits.length === 0 ? [] : ["As documented:", entry.limits.map((limit) => `- ${limit}`).join("\n")]),
    entry.policy.length === 0
      ? "The definition has no policy of its own: the defaults of [Configuration](../configuration.md) hold."
      : "The definition's own policy, for one process; what is not here has the defaults of " +
        "[Configuration](../configuration.md), and each of them a variable.",
    ...(entry.policy.length === 0
      ? []
      : [
        table(
          ["option", "value", "variable"],
          entry.policy.map(({ option, value, variable }) => [code(option), code(value), code(variable)])
        )
      ])
  ].join("\n\n")

/** The page with another generated part; its own words stay. A text says what is in the way. */
export const replaced = (page: string, part: string): { readonly page: string } | string => {
  const [before, rest, ...more] = page.split(open)
  if (before === undefined || rest === undefined || more.length > 0) return `it has to have one line ${open}`
  const [, after, ...others] = rest.split(close)
  if (after === undefined || others.length > 0) return `it has to have one line ${close}, after ${open}`
  return { page: `${before}${open}\n\n${part}\n\n${close}${after}` }
}

/** The generated parts by page, from the folder of the pages. */
export const parts = (catalog: Catalog.Catalog): ReadonlyMap<string, string> =>
  new Map([
    ["README.md", overview(catalog)],
    ...catalog.entries.map((entry) =>
      [`${entry.id}.md`, part(entry, Option.getOrThrow(catalog.definition(entry.id)))] as const
    )
  ])
