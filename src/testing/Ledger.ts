/**
 * What an emulator has seen: every request, what went wrong with it, and whether it was done all the same. By its ledger a
 * test proves that nothing was lost and nothing was done twice.
 *
 * @since 0.1.0
 */

/**
 * Something that a request changed in the emulator's state.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change {
  /** `contacts` */
  readonly resource: string
  /** `created`, `updated`, `archived` … */
  readonly kind: string
  /** What the resource is known by outside, an e-mail address. */
  readonly key: string
}

/**
 * One request. Times are epoch milliseconds of the emulator's clock.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** From 1, in the order of arrival. */
  readonly sequence: number
  readonly at: number
  /** `contacts.create`; the method and path where no operation fits. */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Credentials are replaced by `<redacted>`. */
  readonly headers: Readonly<Record<string, string>>
  /** From JSON where it is JSON, else text; `undefined` when empty. */
  readonly body: unknown
  /** Tag of the fault that was injected, `None` when nothing was. */
  readonly fault: string
  /** Whether the provider is down by plan or by hand. */
  readonly outage: boolean
  /** Whether the request was done: its handler ran and did not refuse it. The response may have been lost since. */
  readonly processed: boolean
  /** What the handler changed. */
  readonly changes: ReadonlyArray<Change>
  /** The status that was answered; `undefined` for a connection that was cut, and while the request is under way. */
  readonly status: number | undefined
}

/**
 * How often each kind of change happened to one key, `{ created: 1, updated: 2 }`.
 *
 * @since 0.1.0
 * @category models
 */
export type Tally = Readonly<Record<string, number>>

/**
 * Counts the changes of one resource by key.
 *
 * @example
 * ```ts
 * import { type Emulator, Ledger } from "holdfast/testing"
 * import { Effect } from "effect"
 *
 * declare const emulator: Emulator.Emulator
 *
 * const doubled = Effect.map(emulator.ledger, (entries) =>
 *   Object.entries(Ledger.tally(entries, "contacts")).filter(([_email, counts]) => (counts.created ?? 0) > 1)
 * )
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const tally = (entries: ReadonlyArray<Entry>, resource: string): Readonly<Record<string, Tally>> => {
  const counts: Record<string, Record<string, number>> = Object.create(null)
  for (const entry of entries) {
    for (const change of entry.changes) {
      if (change.resource !== resource) continue
      const count = counts[change.key] ??= {}
      count[change.kind] = (count[change.kind] ?? 0) + 1
    }
  }
  return counts
}

/**
 * The names of all resources that were changed.
 *
 * @since 0.1.0
 * @category accessors
 */
export const resources = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => [
  ...new Set(entries.flatMap((entry) => entry.changes.map((change) => change.resource)))
]
