/** Every code that the documents of PostgREST, Auth and Storage name, and what becomes of it. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type { IntegrationError } from "holdfast"
import { Emulator } from "holdfast/providers/supabase"
import { Faults } from "holdfast/testing"
import * as Kit from "./kit.js"

const { auth, auth2024, rows, storage } = Emulator.Bodies

type Tag = IntegrationError.IntegrationError["_tag"]

type Case = readonly [status: number, code: string, tag: Tag, retryable: boolean]

const no = (tag: Tag) => (status: number, code: string): Case => [status, code, tag, false]
const again = (status: number, code: string): Case => [status, code, "ServerError", true]

const invalid = no("ValidationError")
const refused = no("AuthenticationError")
const forbidden = no("AuthorizationError")
const missing = no("NotFoundError")
const conflict = no("ConflictError")

const limited = (status: number, code: string): Case => [status, code, "RateLimitError", true]
const locked = (status: number, code: string): Case => [status, code, "ConflictError", true]

/** What was said of each, against what is wanted of it. */
const read = (cases: ReadonlyArray<Case>, bodyOf: (status: number, code: string) => object, answered?: number) =>
  Effect.gen(function*() {
    const answers = cases.map(([status, code]) => Faults.status(answered ?? status, { body: bodyOf(status, code) }))
    const { supabase } = yield* Kit.inProcess({ faults: Faults.script(answers) })
    const seen = yield* Effect.forEach(cases, ([status]) =>
      Effect.map(
        Effect.flip(supabase.project.health()),
        ({ _tag, code = "", retryable }): Case => [status, code, _tag, retryable]
      ))
    deepStrictEqual(seen, [...cases])
  })

describe("Supabase's errors", () => {
  it.scoped("of rows: SQLSTATE and PGRST", () =>
    read([
      again(503, "08006"),
      again(503, "53300"),
      [500, "53400", "ServerError", false],
      conflict(409, "23503"),
      conflict(409, "23505"),
      invalid(405, "25006"),
      forbidden(403, "28000"),
      locked(500, "40001"),
      locked(500, "40P01"),
      locked(500, "55P03"),
      [500, "57014", "ServerError", false],
      again(500, "XX000"),
      forbidden(401, "42501"),
      forbidden(403, "42501"),
      missing(404, "42P01"),
      missing(404, "42883"),
      invalid(400, "P0001"),
      invalid(400, "22P02"),
      again(503, "PGRST000"),
      again(503, "PGRST001"),
      again(503, "PGRST002"),
      again(504, "PGRST003"),
      invalid(416, "PGRST103"),
      missing(404, "PGRST202"),
      invalid(400, "PGRST204"),
      missing(404, "PGRST205"),
      refused(401, "PGRST301"),
      refused(401, "PGRST302"),
      refused(401, "PGRST303"),
      // a status of one's own, by PT and its digits
      conflict(409, "PT409")
    ], (_, code) => rows(code, "no")))

  const ofAuth = [
    conflict(422, "email_exists"),
    conflict(422, "phone_exists"),
    conflict(422, "user_already_exists"),
    conflict(409, "conflict"),
    missing(404, "user_not_found"),
    forbidden(403, "not_admin"),
    refused(401, "no_authorization"),
    refused(403, "bad_jwt"),
    refused(400, "invalid_credentials"),
    refused(403, "session_expired"),
    refused(400, "refresh_token_not_found"),
    refused(400, "refresh_token_already_used"),
    limited(429, "over_request_rate_limit"),
    limited(429, "over_email_send_rate_limit"),
    limited(429, "over_sms_send_rate_limit"),
    again(504, "request_timeout"),
    again(504, "hook_timeout"),
    again(500, "unexpected_failure"),
    invalid(400, "validation_failed"),
    invalid(400, "bad_json"),
    invalid(422, "weak_password"),
    invalid(422, "of_the_future"),
    limited(429, "of_the_future")
  ]

  it.scoped("of Auth", () => read(ofAuth, (status, code) => auth(status, code, "no")))

  it.scoped("of Auth, in the form of 2024-01-01", () => read(ofAuth, (_, code) => auth2024(code, "no")))

  // the documents say that 400 and 422 may stand for each other
  it.scoped("of Auth, 400 and 422 in each other's place", () =>
    read(
      ofAuth.filter(([status]) => status === 400 || status === 422),
      (status, code) => auth(status === 400 ? 422 : 400, code, "no"),
      400
    ))

  it.scoped("of Storage, each of them as a 400", () =>
    read(
      [
        missing(404, "NoSuchBucket"),
        missing(404, "NoSuchKey"),
        missing(404, "TenantNotFound"),
        conflict(409, "KeyAlreadyExists"),
        conflict(409, "BucketAlreadyExists"),
        conflict(409, "ResourceAlreadyExists"),
        refused(400, "InvalidJWT"),
        forbidden(403, "AccessDenied"),
        invalid(413, "EntityTooLarge"),
        locked(423, "ResourceLocked"),
        locked(423, "LockTimeout"),
        limited(429, "SlowDown"),
        again(544, "DatabaseTimeout"),
        again(500, "InternalError"),
        invalid(400, "OfTheFuture"),
        missing(404, "OfTheFuture"),
        conflict(409, "OfTheFuture"),
        limited(429, "OfTheFuture"),
        again(544, "OfTheFuture")
      ],
      (status, code) => storage(status, code, "error", "no"),
      400
    ))
})
