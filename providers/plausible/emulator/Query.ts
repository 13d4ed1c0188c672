/**
 * Queries over what the emulator has recorded.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import type { Recorded, State } from "./Store.js"

type Query = typeof Schemas.QueryInput.Type

type Value = (typeof Schemas.Row.Type)["metrics"][number]

const notSet = "(not set)"

const day = 86_400_000

const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

const startOfDay = (at: number): number => Math.floor(at / day) * day

const monthsBack = (now: number, months: number): number => {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1)
}

/** From when, and until before when, in UTC. */
const rangeOf = (range: Query["date_range"], now: number): readonly [number, number] => {
  if (typeof range !== "string") {
    const [from, to] = range.map((text) => Date.parse(text))
    if (from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to)) {
      throw refusal(400, `#/date_range: Invalid date range ${JSON.stringify(range)}`)
    }
    return [from, range[1].includes("T") ? to + 1 : to + day]
  }
  const today = startOfDay(now)
  const days = /^(\d+)d$/.exec(range)
  // so many whole days before today
  if (days !== null) return [today - Number(days[1]) * day, today]
  const months = /^(\d+)mo$/.exec(range)
  if (months !== null) return [monthsBack(now, Number(months[1])), monthsBack(now, 0)]
  switch (range) {
    case "24h":
      return [now - day, now + 1]
    case "month":
      return [monthsBack(now, 0), today + day]
    case "year":
      return [Date.UTC(new Date(now).getUTCFullYear(), 0, 1), today + day]
    case "all":
      return [0, today + day]
    default:
      return [today, today + day]
  }
}

const hostOf = (url: string): string => new URL(url).hostname

/** What an event has for a dimension; what this emulator knows nothing of, a country or a browser, is not set. */
const valueOf = (dimension: string, { at, event }: Recorded): string => {
  if (dimension.startsWith("event:props:")) return String(event.props?.[dimension.slice(12)] ?? "(none)")
  switch (dimension) {
    case "event:page":
    case "visit:entry_page":
    case "visit:exit_page":
      return new URL(event.url).pathname
    case "event:hostname":
    case "visit:entry_page_hostname":
    case "visit:exit_page_hostname":
      return hostOf(event.url)
    case "event:goal":
      return event.name === "pageview" ? notSet : event.name
    case "visit:referrer":
      return event.referrer ?? "Direct / None"
    case "visit:source":
      return event.referrer === undefined || !URL.canParse(event.referrer) ? "Direct / None" : hostOf(event.referrer)
    case "time":
    case "time:day":
      return isoDay(at)
    case "time:hour":
      return `${new Date(at).toISOString().slice(0, 13).replace("T", " ")}:00:00`
    case "time:week":
      return isoDay(startOfDay(at) - ((new Date(at).getUTCDay() + 6) % 7) * day)
    case "time:month":
      return `${isoDay(at).slice(0, 7)}-01`
  }
  const utm = /^visit:(utm_\w+)$/.exec(dimension)
  return utm?.[1] === undefined ? notSet : new URL(event.url).searchParams.get(utm[1]) ?? notSet
}

const tests: Readonly<Record<string, (value: string, clause: string) => boolean>> = {
  contains: (value, clause) => value.includes(clause),
  is: (value, clause) => value === clause,
  matches: (value, clause) => new RegExp(clause).test(value)
}

const holds = (filter: Schemas.Filter, one: Recorded, all: ReadonlyArray<Recorded>): boolean => {
  switch (filter[0]) {
    case "and":
      return filter[1].every((inner) => holds(inner, one, all))
    case "or":
      return filter[1].some((inner) => holds(inner, one, all))
    case "not":
      return !holds(filter[1], one, all)
    case "has_done":
    case "has_not_done": {
      const [kind, inner] = filter
      const done = all.some((other) => other.visitor === one.visitor && holds(inner, other, all))
      return kind === "has_done" ? done : !done
    }
  }
  const [operator, dimension, clauses, modifiers] = filter
  if (dimension === "segment") throw refusal(400, "#/filters: this emulator has no segments")
  const lower = modifiers?.case_sensitive === false
  const folded = (text: string) => lower ? text.toLowerCase() : text
  const value = folded(valueOf(dimension, one))
  const found = clauses.some((clause) => tests[operator.replace("_not", "")]?.(value, folded(String(clause))) ?? false)
  return operator.endsWith("_not") ? !found : found
}

const groupBy = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const item of items) groups.set(key(item), [...groups.get(key(item)) ?? [], item])
  return groups
}

const rounded = (value: number): number => Math.round(value * 100) / 100

