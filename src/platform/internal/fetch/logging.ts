/**
 * Where log lines go: by default nowhere, as the console is somebody else's.
 */
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"

export interface Line {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal"
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
  /** What failed, with its stack, where the line is about a failure. */
  readonly cause: string | undefined
  readonly at: Date
}

export type Logs = boolean | ((line: Line) => void)

const levels: Readonly<Record<string, Line["level"]>> = {
  DEBUG: "debug",
  ERROR: "error",
  FATAL: "fatal",
  INFO: "info",
  TRACE: "trace",
  WARN: "warn"
}

const text = (message: unknown): string =>
  Array.isArray(message) ? message.map(text).join(" ") : typeof message === "string" ? message : String(message)

const loggerOf = (write: (line: Line) => void): Logger.Logger<unknown, void> =>
  Logger.make(({ annotations, cause, date, logLevel, message }) =>
    write({
      annotations: Object.fromEntries(annotations),
      at: date,
      cause: Cause.isEmpty(cause) ? undefined : Cause.pretty(cause),
      level: levels[logLevel.label] ?? "info",
      message: text(message)
    })
  )

export const layer = (logs: Logs): Layer.Layer<never> => {
  if (logs === true) return Layer.empty
  if (logs === false) return Layer.merge(Logger.remove(Logger.defaultLogger), Logger.minimumLogLevel(LogLevel.None))
  return Layer.merge(
    Logger.replace(Logger.defaultLogger, loggerOf(logs)),
    Logger.minimumLogLevel(LogLevel.Debug)
  )
}
