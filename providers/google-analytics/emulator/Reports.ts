/**
 * Reports over the visits of the emulated property: rows are grouped by dimensions, metrics are summed.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { checkName, dateOf, invalid, metrics as known, resolveDate, type Visit } from "./Data.js"
import { passes } from "./Filtering.js"

type Input = typeof Schemas.RunReportInput.Type

type OrderBys = Input["orderBys"]

/**
 * One row, before it is written down.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly dimensions: ReadonlyArray<string>
  readonly metrics: ReadonlyArray<number>
}

/**
 * What any kind of report asks.
 *
 * @since 0.1.0
 * @category models
 */
export interface Question extends Pick<Input, "dimensions" | "metrics" | "dimensionFilter" | "metricFilter"> {
  readonly realtime: boolean
  /** The visits of each range, with the range's name where there are several. */
  readonly ranges: ReadonlyArray<{ readonly name: string; readonly includes: (visit: Visit) => boolean }>
}

/**
 * The visits of the ranges of dates of a request.
 *
 * @since 0.1.0
 * @category reports
 */
export const rangesOf = (
  { cohortSpec, dateRanges }: Pick<Input, "cohortSpec" | "dateRanges">,
  now: number
): Question["ranges"] => {
  if (cohortSpec !== undefined) throw invalid("the emulator knows no cohorts")
  if (dateRanges === undefined || dateRanges.length === 0) throw invalid("dateRanges is needed, or cohortSpec")
  return dateRanges.map((range, index) => {
    const start = resolveDate(range.startDate, now)
    const end = resolveDate(range.endDate, now)
    if (start > end) throw invalid(`dateRanges[${index}] ends (${end}) before it begins (${start})`)
    return {
      name: range.name ?? `date_range_${index}`,
      includes: ({ daysAgo }) => {
        const date = dateOf(now, daysAgo)
        return date >= start && date <= end
      }
    }
  })
}

/**
 * The names of the columns; with several ranges, `dateRange` comes last by itself.
 *
 * @since 0.1.0
 * @category reports
 */
export const columnsOf = (question: Question) => {
  const dimensions = (question.dimensions ?? []).map(({ name }) => name)
  const metrics = (question.metrics ?? []).map(({ name }) => name)
  if (dimensions.length + metrics.length === 0) throw invalid("a report has a dimension or a metric")
  if ((question.metrics ?? []).some(({ expression }) => expression !== undefined)) {
    throw invalid("the emulator evaluates no expressions: name a metric")
  }
  for (const name of dimensions) checkName("dimension", name, question.realtime)
  for (const name of metrics) checkName("metric", name, question.realtime)
  return { dimensions: question.ranges.length > 1 ? [...dimensions, "dateRange"] : dimensions, metrics }
}

const field = (names: ReadonlyArray<string>, values: ReadonlyArray<string | number>) => (name: string): string => {
  const index = names.indexOf(name)
  if (index < 0) throw invalid(`${name} is filtered by, or ordered by, and is not in the report`)
  return String(values[index])
}

/**
 * Every group of the report that passes its filters, by the first metric, greatest first.
 *
 * @since 0.1.0
 * @category reports
 */
export const groupsOf = (question: Question, visits: ReadonlyArray<Visit>, now: number): ReadonlyArray<Group> => {
  const columns = columnsOf(question)
  const groups = new Map<string, { readonly dimensions: ReadonlyArray<string>; readonly metrics: Array<number> }>()
  for (const range of question.ranges) {
    for (const visit of visits) {
      const valueOf = (name: string): string =>
        name === "date" ? dateOf(now, visit.daysAgo) : name === "dateRange" ? range.name : visit.dimensions[name] ?? ""
      const checked = (name: string) => {
        checkName("dimension", name, question.realtime)
        return valueOf(name)
      }
      if (!range.includes(visit) || !passes(question.dimensionFilter, checked)) continue
      const dimensions = columns.dimensions.map(valueOf)
      const key = JSON.stringify(dimensions)
      const group = groups.get(key) ?? { dimensions, metrics: columns.metrics.map(() => 0) }
      columns.metrics.forEach((name, index) => {
        group.metrics[index] = (group.metrics[index] ?? 0) + (visit.metrics[name] ?? 0)
      })
      groups.set(key, group)
    }
  }
  return [...groups.values()]
    .filter((group) => passes(question.metricFilter, field(columns.metrics, group.metrics)))
    .sort((one, other) => (other.metrics[0] ?? 0) - (one.metrics[0] ?? 0))
}

/**
 * The same in the order that is asked for.
 *
 * @since 0.1.0
 * @category reports
 */