/** Metrics that this emulator has nothing for are null: scrolling, time on a page, conversions. */
const metricOf = (metric: Schemas.Metric, events: ReadonlyArray<Recorded>, all: ReadonlyArray<Recorded>): Value => {
  const visitors = new Set(events.map(({ visitor }) => visitor)).size
  const visits = [...groupBy(events, ({ visit }) => visit).values()]
  const pageviews = events.filter(({ event }) => event.name === "pageview").length
  const revenues = events.flatMap(({ event }) => event.revenue ?? [])
  const money = (value: number): Value => {
    const currency = revenues[0]?.currency
    return currency === undefined
      ? null
      : { currency, long: `${currency} ${value.toFixed(2)}`, short: `${currency} ${value.toFixed(1)}`, value }
  }
  const total = revenues.reduce((sum, { amount }) => sum + amount, 0)
  switch (metric) {
    case "visitors":
      return visitors
    case "visits":
      return visits.length
    case "pageviews":
      return pageviews
    case "events":
      return events.length
    case "percentage": {
      const everybody = new Set(all.map(({ visitor }) => visitor)).size
      return everybody === 0 ? 0 : rounded(100 * visitors / everybody)
    }
    case "views_per_visit":
      return visits.length === 0 ? 0 : rounded(pageviews / visits.length)
    case "bounce_rate": {
      const bounced = visits.filter((visit) => visit.filter(({ event }) => event.interactive ?? true).length <= 1)
      return visits.length === 0 ? 0 : rounded(100 * bounced.length / visits.length)
    }
    case "visit_duration": {
      const seconds = visits.map((visit) => ((visit.at(-1)?.at ?? 0) - (visit[0]?.at ?? 0)) / 1000)
      return visits.length === 0 ? 0 : Math.round(seconds.reduce((sum, one) => sum + one, 0) / visits.length)
    }
    case "total_revenue":
      return money(total)
    case "average_revenue":
      return money(revenues.length === 0 ? 0 : rounded(total / revenues.length))
    default:
      return null
  }
}

const sessionMetrics: ReadonlySet<string> = new Set(["bounce_rate", "views_per_visit", "visit_duration"])

const check = ({ dimensions = [], include, metrics, order_by = [] }: Query): void => {
  const odd = dimensions.find((one) => one.startsWith("event:") && one !== "event:page" && one !== "event:hostname")
  const session = metrics.find((metric) => sessionMetrics.has(metric))
  if (odd !== undefined && session !== undefined) {
    throw refusal(400, `Session metric(s) \`${session}\` cannot be queried along with event dimensions`)
  }
  const asked = new Set<string>([...dimensions, ...metrics])
  const stranger = order_by.find(([by]) => !asked.has(by))
  if (stranger !== undefined) {
    throw refusal(400, `Invalid order_by entry '${stranger[0]}'. Entry is not a queried metric or dimension`)
  }
  if (include?.time_labels === true && !dimensions.some((one) => one.startsWith("time"))) {
    throw refusal(400, "Invalid include.time_labels: requires a time dimension")
  }
}

const numberOf = (value: Value | undefined): number => typeof value === "number" ? value : value?.value ?? 0

const compare = (one: string | Value | undefined, other: string | Value | undefined): number =>
  typeof one === "string" && typeof other === "string"
    ? one < other ? -1 : one > other ? 1 : 0
    : typeof one === "string" || typeof other === "string"
    ? 0
    : numberOf(one) - numberOf(other)

/**
 * @since 0.1.0
 * @category handlers
 */
export const run = (state: State, query: Query, now: number): typeof Schemas.Report.Type => {
  if (!state.sites.has(query.site_id)) throw refusal(401, "Invalid API key or site ID")
  check(query)
  const { dimensions = [], filters = [], include, metrics, pagination } = query
  const [from, to] = rangeOf(query.date_range, now)
  const inRange = state.events.filter(({ at, event }) => event.domain === query.site_id && at >= from && at < to)
  const found = inRange.filter((one) => filters.every((filter) => holds(filter, one, inRange)))
  const groups = dimensions.length === 0
    ? [["[]", found] as const]
    : [...groupBy(found, (one) => JSON.stringify(dimensions.map((dimension) => valueOf(dimension, one))))]
  const rows = groups.map(([, events]) => {
    const first = events[0]
    return {
      dimensions: first === undefined ? [] : dimensions.map((dimension) => valueOf(dimension, first)),
      metrics: metrics.map((metric) => metricOf(metric, events, inRange))
    }
  })
  // by default the largest of the first metric comes first
  const orders = query.order_by ?? [[metrics[0], "desc"]]
  const places: ReadonlyArray<string> = [...dimensions, ...metrics]
  rows.sort((one, other) => {
    for (const [by, direction] of orders) {
      const place = places.indexOf(by ?? "")
      const order = compare([...one.dimensions, ...one.metrics][place], [...other.dimensions, ...other.metrics][place])
      if (order !== 0) return direction === "asc" ? order : -order
    }
    return 0
  })
  const { limit = 10_000, offset = 0 } = pagination ?? {}
  const time = dimensions.find((one) => one.startsWith("time"))
  return {
    meta: {
      ...(include?.total_rows === true ? { total_rows: rows.length } : undefined),
      ...(include?.time_labels === true && time !== undefined
        ? { time_labels: [...new Set(found.map((one) => valueOf(time, one)))].sort() }
        : undefined)
    },
    query: { ...query, date_range: [new Date(from).toISOString(), new Date(to - 1).toISOString()] },
    results: rows.slice(offset, offset + limit)
  }
}
