/**
 * Errors in Supabase's words, which are three kinds.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * Of PostgREST: `code` is its own or one of Postgres.
 *
 * @since 0.1.0
 * @category bodies
 */
export const rows = (
  code: string,
  message: string,
  more: { readonly details?: string | null; readonly hint?: string | null } = {}
) => ({ code, details: more.details ?? null, hint: more.hint ?? null, message })

/**
 * Of Auth, without `X-Supabase-Api-Version`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const auth = (status: number, errorCode: string, msg: string) => ({ code: status, error_code: errorCode, msg })

/**
 * Of Auth, with `X-Supabase-Api-Version: 2024-01-01`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const auth2024 = (code: string, message: string) => ({ code, message })

/**
 * Of Storage. The status beside it is 400 but for a 500 and the statuses that are meant for the caller: that in the body counts.
 *
 * @since 0.1.0
 * @category bodies
 */
export const storage = (statusCode: number, code: string, error: string, message: string) => ({
  statusCode: String(statusCode),
  error,
  message,
  code
})

/**
 * Of the gateway in front of all.
 *
 * @since 0.1.0
 * @category bodies
 */
export const gateway = (message: string) => ({
  message,
  hint: "Double check your Supabase `anon` or `service_role` API key."
})

type Area = "rows" | "auth" | "storage"

const areaOf = (operation: string): Area =>
  /^(?:users|links|project\.(?:health|settings))|\/auth\/v1/.test(operation)
    ? "auth"
    : /^(?:buckets|objects|project\.storage)|\/storage\/v1/.test(operation)
    ? "storage"
    : "rows"

const postgrestCodes: Readonly<Record<number, string>> = {
  400: "PGRST100",
  401: "PGRST301",
  404: "PGRST205",
  500: "XX000",
  503: "PGRST000",
  504: "PGRST003"
}

const authCodes: Readonly<Record<number, string>> = {
  400: "validation_failed",
  401: "no_authorization",
  403: "not_admin",
  404: "user_not_found",
  422: "validation_failed",
  429: "over_request_rate_limit",
  500: "unexpected_failure",
  504: "request_timeout"
}

const storageCodes: Readonly<Record<number, readonly [code: string, error: string]>> = {
  400: ["InvalidRequest", "Invalid Input"],
  401: ["InvalidJWT", "Unauthorized"],
  403: ["AccessDenied", "Unauthorized"],
  404: ["NoSuchKey", "not_found"],
  409: ["KeyAlreadyExists", "Duplicate"],
  413: ["EntityTooLarge", "Payload too large"],
  429: ["SlowDown", "too_many_connections"],
  500: ["InternalError", "internal"],
  503: ["InternalError", "internal"]
}

/**
 * What a handler refuses of rows.
 *
 * @since 0.1.0
 * @category refusals
 */
export const refuseRows = (
  status: number,
  code: string,
  message: string,
  more: { readonly details?: string; readonly hint?: string } = {}
) => new Emulator.EmulatorError({ status, code, message, details: more })

/**
 * What a handler refuses of users.
 *
 * @since 0.1.0
 * @category refusals
 */
export const refuseAuth = (status: number, code: string, message: string) =>
  new Emulator.EmulatorError({ status, code, message })

/**
 * What a handler refuses of Storage: `status` is that of the body.
 *
 * @since 0.1.0
 * @category refusals
 */
export const refuseStorage = (status: number, code: string, error: string, message: string) =>
  new Emulator.EmulatorError({ status, code, message, details: { error } })

const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

/** Storage says 400 instead, unless the status is meant for the caller. */
const storageStatus = (status: number): number => status >= 500 || status === 429 ? status : 400

/**
 * Any failure of the emulator, in the words of the part of Supabase that it happened in.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { code, details, kind, message, operation, status } = failure
  if (kind === "unauthorized") return { body: gateway("Invalid API key") }
  switch (areaOf(operation)) {
    case "rows":
      return {
        body: rows(code ?? postgrestCodes[status] ?? "PGRST000", message, {
          details: text(details.details) ?? null,
          hint: text(details.hint) ?? null
        })
      }
    case "auth": {
      const name = code ?? authCodes[status] ?? "unknown"
      const version = text(details.version)
      return version === undefined
        ? { body: auth(status, name, message), headers: { "x-sb-error-code": name } }
        : {
          body: auth2024(name, message),
          headers: { "x-sb-error-code": name, "x-supabase-api-version": version }
        }
    }
    case "storage": {
      const [known, said] = storageCodes[status] ?? ["InternalError", "internal"]
      return {
        status: storageStatus(status),
        body: storage(status, code ?? known, text(details.error) ?? said, message)
      }
    }
  }
}
