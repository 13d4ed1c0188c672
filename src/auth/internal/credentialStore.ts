/** Stored credentials over whatever keeps their rows: what is sealed, what is compared, and what is told. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import type { Keyring } from "../../internal/sealing.js"
import * as Model from "../StoredCredential.js"
import * as Credential from "./credential.js"
import type * as Rows from "./credentialRows.js"
import * as Refresh from "./tokenRefreshCore.js"

/** What is sealed in a row. A former credential is in there too, so that none can be put in the place of the other. */
const Content = Schema.parseJson(Schema.Struct({
  credential: Credential.Stored,
  previous: Schema.optional(Schema.Struct({ credential: Credential.Stored, until: Schema.Number }))
}))
type Content = typeof Content.Type
const encodeContent = Schema.encodeSync(Content)
const decodeContent = Schema.decodeUnknownOption(Content)

const nameOf = ({ connectionId, integration, tenantId }: Model.Ref): Rows.Name => ({
  connection: connectionId ?? "",
  integration,
  tenant: tenantId ?? ""
})

const refOf = ({ connection, integration, tenant }: Rows.Name): Model.Ref => ({
  ...(tenant === "" ? undefined : { tenantId: tenant }),
  integration,
  ...(connection === "" ? undefined : { connectionId: connection })
})

const tell = ({ connection, integration, tenant }: Rows.Name): string =>
  `the credential of ${integration}` + (connection === "" ? "" : `, connection "${connection}"`) +
  (tenant === "" ? "" : `, tenant "${tenant}"`)

export const toStatus = ({ since, state, why }: Refresh.Status): Model.Status => ({
  since: DateTime.unsafeMake(since),
  state,
  why: Option.map(Option.fromNullable(why), ({ code, message, reason }) => ({
    code: Option.fromNullable(code),
    message,
    reason
  }))
})

/** For people. */
export const titleOf = (ref: Model.Ref): string => tell(nameOf(ref))

const subjectOf = ({ connection, integration, tenant }: Rows.Name, version: number): string =>
  `credential ${JSON.stringify([tenant, integration, connection, version])}`

const encodeCursor = ({ connection, integration, tenant }: Rows.Name): string =>
  Encoding.encodeBase64Url(JSON.stringify([tenant, integration, connection]))

const Cursor = Schema.parseJson(Schema.Tuple(Schema.String, Schema.String, Schema.String))

const decodeCursor = (cursor: string): Option.Option<Rows.Name> =>
  Either.getRight(Encoding.decodeBase64UrlString(cursor)).pipe(
    Option.flatMap(Schema.decodeOption(Cursor)),
    Option.map(([tenant, integration, connection]) => ({ connection, integration, tenant }))
  )

const error = (reason: Model.CredentialStoreError["reason"], message: string) =>
  new Model.CredentialStoreError({ message, reason })

/** A name that is given up and taken again must not come by a version that somebody still remembers. */
const firstVersion = (now: number): number => Math.floor(now) * 1000 + Math.floor(Math.random() * 1000) + 1

const defaultGrace = Duration.hours(24)
const mostItems = 1000
/** Of a re-encryption, while other processes go on writing with a former key. */
const mostPasses = 20

type Opened = Either.Either<Content, Model.Quarantine>

