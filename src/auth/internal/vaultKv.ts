/** Paths and fields of Vault's key/value engine, version 2. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { SecretsError } from "../Secrets.js"
import type { Request, Vault } from "./vaultHttp.js"
import type { Tokens } from "./vaultToken.js"

/** A field that is no text is there all the same: whoever asks for another one need not know. */
export interface Found {
  readonly fields: ReadonlyMap<string, Redacted.Redacted | undefined>
  readonly version: number
}

const decodeRead = Schema.decodeUnknownOption(Schema.Struct({
  data: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  metadata: Schema.Struct({ version: Schema.Number })
}))
const decodeGone = Schema.decodeUnknownOption(Schema.Struct({
  metadata: Schema.Struct({ deletion_time: Schema.String, destroyed: Schema.Boolean, version: Schema.Number })
}))
const decodeWritten = Schema.decodeUnknownOption(Schema.Struct({ version: Schema.Number }))

const defaultField = "value"

/** A longer wait that Vault asks for is for its caller to keep. */
const longestWait = Duration.seconds(10)

/** A segment of dots would lead elsewhere, and Vault takes no last period; half a surrogate pair cannot be escaped. */
export const isPath = (path: string): boolean =>
  path.split("/").every((segment) => segment !== "" && !segment.endsWith(".")) && !/[\p{Cc}\p{Cs}]/u.test(path)

const noPath = (name: string) =>
  new SecretsError({
    message:
      `${JSON.stringify(name)} is no name of a secret in Vault: give a path and a field, as in "shop/hubspot#token", ` +
      "without slashes around it, empty parts, or parts that end in a period",
    reason: "malformed"
  })

export const checkPath = (path: string): Effect.Effect<void, SecretsError> =>
  isPath(path) ? Effect.void : Effect.fail(noPath(path))

/** What comes after the last `#` is the field. */
export const parseName = (
  name: string
): Effect.Effect<{ readonly path: string; readonly field: string }, SecretsError> => {
  const hash = name.lastIndexOf("#")
  const path = hash === -1 ? name : name.slice(0, hash)
  const field = hash === -1 ? defaultField : name.slice(hash + 1)
  return isPath(path) && field !== "" ? Effect.succeed({ field, path }) : Effect.fail(noPath(name))
}

const protect = (secret: Redacted.Redacted): Redacted.Redacted => {
  KnownSecrets.remember(secret, () => [Redacted.value(secret)])
  return secret
}

