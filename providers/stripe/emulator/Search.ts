/**
 * Stripe's search language, as far as the emulator speaks it: `status:"succeeded" AND -metadata["order"]:"7"`.
 *
 * Clauses of `field:value`, `field~"part"` and `field>number`, each of which a `-` negates, are joined by AND or by OR, not
 * by both. `:null` asks for what is not there.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { invalid } from "./Bodies.js"
import type { Table } from "./Store.js"

const clause =
  /^\s*(-)?(?:(amount|created|currency|customer|status)|metadata\[(?:"([^"]*)"|'([^']*)')\])\s*(>=|<=|[:~><])\s*(?:"([^"]*)"|'([^']*)'|(null|\d+))\s*/

const joint = /^(AND|OR)\s+/i

type Condition = (payment: Schemas.PaymentIntent) => boolean

const holds = (value: string | number | undefined, operator: string, wanted: string): boolean => {
  if (wanted === "null" && operator === ":") return value === undefined
  if (value === undefined) return false
  switch (operator) {
    case ":":
      return String(value).toLowerCase() === wanted.toLowerCase()
    case "~":
      return String(value).toLowerCase().includes(wanted.toLowerCase())
    case ">":
      return Number(value) > Number(wanted)
    case ">=":
      return Number(value) >= Number(wanted)
    case "<":
      return Number(value) < Number(wanted)
    default:
      return Number(value) <= Number(wanted)
  }
}

type Field = "amount" | "created" | "currency" | "customer" | "status"

const isField = (name: string | undefined): name is Field => name !== undefined

const parse = (query: string): Condition => {
  const refuse = (rest: string) => invalid(`The query cannot be read from here on: ${rest}`, { param: "query" })
  const conditions: Array<Condition> = []
  const joints = new Set<string>()
  let rest = query
  for (;;) {
    const match = clause.exec(rest)
    if (match === null) throw refuse(rest)
    const [whole, minus, field, inDouble, inSingle, operator = ":", double, single, plain] = match
    const wanted = double ?? single ?? plain ?? ""
    const name = inDouble ?? inSingle ?? ""
    conditions.push((payment) =>
      holds(isField(field) ? payment[field] : payment.metadata[name], operator, wanted) !== (minus !== undefined)
    )
    rest = rest.slice(whole.length)
    if (rest === "") break
    const join = joint.exec(rest)
    if (join === null) throw refuse(rest)
    joints.add(join[1]!.toUpperCase())
    rest = rest.slice(join[0].length)
  }
  if (joints.size > 1) throw invalid("AND and OR cannot be mixed in a query.", { param: "query" })
  return joints.has("OR")
    ? (payment) => conditions.some((condition) => condition(payment))
    : (payment) => conditions.every((condition) => condition(payment))
}

const tokenOf = (offset: number): string => `page_${offset}`

const offsetOf = (token: string | undefined): number => {
  if (token === undefined) return 0
  const match = /^page_(\d+)$/.exec(token)
  if (match === null) throw invalid("The page is none that a search has named.", { param: "page" })
  return Number(match[1])
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const search = (table: Table<Schemas.PaymentIntent>, params: typeof Schemas.SearchParams.Type) => {
  const found = table.newestFirst.filter(parse(params.query))
  const from = offsetOf(params.page)
  const to = from + (params.limit ?? 10)
  const has_more = found.length > to
  return {
    object: "search_result",
    data: found.slice(from, to),
    has_more,
    url: "/v1/payment_intents/search",
    ...(has_more ? { next_page: tokenOf(to) } : undefined)
  }
}