export const make = (rows: Rows.Rows, keys: Keyring): Model.Service => {
  const keyId = keys.currentId
  const keyCheck = keys.checkOf(keyId) ?? ""
  const listeners = new Set<(ref: Model.Ref) => void>()
  const changed = (name: Rows.Name) =>
    Effect.sync(() => {
      for (const listener of listeners) listener(refOf(name))
    })

  const stored = <A>(effect: Effect.Effect<A, Rows.RowsError>): Effect.Effect<A, Model.CredentialStoreError> =>
    Effect.mapError(effect, ({ cause, message }) =>
      new Model.CredentialStoreError({
        ...(cause === undefined ? undefined : { cause: KnownSecrets.scrub(cause) }),
        message: `the credentials in ${rows.name} cannot be reached: ${KnownSecrets.scrub(message)}`,
        reason: "storage"
      }))

  const open = (row: Rows.Row): Effect.Effect<Opened> => {
    const id = row.sealed.keyId
    const quarantine = (reason: Model.Quarantine["reason"], message: string) =>
      Either.left({ message: `${tell(row)} ${message}`, reason })
    const check = keys.checkOf(id)
    if (check === undefined) {
      return Effect.succeed(quarantine(
        "no-key",
        `is encrypted with the key "${id}", which this program does not have: give it among the older keys`
      ))
    }
    if (check !== row.keyCheck) {
      return Effect.succeed(quarantine("wrong-key", `is encrypted with another key "${id}" than this program has`))
    }
    // no cause goes along: it may have the credential in it
    const unreadable = () =>
      quarantine("unreadable", `cannot be decrypted: somebody has changed the row, or put it in the place of another`)
    return keys.open(subjectOf(row, row.version), row.sealed).pipe(
      Effect.map((text) =>
        Option.match(decodeContent(text), {
          onNone: unreadable,
          onSome: (content) => {
            Credential.protect(content.credential)
            if (content.previous !== undefined) Credential.protect(content.previous.credential)
            return Either.right(content)
          }
        })
      ),
      Effect.catchAll(() => Effect.succeed(unreadable()))
    )
  }

  const statusOf = ({ createdAt, expiresAt, refresh, updatedAt, version }: Rows.Row): Model.Status => {
    // of a version that nobody has looked at yet, all is well
    const now = refresh === undefined ? createdAt : updatedAt
    return toStatus(Refresh.statusOf({ expiresAt, now, record: refresh, version }))
  }

  const summaryOf = (row: Rows.Row, quarantine: Option.Option<Model.Quarantine>): Model.Summary => ({
    ...refOf(row),
    createdAt: DateTime.unsafeMake(row.createdAt),
    expiresAt: Option.map(Option.fromNullable(row.expiresAt), DateTime.unsafeMake),
    keyId: row.sealed.keyId,
    kind: row.kind,
    quarantine,
    status: statusOf(row),
    updatedAt: DateTime.unsafeMake(row.updatedAt),
    version: row.version
  })

  const notFound = (name: Rows.Name) => error("not-found", `${tell(name)} is not there`)
  const conflict = (name: Rows.Name) =>
    error("conflict", `${tell(name)} is in another version than was expected: read it again`)

  const get: Model.Service["get"] = (ref) =>
    Effect.gen(function*() {
      const name = nameOf(ref)
      const { now, row } = yield* stored(rows.read(name))
      if (row === undefined) return yield* notFound(name)
      const opened = yield* open(row)
      if (Either.isLeft(opened)) return yield* error("quarantined", opened.left.message)
      const { credential, previous } = opened.right
      return {
        ...summaryOf(row, Option.none()),
        credential,
        previous: previous === undefined || previous.until <= now ? Option.none() : Option.some({
          credential: previous.credential,
          left: Duration.millis(previous.until - now),
          until: DateTime.unsafeMake(previous.until)
        }),
        readAt: DateTime.unsafeMake(now),
        refresh: Option.fromNullable(row.refresh)
      }
    })

  /** A key of the same id that is another one would leave the others with a credential that they cannot read. */
  const checkKey = Effect.flatMap(
    stored(rows.checks(keyId)),
    (checks) =>
      checks.every((check) => check === keyCheck) ? Effect.void : error(
        "quarantined",
        `nothing was written: the key "${keyId}" of this program is another than the one of that id in ${rows.name}. ` +
          "Give the right key, or the new one an id of its own"
      )
  )

  const write = (
    ref: Model.Ref,
    credential: Credential.Credential,
    expected: number | undefined,
    grace: Duration.Duration | undefined
  ): Effect.Effect<Model.Summary, Model.CredentialStoreError> => {
    const name = nameOf(ref)
    const attempt: Effect.Effect<Model.Summary, Model.CredentialStoreError> = Effect.gen(function*() {
      const { now, row } = yield* stored(rows.read(name))
      if (expected !== undefined && expected !== (row?.version ?? 0)) return yield* conflict(name)
      if (row === undefined && grace !== undefined) return yield* notFound(name)
      const opened = row === undefined ? undefined : yield* open(row)
      if (opened !== undefined && Either.isLeft(opened)) {
        return yield* error(
          "quarantined",
          `${opened.left.message}. Nothing was written over it: give the key, or remove the row first`
        )
      }
      const version = row === undefined ? firstVersion(now) : row.version + 1
      const content: Content = {
        credential,
        ...(opened === undefined || grace === undefined
          ? undefined
          : { previous: { credential: opened.right.credential, until: now + Duration.toMillis(grace) } })
      }
      const next: Rows.Row = {
        ...name,
        createdAt: row?.createdAt ?? now,
        expiresAt: credential._tag === "OAuth2" && credential.expiresAt !== undefined
          ? DateTime.toEpochMillis(credential.expiresAt)
          : null,
        keyCheck,
        kind: credential._tag,
        refresh: row?.refresh,
        sealed: yield* keys.seal(subjectOf(name, version), encodeContent(content)),
        updatedAt: now,
        version
      }
      const written = yield* stored(row === undefined ? rows.insert(next) : rows.update(next, row.version))
      if (written) return summaryOf(next, Option.none())
      // somebody came in between: with a version in mind that is a conflict, which the next look finds
      return yield* Effect.zipRight(Effect.yieldNow(), attempt)
    })
    Credential.protect(credential)
    return Effect.zipRight(checkKey, Effect.zipLeft(attempt, changed(name)))
  }

  const refreshStep: Model.Service["refreshStep"] = (ref, step) => {
    const name = nameOf(ref)
    return Effect.flatMap(
      stored(rows.take(name, step)),
      (answer) => answer === undefined ? notFound(name) : Effect.succeed(answer)
    )
  }

  const remove: Model.Service["remove"] = (ref, options = {}) =>
    Effect.gen(function*() {
      const name = nameOf(ref)
      const removed = yield* stored(rows.remove(name, options.version))
      yield* changed(name)
      if (removed) return
      const { row } = yield* stored(rows.read(name))
      return yield* row === undefined ? notFound(name) : conflict(name)
    })

  const list: Model.Service["list"] = (options = {}) =>
    Effect.gen(function*() {
      const limit = Math.max(1, Math.min(options.limit ?? 100, mostItems))
      const after = options.after === undefined ? undefined : Option.getOrUndefined(decodeCursor(options.after))
      if (options.after !== undefined && after === undefined) {
        return yield* error("not-found", "there is no page after that: give the `next` of a page as it is")
      }
      const page = yield* stored(
        rows.page({ after, integration: options.integration, limit: limit + 1, tenant: options.tenantId })
      )
      const shown = page.slice(0, limit)
      const last = shown.at(-1)
      return {
        items: yield* Effect.forEach(shown, (row) =>
          Effect.map(open(row), (opened) => summaryOf(row, Either.getLeft(opened)))),
        next: page.length > limit && last !== undefined ? Option.some(encodeCursor(last)) : Option.none()
      }
    })

  /** Once through all rows. */
  const pass = (limit: number) =>
    Effect.gen(function*() {
      const quarantined: Array<Model.Summary> = []
      let reencrypted = 0
      let missed = 0
      let after: Rows.Name | undefined
      do {
        const page: ReadonlyArray<Rows.Row> = yield* stored(
          rows.page({ after, limit, notBy: { keyCheck, keyId } })
        )
        for (const row of page) {
          const opened = yield* open(row)
          if (Either.isLeft(opened)) {
            quarantined.push(summaryOf(row, Option.some(opened.left)))
            continue
          }
          const sealed = yield* keys.seal(subjectOf(row, row.version), encodeContent(opened.right))
          // not where it was written meanwhile: what is newer stays, and is looked at in the next pass
          if (yield* stored(rows.reseal(row, sealed, keyCheck))) reencrypted++
          else missed++
        }
        after = page.length < limit ? undefined : page.at(-1)
      } while (after !== undefined)
      return { missed, quarantined, reencrypted }
    })

  const reencrypt: Model.Service["reencrypt"] = (options = {}) =>
    Effect.gen(function*() {
      yield* checkKey
      const limit = Math.max(1, Math.min(options.pageSize ?? 100, mostItems))
      let reencrypted = 0
      for (let passes = 1;; passes++) {
        const last = yield* pass(limit)
        reencrypted += last.reencrypted
        const complete = last.reencrypted === 0 && last.missed === 0
        if (complete || passes === mostPasses) {
          return { complete, keyId, quarantined: last.quarantined, reencrypted }
        }
      }
    })

  return {
    get,
    list,
    put: (ref, credential, options = {}) => write(ref, credential, options.version, undefined),
    reencrypt,
    refreshStep,
    remove,
    rotate: (ref, credential, options = {}) =>
      write(ref, credential, options.version, Duration.decode(options.grace ?? defaultGrace)),
    subscribe: (listener) =>
      Effect.acquireRelease(
        Effect.sync(() => listeners.add(listener)),
        () => Effect.sync(() => listeners.delete(listener))
      )
  }
}
