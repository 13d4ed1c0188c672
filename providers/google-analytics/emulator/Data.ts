/**
 * What happened on the emulated property, and what can be asked about it.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * What one group of people did on one day.
 *
 * @since 0.1.0
 * @category models
 */
export interface Visit {
  /** 0 is today, by the emulator's clock in UTC, which is the property's time zone. */
  readonly daysAgo: number
  /** Default 0. Of those of today, the ones of the last half hour are in a realtime report. */
  readonly minutesAgo?: number
  readonly dimensions: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
}

/**
 * The dimensions that are known, with the names that people see.
 *
 * @since 0.1.0
 * @category catalogue
 */
export const dimensions: Readonly<Record<string, string>> = {
  browser: "Browser",
  city: "City",
  country: "Country",
  date: "Date",
  deviceCategory: "Device category",
  eventName: "Event name",
  pagePath: "Page path",
  sessionMedium: "Session medium",
  sessionSource: "Session source"
}

/**
 * The metrics that are known: the names that people see, and their types.
 *
 * @since 0.1.0
 * @category catalogue
 */
export const metrics: Readonly<Record<string, readonly [name: string, type: string]>> = {
  activeUsers: ["Active users", "TYPE_INTEGER"],
  eventCount: ["Event count", "TYPE_INTEGER"],
  screenPageViews: ["Views", "TYPE_INTEGER"],
  sessions: ["Sessions", "TYPE_INTEGER"],
  totalRevenue: ["Total revenue", "TYPE_CURRENCY"],
  totalUsers: ["Total users", "TYPE_INTEGER"]
}

/** A realtime report knows no dates and no sessions. */
const notInRealtime: ReadonlySet<string> = new Set([
  "date",
  "pagePath",
  "sessionMedium",
  "sessionSource",
  "sessions",
  "totalRevenue",
  "totalUsers"
])

/**
 * @since 0.1.0
 * @category errors
 */
export const invalid = (message: string): Emulator.EmulatorError => new Emulator.EmulatorError({ status: 400, message })

/**
 * Throws for a name that is not known.
 *
 * @since 0.1.0
 * @category catalogue
 */
export const checkName = (kind: "dimension" | "metric", name: string, realtime: boolean): void => {
  const known = Object.hasOwn(kind === "dimension" ? dimensions : metrics, name)
  if (!known || (realtime && notInRealtime.has(name))) {
    throw invalid(`${name} is not a ${kind} of ${realtime ? "realtime reports" : "reports"}`)
  }
}

const day = 86_400_000

/**
 * `20260131`, as the dimension `date` has it.
 *
 * @since 0.1.0
 * @category dates
 */
export const dateOf = (now: number, daysAgo: number): string =>
  new Date(now - daysAgo * day).toISOString().slice(0, 10).replaceAll("-", "")

/**
 * A date of a request in the same form.
 *
 * @since 0.1.0
 * @category dates
 */
export const resolveDate = (date: string, now: number): string => {
  if (date === "today") return dateOf(now, 0)
  if (date === "yesterday") return dateOf(now, 1)
  const ago = /^(\d+)daysAgo$/.exec(date)?.[1]
  return ago === undefined ? date.replaceAll("-", "") : dateOf(now, Number(ago))
}

/**
 * A fortnight of visits from three countries, the same each time.
 *
 * @since 0.1.0
 * @category data
 */
export const sample: ReadonlyArray<Visit> = ["Germany", "France", "Japan"].flatMap((country, index) =>
  Array.from({ length: 14 }, (_, daysAgo): Visit => {
    const users = 10 * (index + 1) + daysAgo
    return {
      daysAgo,
      minutesAgo: index * 10,
      dimensions: {
        browser: "Firefox",
        city: ["Berlin", "Paris", "Tokyo"][index] ?? "",
        country,
        deviceCategory: daysAgo % 2 === 0 ? "desktop" : "mobile",
        eventName: "page_view",
        pagePath: daysAgo % 3 === 0 ? "/" : "/pricing",
        sessionMedium: "organic",
        sessionSource: "search.example"
      },
      metrics: {
        activeUsers: users,
        eventCount: users * 5,
        screenPageViews: users * 3,
        sessions: users + 2,
        totalRevenue: users * 1.5,
        totalUsers: users + 1
      }
    }
  })
)
