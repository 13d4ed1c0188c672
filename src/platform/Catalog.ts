/**
 * Providers as data: who they are, what they can do and what they ask for, to be listed, searched and counted.
 *
 * Everything comes from the definitions; a catalogue knows nothing that they do not say.
 *
 * @since 0.1.0
 */
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Option from "effect/Option"
import type * as Credentials from "../auth/Credentials.js"
import * as Integration from "../core/Integration.js"
import * as Resilience from "../policy/Resilience.js"
import type * as Pagination from "./Pagination.js"
import * as Provider from "./Provider.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Operation {
  /** `contacts.create` */
  readonly name: string
  readonly method: HttpMethod
  /** The path with its parameters' names, `/crm/v3/objects/contacts/:id`. */
  readonly path: string
  /** Changes nothing at the provider. */
  readonly safe: boolean
  /** May be sent twice with the effect of once, by its nature. */
  readonly idempotent: boolean
  /** Tokens that one request takes from the rate limiter. */
  readonly cost: number
  /** How its list is walked, where it is one. */
  readonly pagination?: Pagination.Kind | undefined
  /** The input that asks for what has changed since a time. */
  readonly incremental?: string | undefined
}

/**
 * An option of the provider's own policy, and the variable that overrides it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Setting {
  /** `retry.maxAttempts` */
  readonly option: string
  readonly value: string
  /** `HOLDFAST_HUBSPOT_RETRY_MAX_ATTEMPTS` */
  readonly variable: string
}

/**
 * One provider. All of it is data: it can be written as JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  readonly id: string
  readonly name: string
  readonly version: string
  /** `other` where the definition names none. */
  readonly category: string
  readonly capabilities: ReadonlyArray<string>
  /** The kinds of credential that it takes, the usual one first. */
  readonly credentials: ReadonlyArray<Credentials.Credential["_tag"]>
  /** Whether its OAuth2 endpoints are known. */
  readonly oauth2: boolean
  /** From 1 to 100; 0 where the definition says nothing. */
  readonly popularity: number
  /** The vendor's own documentation. */
  readonly docs?: string | undefined
  readonly baseUrl: string
  /** By group of operations, the servers that are others than it. */
  readonly servers: Readonly<Record<string, string>>
  /** `HUBSPOT_BASE_URL` */
  readonly baseUrlVariable: string
  readonly operations: ReadonlyArray<Operation>
  /** The ways in which its lists are walked. */
  readonly pagination: ReadonlyArray<Pagination.Kind>
  /** The operations that can be asked for what has changed since a time. */
  readonly incremental: ReadonlyArray<string>
  readonly idempotency: {
    /** The header with a key that it honours, on every operation. */
    readonly header?: string | undefined
    /** The operations that change something, and may be sent twice by their nature. */
    readonly operations: ReadonlyArray<string>
  }
  /** How its webhooks are signed: the id of a `WebhookScheme`. */
  readonly webhook?: string | undefined
  /** The operation that shows whether it answers and the credential is good. */
  readonly health?: string | undefined
  /** Its documented limits, a sentence each. */
  readonly limits: ReadonlyArray<string>
  readonly policy: ReadonlyArray<Setting>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Statistics {
  readonly providers: number
  readonly operations: number
  /** Providers by category. */
  readonly categories: Readonly<Record<string, number>>
  /** Providers by kind of credential; one that takes two counts twice. */
  readonly credentials: Readonly<Record<string, number>>
  /** Providers by way in which lists are walked. */
  readonly pagination: Readonly<Record<string, number>>
  /** How many have it. */
  readonly oauth2: number
  readonly incremental: number
  readonly idempotencyHeader: number
  readonly webhook: number
  readonly health: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Catalog {
  /** The most widely used first. */
  readonly entries: ReadonlyArray<Entry>
  readonly categories: ReadonlyArray<string>
  readonly statistics: Statistics
  readonly get: (id: string) => Option.Option<Entry>
  /** What the entry was made from. */
  readonly definition: (id: string) => Option.Option<Provider.Definition>
  readonly byCategory: (category: string) => ReadonlyArray<Entry>
  /** Those in whose id, name, category or capabilities each word is. No word at all finds everything. */
  readonly search: (text: string) => ReadonlyArray<Entry>
}

/**
 * What a definition says, as data.
 *
 * @since 0.1.0
 * @category constructors
 */
export const entry = (definition: Provider.Definition): Entry => {
  const { incremental = {}, pagination = {}, policy = {} } = definition
  const operations = Integration.operationsOf(definition).map(
    ({ cost, idempotent, method, name, safe, template }): Operation => ({
      name,
      method,
      path: template,
      safe,
      idempotent,
      cost,
      ...(pagination[name] === undefined ? undefined : { pagination: pagination[name].kind }),
      ...(incremental[name] === undefined ? undefined : { incremental: incremental[name] })
    })
  )
  const header = policy.idempotencyKey?.header
  return {
    id: definition.id,
    name: definition.name,
    version: definition.version,
    category: definition.category ?? "other",
    capabilities: definition.capabilities ?? [],
    credentials: definition.credentials ?? [],
    oauth2: definition.oauth2 !== undefined,
    popularity: definition.popularity ?? 0,
    ...(definition.docs === undefined ? undefined : { docs: definition.docs }),
    baseUrl: definition.baseUrl,
    servers: definition.servers ?? {},
    baseUrlVariable: Provider.baseUrlVariable(definition),
    operations,
    pagination: [...new Set(Object.values(pagination).map(({ kind }) => kind))].sort(),
    incremental: Object.keys(incremental),
    idempotency: {
      ...(header === undefined ? undefined : { header }),
      operations: operations.filter(({ idempotent, safe }) => idempotent && !safe).map(({ name }) => name)
    },
    ...(definition.webhook === undefined ? undefined : { webhook: definition.webhook.id }),
    ...(definition.health === undefined ? undefined : { health: definition.health.operation }),
    limits: definition.limits ?? [],
    policy: Resilience.settings(definition.id, policy)
      .map(({ value, variable }) => ({ option: variable.option, value, variable: variable.name }))
      // a stage of which more is said is on
      .filter(({ option, value }, _, all) => value !== "on" || !all.some((one) => one.option.startsWith(`${option}.`)))
  }
}

const count = (all: ReadonlyArray<Entry>, of: (entry: Entry) => ReadonlyArray<string>): Record<string, number> => {
  const counts = new Map<string, number>()
  for (const name of all.flatMap(of)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([one], [other]) => compare(one, other)))
}

