/** Rows in the memory of the process. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Rows from "./credentialRows.js"
import * as Refresh from "./tokenRefreshCore.js"

const keyOf = ({ connection, integration, tenant }: Rows.Name): string =>
  JSON.stringify([tenant, integration, connection])

export const make = (): Rows.Rows => {
  const rows = new Map<string, Rows.Row>()
  const refreshes = new Map<string, Refresh.Record>()
  const known = (row: Rows.Row): Rows.Row => ({ ...row, refresh: refreshes.get(keyOf(row)) })
  return {
    checks: (keyId) =>
      Effect.sync(() => {
        const all = Array.from(rows.values()).filter(({ sealed }) => sealed.keyId === keyId)
        return Array.from(new Set(all.map(({ keyCheck }) => keyCheck)))
      }),
    insert: (row) =>
      Effect.sync(() => {
        if (rows.has(keyOf(row))) return false
        rows.set(keyOf(row), row)
        return true
      }),
    name: "memory",
    page: ({ after, integration, limit, notBy, tenant }) =>
      Effect.sync(() =>
        Array.from(rows.values())
          .filter((row) =>
            (after === undefined || Rows.compare(row, after) > 0) &&
            (tenant === undefined || row.tenant === tenant) &&
            (integration === undefined || row.integration === integration) &&
            (notBy === undefined || row.sealed.keyId !== notBy.keyId || row.keyCheck !== notBy.keyCheck)
          )
          .sort(Rows.compare)
          .slice(0, limit)
          .map(known)
      ),
    read: (name) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const row = rows.get(keyOf(name))
        return { now, row: row === undefined ? undefined : known(row) }
      }),
    remove: (name, version) =>
      Effect.sync(() => {
        const row = rows.get(keyOf(name))
        if (row === undefined || version !== undefined && row.version !== version) return false
        refreshes.delete(keyOf(name))
        return rows.delete(keyOf(name))
      }),
    reseal: (before, sealed, keyCheck) =>
      Effect.sync(() => {
        const row = rows.get(keyOf(before))
        if (row?.version !== before.version || row.sealed !== before.sealed) return false
        rows.set(keyOf(before), { ...row, keyCheck, sealed })
        return true
      }),
    take: (name, step) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const key = keyOf(name)
        const row = rows.get(key)
        if (row === undefined) return undefined
        const { expiresAt, version } = row
        const [answer, record] = Refresh.take({ expiresAt, now, record: refreshes.get(key), version }, step)
        if (record !== undefined) refreshes.set(key, record)
        return answer
      }),
    update: (row, version) =>
      Effect.sync(() => {
        if (rows.get(keyOf(row))?.version !== version) return false
        rows.set(keyOf(row), row)
        return true
      })
  }
}
