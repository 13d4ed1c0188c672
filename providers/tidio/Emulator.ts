/**
 * Tidio, emulated: contacts, tickets, operators, departments and products, with Tidio's own rules, cursors, headers and
 * error bodies.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { TidioApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Contacts from "./emulator/Contacts.js"
import { found, pageOf, type Plan, Project } from "./emulator/Store.js"
import * as Tickets from "./emulator/Tickets.js"

export {
  /**
   * Tidio's bodies for errors that are injected by hand: `Faults.status(404, { body: Bodies.body(404) })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export { pageSize, type Plan, type Stored } from "./emulator/Store.js"

/**
 * What the emulated project holds.
 *
 * @since 0.1.0
 * @category models
 */
export type State = Project

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** On `starter` there are the products and nothing else. Default `plus`. */
  readonly plan?: Plan | undefined
}

const refuse: typeof Emulator.step = () =>
  Emulator.step(() => {
    throw Bodies.refusal(403)
  })

const handlers = (project: Project): Emulator.Handlers<TidioApi> => {
  const step = project.plan === "starter" ? refuse : Emulator.step
  return {
    ...Contacts.handlers(project, step),
    tickets: Tickets.handlers(project, step),
    operators: {
      list: ({ urlParams }) =>
        step(() => {
          const { meta, page } = pageOf(project.operators, urlParams.cursor)
          return { meta, operators: page }
        })
    },
    departments: { list: () => step(() => ({ departments: project.departments })) },
    project: { get: () => step(() => ({ id: project.id, name: project.name })) },
    products: {
      upsertBatch: ({ payload }, { changed }) =>
        Emulator.step(() => {
          for (const product of payload.products) {
            const kind = project.products.has(product.id) ? "updated" : "created"
            project.products.set(product.id, product)
            changed({ resource: "products", kind, key: String(product.id) })
          }
        }),
      delete: ({ path: { productId } }, { changed }) =>
        Emulator.step(() => {
          found(project.products, productId)
          project.products.delete(productId)
          changed({ resource: "products", kind: "deleted", key: String(productId) })
        })
    }
  }
}

const perMinute: Readonly<Record<Plan, number>> = { premium: 120, plus: 60, starter: 10 }

/**
 * The limit of a plan, to be enforced by the emulator: so many requests a minute for a project. A refusal does not say for
 * how long, as Tidio's does not.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (plan: Plan = "plus"): ReadonlyArray<Emulator.Quota> => [
  { name: "minute", limit: perMinute[plan], window: "1 minute" }
]

/**
 * Starts a Tidio in memory. It wants a client id and a client secret, any that begin as Tidio's do unless `authorize` says
 * otherwise. What is written by the API makes no webhook, here as there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/tidio"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const tidio = yield* Emulator.make({ faults: Faults.light(42), rateLimit: Emulator.limits("premium") })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* tidio.ledger, "contacts")
 *   yield* Effect.log(byEmail["ada@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "tidio", version: "1", api: TidioApi },
    state: () => new Project(options.plan ?? "plus"),
    handlers,
    error: Bodies.error,
    headers: ({ quotas: [quota] }): Readonly<Record<string, string>> =>
      quota === undefined ? {} : {
        "x-ratelimit-limit": String(quota.quota.limit),
        "x-ratelimit-remaining": String(quota.remaining)
      },
    authorize: (headers) =>
      /^ci_\S+$/.test(headers["x-tidio-openapi-client-id"] ?? "") &&
      /^cs_\S+$/.test(headers["x-tidio-openapi-client-secret"] ?? ""),
    secretHeaders: ["x-tidio-openapi-client-id", "x-tidio-openapi-client-secret"],
    snapshot: ({ contacts, products, tickets }) => ({
      contacts: [...contacts.values()],
      products: [...products.values()],
      tickets: [...tickets.values()]
    })
  }, options)

/**
 * A Tidio on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `TIDIO_BASE_URL` or
 * `Tidio.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
