/**
 * Which records of the HubSpot emulator belong to which.
 *
 * @since 0.1.0
 */
import { invalid } from "./Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface AssociationType {
  readonly associationCategory: string
  readonly associationTypeId: number
}

const names: Readonly<Record<string, string>> = {
  contact: "contacts",
  "0-1": "contacts",
  company: "companies",
  "0-2": "companies",
  deal: "deals",
  "0-3": "deals"
}

/**
 * The plural name of a type, however it was named.
 *
 * @since 0.1.0
 * @category types
 */
export const typeName = (type: string): string => names[type] ?? type

/** Source: HubSpot's associations v4 guide, "association type ID values". */
const defaultTypes: Readonly<Record<string, number>> = {
  "contacts/companies": 279,
  "companies/contacts": 280,
  "contacts/deals": 4,
  "deals/contacts": 3,
  "companies/deals": 342,
  "deals/companies": 341,
  "contacts/contacts": 449,
  "companies/companies": 450,
  "deals/deals": 451
}

/**
 * The unlabelled kind of association between two types.
 *
 * @since 0.1.0
 * @category types
 */
export const defaultType = (from: string, to: string): AssociationType => {
  const associationTypeId = defaultTypes[`${from}/${to}`]
  if (associationTypeId === undefined) throw invalid(`${from} cannot be associated with ${to}`)
  return { associationCategory: "HUBSPOT_DEFINED", associationTypeId }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Associations {
  /** By record and type of the other side: the other's id, and the kinds of association. */
  readonly #links = new Map<string, Map<string, Map<number, AssociationType>>>()

  /** Makes both directions; what is there already stays as it is. */
  add(from: string, fromId: string, to: string, toId: string, type: AssociationType): void {
    this.#half(from, fromId, to, toId, type)
    // the other side has an id of its own, which is known for the unlabelled kinds only
    const back = type.associationCategory === "HUBSPOT_DEFINED" ? defaultTypes[`${to}/${from}`] : undefined
    this.#half(to, toId, from, fromId, { ...type, associationTypeId: back ?? type.associationTypeId })
  }

  remove(from: string, fromId: string, to: string, toId: string): boolean {
    this.#links.get(`${to}/${toId}/${from}`)?.delete(fromId)
    return this.#links.get(`${from}/${fromId}/${to}`)?.delete(toId) ?? false
  }

  /** In the order of the other side's ids. */
  list(from: string, fromId: string, to: string): ReadonlyArray<{
    readonly toObjectId: string
    readonly types: ReadonlyArray<AssociationType>
  }> {
    return [...this.#links.get(`${from}/${fromId}/${to}`) ?? []]
      .map(([toObjectId, types]) => ({ toObjectId, types: [...types.values()] }))
      .sort((one, other) => Number(one.toObjectId) - Number(other.toObjectId))
  }

  get snapshot(): Readonly<Record<string, ReadonlyArray<string>>> {
    return Object.fromEntries(
      [...this.#links].filter(([, others]) => others.size > 0).map(([key, others]) => [key, [...others.keys()]])
    )
  }

  #half(from: string, fromId: string, to: string, toId: string, type: AssociationType): void {
    const key = `${from}/${fromId}/${to}`
    const others = this.#links.get(key) ?? new Map<string, Map<number, AssociationType>>()
    const types = others.get(toId) ?? new Map<number, AssociationType>()
    types.set(type.associationTypeId, type)
    others.set(toId, types)
    this.#links.set(key, others)
  }
}
