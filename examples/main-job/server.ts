/**
 * Where the contacts go: an emulator that the job starts, or another server. Either is asked at the end what it has.
 */
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { IntegrationError } from "holdfast"
import { Emulator, HubSpot } from "holdfast/providers/hubspot"
import { Faults, Ledger } from "holdfast/testing"
import type { Profile } from "./flags.js"
import { tenSecondly } from "./stack.js"
import type { Tally } from "./tally.js"

/** What the server says that it has. */
export interface Verdict {
  /** Rows whose contact is not there. */
  readonly lost: number
  /** Contacts made more than once. */
  readonly duplicated: number
  /** Where this was read. */
  readonly source: string
  /** What went wrong with how many requests; none where only the server knows. */
  readonly faults: ReadonlyArray<readonly [kind: string, count: number]>
}

export interface Server {
  readonly name: string
  readonly baseUrl: string
  /** Compares with the rows that were sent. */
  readonly check: (tally: Tally) => Effect.Effect<Verdict, never, HubSpot>
}

// ---------------------------------------------------------------------------------------------------------------------
// the emulator
// ---------------------------------------------------------------------------------------------------------------------

/** Short waits, since a 429 holds all rows: the job is to end in well under a minute. */
const pace = { slowBodyDuration: "300 millis", retryAfterSeconds: { min: 0, max: 1 } } as const

const planOf = (profile: Profile, seed: number, expectedRows: number): Faults.Plan => {
  switch (profile) {
    case "none":
      return Faults.none
    case "light":
      return Faults.light(seed, pace)
    case "heavy":
      return Faults.heavy(seed, pace)
    case "outage":
      // in the middle of the work, however small the file is
      return Faults.light(seed, {
        ...pace,
        outages: [{ afterRequests: Math.min(200, Math.floor(expectedRows * 0.4)), for: "3 seconds" }]
      })
  }
}

const faultNames: Readonly<Record<string, string>> = {
  ResetBefore: "connection reset, not processed",
  ResetAfter: "connection reset, processed",
  HalfBody: "half a response",
  MalformedJson: "malformed JSON",
  SlowBody: "slow response",
  HangBefore: "no answer, not processed",
  HangAfter: "no answer, processed"
}

const faultOf = (entry: Ledger.Entry): string | undefined => {
  const name = entry.fault === "Status" || (entry.status ?? 0) >= 400 ? `HTTP ${entry.status}` : faultNames[entry.fault]
  return name === undefined ? undefined : `${name}${entry.outage ? ", in the outage" : ""}`
}

const count = (names: ReadonlyArray<string>): ReadonlyArray<readonly [string, number]> => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([one], [other]) => one < other ? -1 : 1)
}

export const emulator = (
  options: { readonly faults: Profile; readonly seed: number; readonly expectedRows: number }
): Effect.Effect<Server, HttpServerError.ServeError, Scope.Scope> =>
  Effect.map(
    Emulator.serve({
      faults: planOf(options.faults, options.seed, options.expectedRows),
      rateLimit: Emulator.limits({ tenSecondly, retryAfter: true })
    }),
    ({ baseUrl, emulator }) => ({
      name: `emulator, faults: ${options.faults}, seed ${options.seed}`,
      baseUrl,
      check: ({ expected }) =>
        Effect.gen(function*() {
          const entries = yield* emulator.ledger
          const written = Ledger.tally(entries, "contacts")
          const held = new Map(count(
            (yield* emulator.state).contacts.records.flatMap((record) => record.properties.email ?? [])
          ))
          let lost = 0
          for (const [email, rows] of expected) {
            const { created = 0, updated = 0 } = written[email] ?? {}
            lost += held.has(email) ? Math.max(0, rows - created - updated) : rows
          }
          const duplicated = Object.entries(written).filter(([email, { created = 0 }]) =>
            created > 1 || (held.get(email) ?? 0) > 1
          ).length
          return {
            lost,
            duplicated,
            source: "the emulator's ledger",
            faults: count(entries.flatMap((entry) => faultOf(entry) ?? []))
          }
        })
    })
  )

// ---------------------------------------------------------------------------------------------------------------------
// another server
// ---------------------------------------------------------------------------------------------------------------------

type Contacts = HubSpot["Type"]["contacts"]

interface Found {
  readonly id: string
  readonly email: string
}

const foundOf = (result: {
  readonly results: ReadonlyArray<{
    readonly id: string
    readonly properties: Readonly<Record<string, string | null>>
  }>
}): ReadonlyArray<Found> =>
  result.results.flatMap(({ id, properties }) =>
    typeof properties.email === "string" ? [{ id, email: properties.email.toLowerCase() }] : []
  )

const readBack = (contacts: Contacts, emails: ReadonlyArray<string>) =>
  Effect.map(
    contacts.batchRead({
      payload: { idProperty: "email", properties: ["email"], inputs: emails.map((id) => ({ id })) }
    }),
    foundOf
  )

/** Finds all contacts with these addresses, where reading by address finds one for each. */
const search = (contacts: Contacts, emails: ReadonlyArray<string>) =>
  Effect.map(
    contacts.search({
      payload: {
        filterGroups: [{ filters: [{ propertyName: "email", operator: "IN", values: emails }] }],
        properties: ["email"],
        limit: 200
      }
    }),
    foundOf
  )

/** Every batch for itself: one that cannot be read says nothing of its addresses, and hides no others. */
const inBatches = (
  emails: ReadonlyArray<string>,
  size: number,
  ask: (emails: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Found>, IntegrationError.IntegrationError>
) =>
  Stream.fromIterable(emails).pipe(
    Stream.grouped(size),
    Stream.mapEffect((chunk) => {
      const batch = Chunk.toReadonlyArray(chunk)
      return Effect.match(ask(batch), {
        onFailure: () => ({ read: [], found: [] }),
        onSuccess: (found) => ({ read: batch, found })
      })
    }, { concurrency: 4 }),
    Stream.runCollect,
    Effect.map((answers) => ({
      read: Chunk.toReadonlyArray(answers).flatMap(({ read }) => read),
      found: Chunk.toReadonlyArray(answers).flatMap(({ found }) => found)
    }))
  )

export const remote = (baseUrl: string): Server => ({
  name: new URL(baseUrl).host,
  baseUrl,
  check: ({ confirmedOf, expected }) =>
    Effect.gen(function*() {
      const { contacts } = yield* HubSpot
      const emails = [...expected].filter(([, rows]) => rows > 0).map(([email]) => email)
      const byId = yield* inBatches(emails, 100, (batch) => readBack(contacts, batch))
      // HubSpot takes a search of 3,000 characters
      const bySearch = yield* inBatches(emails, 30, (batch) => search(contacts, batch))
      const ids = new Map<string, Set<string>>()
      for (const { email, id } of [...byId.found, ...bySearch.found]) {
        ids.set(email, (ids.get(email) ?? new Set()).add(id))
      }
      const read = new Set([...byId.read, ...bySearch.read])
      const missingOf = (email: string): number => {
        const rows = expected.get(email) ?? 0
        if (ids.has(email)) return 0
        return read.has(email) ? rows : Math.max(0, rows - (confirmedOf.get(email) ?? 0))
      }
      const unread = emails.filter((email) => !read.has(email)).length
      return {
        lost: emails.reduce((sum, email) => sum + missingOf(email), 0),
        duplicated: emails.filter((email) => (ids.get(email)?.size ?? 0) > 1).length,
        source: `the server's own contacts, read back${
          unread === 0 ? "" : `; ${unread} could not be read, for these its answers count`
        }`,
        faults: []
      }
    })
})
