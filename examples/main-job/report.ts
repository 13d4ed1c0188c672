/**
 * What came of it: one line of JSON for programs, a table for people.
 */
import type { Verdict } from "./server.js"
import type { Tally } from "./tally.js"

/** In this order. */
export interface Report {
  readonly submitted: number
  readonly delivered: number
  readonly lost: number
  readonly duplicated: number
  readonly invalid: number
  readonly attempts: number
  readonly retries: number
  readonly breakerOpened: number
  readonly deadLettered: number
  readonly replayed: number
  readonly durationMs: number
}

export const make = (
  tally: Tally,
  result: Pick<Report, "delivered" | "lost" | "duplicated" | "deadLettered">
): Report => ({
  submitted: tally.submitted,
  delivered: result.delivered,
  lost: result.lost,
  duplicated: result.duplicated,
  invalid: tally.invalid,
  attempts: tally.attempts,
  retries: tally.retries,
  breakerOpened: tally.breakerOpened,
  deadLettered: result.deadLettered,
  replayed: tally.replayed,
  durationMs: Math.round(tally.elapsed)
})

export const badRows = (tally: Tally, file: string): ReadonlyArray<string> => [
  ...tally.badRows.map(({ line, reason }) => `${file}:${line}: ${reason}`),
  ...(tally.invalid > tally.badRows.length ? [`and ${tally.invalid - tally.badRows.length} more bad rows`] : [])
]

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`

const timeline = (tally: Tally): string => {
  const steps = tally.transitions.slice(0, 12).map(({ at, to }) => `${to} at ${seconds(at)}`)
  const rest = tally.transitions.length - steps.length
  return [...steps, ...(rest > 0 ? [`and ${rest} more`] : [])].join(", ")
}

const row = (name: string, value: number | string): string => `  ${name.padEnd(24)}${value}`

export const toText = (
  report: Report,
  options: {
    readonly tally: Tally
    readonly verdict: Verdict
    readonly file: string
    readonly db: string
    readonly server: string
    /** Dead letters that the next run will find. */
    readonly kept: number
  }
): string => {
  const { db, file, kept, server, tally, verdict } = options
  const bad = badRows(tally, file)
  const fine = report.lost === 0 && report.duplicated === 0
  return [
    `${file} to ${server}`,
    "",
    row("rows submitted", report.submitted),
    row("delivered", report.delivered),
    row("lost", report.lost),
    row("duplicated", report.duplicated),
    row("invalid rows", report.invalid),
    ...bad.map((line) => `    ${line}`),
    row("requests sent", report.attempts),
    row("of these retries", report.retries),
    row("breaker opened", report.breakerOpened),
    ...(tally.transitions.length > 0 ? [`    ${timeline(tally)}`] : []),
    row("dead letters captured", report.deadLettered),
    row("dead letters replayed", report.replayed),
    ...(tally.leftovers > 0
      ? [row("left by an earlier run", `${tally.leftovers}, of which replayed ${tally.leftoversReplayed}`)]
      : []),
    ...(verdict.faults.length > 0 ? [row("faults met", "")] : []),
    ...verdict.faults.map(([kind, count]) => `    ${String(count).padStart(4)}  ${kind}`),
    row("time", seconds(report.durationMs)),
    "",
    fine
      ? `Nothing lost, nothing doubled, by ${verdict.source}.`
      : `${report.lost} lost and ${report.duplicated} doubled, by ${verdict.source}.`,
    ...(report.lost > 0 && tally.lastError !== undefined ? [`The last error was ${tally.lastError}`] : []),
    ...(kept > 0 ? [`${plural(kept, "dead letter")} left in ${db}, for the next run to replay.`] : [])
  ].join("\n")
}
