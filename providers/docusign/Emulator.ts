/**
 * DocuSign, emulated: envelopes, recipients, documents, views, templates and Connect, with DocuSign's own rules, limits and
 * error bodies.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { DocuSignApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Envelopes from "./emulator/Envelopes.js"
import { envelopeOf, makeState, page, type State } from "./emulator/Store.js"

export {
  /**
   * DocuSign's bodies for errors that are injected by hand: `Faults.status(400, { body: Bodies.hourly })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export type { Document, State, Stored } from "./emulator/Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** The status of a refusal for the rate: DocuSign is on its way from 400 to 429. Default 400. */
  readonly limitStatus?: 400 | 429 | undefined
}

const handlers = (state: State): Emulator.Handlers<DocuSignApi> => ({
  accounts: {
    get: ({ path }) =>
      Effect.succeed({ accountIdGuid: path.accountId, accountName: "Analytical Engines", planName: "Business Pro" })
  },
  envelopes: {
    create: ({ path, payload }, exchange) =>
      Emulator.step(() => Envelopes.create(state, exchange, path.accountId, payload)),
    list: ({ path, urlParams }, exchange) =>
      Emulator.step(() => Envelopes.list(state, exchange, path.accountId, urlParams)),
    statuses: ({ path, payload }) =>
      Emulator.step(() => Envelopes.statuses(state, path.accountId, payload.envelopeIds)),
    get: ({ path, urlParams }) => Emulator.step(() => Envelopes.get(state, path, urlParams.include)),
    update: ({ path, payload }, exchange) => Emulator.step(() => Envelopes.update(state, exchange, path, payload))
  },
  recipients: {
    list: ({ path }) => Emulator.step(() => envelopeOf(state, path).recipients)
  },
  documents: {
    get: ({ path }) =>
      Emulator.step(() =>
        new Emulator.Reply({
          headers: { "content-type": path.documentId === "archive" ? "application/zip" : "application/pdf" },
          value: Envelopes.document(state, path)
        })
      )
  },
  views: {
    recipient: ({ path, payload }) => Emulator.step(() => Envelopes.view(state, path, payload))
  },
  templates: {
    list: ({ urlParams }) =>
      Emulator.step(() => {
        const found = state.templates.filter(({ name }) => (name ?? "").includes(urlParams.search_text ?? ""))
        const { items, places } = page(found, urlParams, "/templates")
        return { ...places, envelopeTemplates: items }
      })
  },
  connect: {
    create: ({ payload }, exchange) =>
      Emulator.step(() => {
        const { name, urlToPublishTo } = payload
        const configuration = { connectId: String(state.nextId()), name, urlToPublishTo }
        state.connects.push(configuration)
        exchange.changed({ resource: "connect", kind: "created", key: urlToPublishTo })
        return configuration
      })
  }
})

/**
 * DocuSign's two limits, to be enforced by the emulator.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 3,000. */
  readonly perHour?: number
  /** In 30 seconds. Default 500; the developer environment has 200. */
  readonly burst?: number
}): ReadonlyArray<Emulator.Quota> => [
  { limit: options?.perHour ?? 3000, name: "hourly", window: "1 hour" },
  { limit: options?.burst ?? 500, name: "burst", window: "30 seconds" }
]

/**
 * Starts a DocuSign in memory. It wants a bearer token, any one unless `authorize` says otherwise, and takes any account.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/docusign"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const docusign = yield* Emulator.make({ faults: Faults.heavy(42), rateLimit: Emulator.limits() })
 *   // … run the program under test against it …
 *   const byTransaction = Ledger.tally(yield* docusign.ledger, "envelopes")
 *   yield* Effect.log(byTransaction["order-42"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "docusign", version: "v2.1", api: DocuSignApi },
    state: makeState,
    handlers,
    error: Bodies.error(options.limitStatus ?? 400),
    headers: ({ now, quotas }) => {
      const hourly = quotas.find(({ quota }) => quota.name === "hourly")
      const burst = quotas.find(({ quota }) => quota.name === "burst")
      return {
        ...(hourly === undefined ? undefined : {
          "x-ratelimit-limit": String(hourly.quota.limit),
          "x-ratelimit-remaining": String(hourly.remaining),
          "x-ratelimit-reset": String(Math.ceil((now + (hourly.waitMillis || hourly.windowMillis)) / 1000))
        }),
        ...(burst === undefined ? undefined : {
          "x-burstlimit-limit": String(burst.quota.limit),
          "x-burstlimit-remaining": String(burst.remaining)
        })
      }
    },
    authorize: Emulator.anyBearer,
    snapshot: (state) => ({
      connects: state.connects,
      envelopes: [...state.envelopes.values()].map(({ envelope, recipients }) => ({ ...envelope, recipients })),
      templates: state.templates
    })
  }, options)

/**
 * A DocuSign on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `DOCUSIGN_BASE_URL` or
 * `DocuSign.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