export const make = (
  vault: Vault,
  tokens: Tokens,
  mount: string,
  schedule: Schedule.Schedule<unknown, SecretsError>
) => {
  const segments = (path: string) => [...mount.split("/"), "data", ...path.split("/")]
  const tell = (path: string) => `the secret "${path}" of the mount "${mount}"`
  const fieldError = (reason: SecretsError["reason"], path: string, message: string) =>
    vault.error(reason, `${tell(path)} in ${vault.where} ${message}`)

  const patiently = Schedule.modifyDelay(
    Schedule.intersect(schedule, Schedule.identity<SecretsError>()),
    ([, { retryAfter }], delay) => retryAfter === undefined ? delay : Duration.max(retryAfter, delay)
  )
  const isBrief = ({ retryAfter }: SecretsError) =>
    retryAfter === undefined || Duration.lessThanOrEqualTo(retryAfter, longestWait)
  const readOnce = (path: string, before: Found | undefined): Effect.Effect<Found, SecretsError> =>
    Effect.gen(function*() {
      const request: Request = { failing: `${tell(path)} cannot be read`, method: "GET", path: segments(path) }
      const answer = yield* tokens.ask(request)
      const found = answer.status === 200 ? decodeRead(answer.body.data) : Option.none()
      if (Option.isSome(found)) {
        const { data, metadata: { version } } = found.value
        const fields = new Map(
          Object.entries(data).map(([field, value]): [string, Redacted.Redacted | undefined] => {
            const known = before?.version === version ? before.fields.get(field) : undefined
            // the same object for the same secret, so that it is remembered once
            if (known !== undefined && Redacted.value(known) === value) return [field, known]
            return [field, typeof value === "string" ? Redacted.make(value) : undefined]
          })
        )
        return { fields, version }
      }
      if (answer.status === 200) return yield* vault.malformed(request, answer)
      const gone = answer.status === 404 ? decodeGone(answer.body.data) : Option.none()
      if (Option.isSome(gone)) {
        const { destroyed, version } = gone.value.metadata
        return yield* vault.error(
          "not-found",
          `${request.failing}: its version ${version} was ${destroyed ? "destroyed" : "deleted"} in ${vault.where}: ` +
            (destroyed ? "write it anew" : "undelete it (vault kv undelete), or write it anew"),
          answer
        )
      }
      const refusal = vault.refusal(request, answer)
      if (refusal.reason === "denied") {
        return yield* vault.error(
          "denied",
          `${refusal.message}. See that the token has not ended, and that a policy of it has "read" for ` +
            `"${mount}/data/${path}"`,
          answer
        )
      }
      if (refusal.reason === "not-found") {
        return yield* vault.error(
          "not-found",
          `${refusal.message}: see the path, the namespace, and that the mount is a KV version 2`,
          answer
        )
      }
      return yield* refusal
    })

  const writeOnce = (
    path: string,
    data: Readonly<Record<string, Redacted.Redacted>>,
    version: number | undefined
  ): Effect.Effect<number, SecretsError> =>
    Effect.gen(function*() {
      const fields = Object.fromEntries(
        Object.entries(data).map(([field, secret]) => [field, Redacted.value(protect(secret))])
      )
      const request: Request = {
        body: { data: fields, ...(version === undefined ? undefined : { options: { cas: version } }) },
        failing: `${tell(path)} cannot be written`,
        isWrite: true,
        method: "POST",
        path: segments(path)
      }
      const answer = yield* tokens.ask(request)
      const written = answer.status === 200 ? decodeWritten(answer.body.data) : Option.none()
      if (Option.isSome(written)) return written.value.version
      if (answer.status === 200) return yield* vault.malformed(request, answer)
      const words = (answer.body.errors ?? []).join(" ")
      if (answer.status === 400 && /check-and-set parameter did not match/i.test(words)) {
        return yield* vault.error(
          "conflict",
          `${request.failing}: in ${vault.where} it is in another version than ${version}: read it again`,
          answer
        )
      }
      if (answer.status === 400 && /check-and-set parameter required/i.test(words)) {
        return yield* vault.error(
          "malformed",
          `${request.failing}: ${vault.where} wants to know which version it is in: give the \`version\` that was read`,
          answer
        )
      }
      const refusal = vault.refusal(request, answer)
      return yield* refusal.reason !== "denied" ? refusal : vault.error(
        "denied",
        `${refusal.message}. See that the token has not ended, and that a policy of it has "create" and "update" for ` +
          `"${mount}/data/${path}"`,
        answer
      )
    })

  /** A failure without an answer may be a write that happened; neither is a 5xx a promise. */
  const nothingHappened = ({ status }: SecretsError) =>
    status !== undefined && [400, 412, 429, 472, 473, 503].includes(status)

  return {
    all: ({ fields, version }: Found, path: string) =>
      Effect.suspend(() => {
        const data: Record<string, Redacted.Redacted> = {}
        for (const [field, secret] of fields) {
          if (secret === undefined) {
            return Effect.fail(fieldError(
              "malformed",
              path,
              `has a field "${field}" that is no text: ask for the others by their names, or store it as text`
            ))
          }
          data[field] = protect(secret)
        }
        return Effect.succeed({ data, version })
      }),
    pick: ({ fields }: Found, path: string, field: string): Effect.Effect<Redacted.Redacted, SecretsError> => {
      if (!fields.has(field)) {
        return Effect.fail(
          fieldError("not-found", path, `has no field "${field}": add it, or name another one, as in "${path}#FIELD"`)
        )
      }
      const secret = fields.get(field)
      return secret === undefined || Redacted.value(secret) === ""
        ? Effect.fail(
          fieldError("malformed", path, `has a field "${field}" that is empty or no text: store the secret as text`)
        )
        : Effect.succeed(protect(secret))
    },
    /** Who has read it before is not kept waiting for one that is away. */
    read: (path: string, before: Found | undefined): Effect.Effect<Found, SecretsError> =>
      before !== undefined ? readOnce(path, before) : Effect.retry(readOnce(path, before), {
        schedule: patiently,
        while: (error) => error.retryable && isBrief(error)
      }),
    write: (path: string, data: Readonly<Record<string, Redacted.Redacted>>, version: number | undefined) =>
      Effect.retry(writeOnce(path, data, version), {
        schedule: patiently,
        while: (error) => error.retryable && isBrief(error) && nothingHappened(error)
      })
  }
}