export const ordered = (
  groups: ReadonlyArray<Group>,
  columns: ReturnType<typeof columnsOf>,
  orderBys: OrderBys
): ReadonlyArray<Group> =>
  [...groups].sort((one, other) => {
    for (const { desc, dimension, metric } of orderBys ?? []) {
      const numeric = metric !== undefined || dimension?.orderType === "NUMERIC"
      const of = (group: Group) =>
        metric === undefined
          ? field(columns.dimensions, group.dimensions)(dimension?.dimensionName ?? "")
          : field(columns.metrics, group.metrics)(metric.metricName)
      const [a, b] = [of(one), of(other)]
      const by = numeric ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0
      if (by !== 0) return desc === true ? -by : by
    }
    return 0
  })

const values = (all: ReadonlyArray<string | number>) => all.map((value) => ({ value: String(value) }))

/**
 * @since 0.1.0
 * @category rendering
 */
export const row = ({ dimensions, metrics }: Group): typeof Schemas.Row.Type => ({
  dimensionValues: values(dimensions),
  metricValues: values(metrics)
})

/**
 * @since 0.1.0
 * @category rendering
 */
export const headersOf = (columns: ReturnType<typeof columnsOf>) => ({
  dimensionHeaders: columns.dimensions.map((name) => ({ name })),
  metricHeaders: columns.metrics.map((name) => ({ name, type: known[name]?.[1] ?? "" }))
})

/** One row of all groups, whose dimensions say so. */
const aggregate = (
  groups: ReadonlyArray<Group>,
  columns: ReturnType<typeof columnsOf>,
  name: string,
  of: (
    numbers: ReadonlyArray<number>
  ) => number
) => [row({
  dimensions: columns.dimensions.map(() => name),
  metrics: columns.metrics.map((_, index) => of(groups.map(({ metrics }) => metrics[index] ?? 0)))
})]

/**
 * What `runReport` and `runRealtimeReport` answer.
 *
 * @since 0.1.0
 * @category reports
 */
export const report = (
  question: Question,
  input: Pick<Input, "limit" | "metricAggregations" | "offset" | "orderBys">,
  visits: ReadonlyArray<Visit>,
  now: number
) => {
  const columns = columnsOf(question)
  const groups = ordered(groupsOf(question, visits, now), columns, input.orderBys)
  const offset = input.offset ?? 0
  const wants = (name: NonNullable<Input["metricAggregations"]>[number]) =>
    groups.length > 0 && (input.metricAggregations ?? []).includes(name)
  return {
    ...headersOf(columns),
    rows: groups.slice(offset, offset + (input.limit ?? 10_000)).map(row),
    totals: wants("TOTAL")
      ? aggregate(groups, columns, "RESERVED_TOTAL", (all) => all.reduce((sum, one) => sum + one, 0))
      : [],
    maximums: wants("MAXIMUM") ? aggregate(groups, columns, "RESERVED_MAX", (all) => Math.max(...all)) : [],
    minimums: wants("MINIMUM") ? aggregate(groups, columns, "RESERVED_MIN", (all) => Math.min(...all)) : [],
    rowCount: groups.length
  }
}

/**
 * What `runPivotReport` answers: each pivot keeps some of its headers, and a row is there whose headers all are.
 *
 * @since 0.1.0
 * @category reports
 */
export const pivotReport = (
  question: Question,
  pivots: (typeof Schemas.RunPivotReportInput.Type)["pivots"],
  visits: ReadonlyArray<Visit>,
  now: number
) => {
  const columns = columnsOf(question)
  const groups = groupsOf(question, visits, now)
  const named = new Set(pivots.flatMap(({ fieldNames }) => fieldNames))
  const left = columns.dimensions.find((name) => !named.has(name))
  if (left !== undefined) throw invalid(`the dimension ${left} is in no pivot`)
  const kept = pivots.map(({ fieldNames, limit, offset = 0, orderBys }) => {
    const keyOf = ({ dimensions }: Group) => JSON.stringify(fieldNames.map(field(columns.dimensions, dimensions)))
    const keys = [...new Set(ordered(groups, columns, orderBys).map(keyOf))]
    return { keyOf, keys: keys.slice(offset, offset + limit), rowCount: keys.length }
  })
  return {
    ...headersOf(columns),
    pivotHeaders: kept.map(({ keys, rowCount }) => ({
      pivotDimensionHeaders: keys.map((key) => ({ dimensionValues: values(JSON.parse(key) as ReadonlyArray<string>) })),
      rowCount
    })),
    rows: groups.filter((group) => kept.every(({ keyOf, keys }) => keys.includes(keyOf(group)))).map(row),
    aggregates: []
  }
}
