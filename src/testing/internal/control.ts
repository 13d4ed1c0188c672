import * as Ledger from "../Ledger.js"
import * as Wire from "./wire.js"

/** The part of an emulator that its control paths reach. */
export interface Controlled {
  readonly entries: ReadonlyArray<Ledger.Entry>
  readonly snapshot: unknown
  reset(now: number): void
  setOutage(down: boolean): void
}

const usage = {
  "GET /__emulator/ledger": "every request; ?operation=contacts.create&after=<sequence> narrows",
  "GET /__emulator/state": "the state, and how often each resource was changed",
  "POST /__emulator/reset": "forgets state and ledger",
  "POST /__emulator/outage?down=true|false": "takes the provider down, or up again"
}

const tallies = (entries: ReadonlyArray<Ledger.Entry>) =>
  Object.fromEntries(Ledger.resources(entries).map((resource) => [resource, Ledger.tally(entries, resource)]))

/** Another process looks at the emulator, and steers it. These requests stand outside of ledger and faults. */
export const control = (emulator: Controlled, incoming: Wire.Incoming, url: URL, now: number): Wire.Answer => {
  switch (`${incoming.method} ${url.pathname}`) {
    case "GET /__emulator/ledger": {
      const operation = url.searchParams.get("operation")
      const after = Number(url.searchParams.get("after") ?? 0)
      const entries = emulator.entries.filter((entry) =>
        entry.sequence > after && (operation === null || entry.operation === operation)
      )
      return Wire.answer(200, { total: emulator.entries.length, entries })
    }
    case "GET /__emulator/state":
      return Wire.answer(200, {
        requests: emulator.entries.length,
        tally: tallies(emulator.entries),
        state: emulator.snapshot
      })
    case "POST /__emulator/reset":
      emulator.reset(now)
      return Wire.answer(200, { reset: true })
    case "POST /__emulator/outage": {
      const down = url.searchParams.get("down")
      if (down !== "true" && down !== "false") return Wire.answer(400, { usage })
      emulator.setOutage(down === "true")
      return Wire.answer(200, { down: down === "true" })
    }
  }
  return Wire.answer(404, { usage })
}