const compare = (one: string, other: string): number => one < other ? -1 : one > other ? 1 : 0

const statisticsOf = (entries: ReadonlyArray<Entry>): Statistics => {
  const having = (has: (entry: Entry) => boolean) => entries.filter(has).length
  return {
    providers: entries.length,
    operations: entries.reduce((sum, { operations }) => sum + operations.length, 0),
    categories: count(entries, ({ category }) => [category]),
    credentials: count(entries, ({ credentials }) => credentials),
    pagination: count(entries, ({ pagination }) => pagination),
    oauth2: having(({ oauth2 }) => oauth2),
    incremental: having(({ incremental }) => incremental.length > 0),
    idempotencyHeader: having(({ idempotency }) => idempotency.header !== undefined),
    webhook: having(({ webhook }) => webhook !== undefined),
    health: having(({ health }) => health !== undefined)
  }
}

/**
 * A catalogue of these providers. Two of one id are refused: their metrics, keys and variables would be one another's.
 *
 * @example
 * ```ts
 * import { Catalog } from "holdfast"
 * import { definition } from "holdfast/providers/hubspot"
 *
 * const catalog = Catalog.make([definition])
 * const found = catalog.search("crm contacts").map(({ name }) => name)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (definitions: ReadonlyArray<Provider.Definition>): Catalog => {
  const known = new Map(definitions.map((definition) => [definition.id, definition]))
  const twice = definitions.find((definition) => known.get(definition.id) !== definition)
  if (twice !== undefined) throw new Error(`Catalog.make: there are two providers of the id "${twice.id}"`)
  const entries = definitions.map(entry).sort((one, other) =>
    other.popularity - one.popularity || compare(one.name, other.name) || compare(one.id, other.id)
  )
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const texts = new Map(
    entries.map((entry) => [
      entry.id,
      [entry.id, entry.name, entry.category, ...entry.capabilities].join("\n").toLowerCase()
    ])
  )
  return {
    entries,
    categories: [...new Set(entries.map(({ category }) => category))].sort(),
    statistics: statisticsOf(entries),
    get: (id) => Option.fromNullable(byId.get(id)),
    definition: (id) => Option.fromNullable(known.get(id)),
    byCategory: (category) => entries.filter((entry) => entry.category === category),
    search: (text) => {
      const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "")
      return entries.filter(({ id }) => words.every((word) => texts.get(id)?.includes(word)))
    }
  }
}
