/** What a provider was sent, to compare a vendor's SDK with our client. */
import { Effect } from "effect"
import type { Emulator } from "holdfast/testing"

export const sent = (emulator: Emulator.Emulator) =>
  Effect.map(
    emulator.ledger,
    (entries) => entries.map(({ body, method, operation, path, query }) => ({ body, method, operation, path, query }))
  )
