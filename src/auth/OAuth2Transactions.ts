/**
 * What is kept of a person who is on the way to a provider and back: whose account it is to become, and what shows that
 * the answer belongs to the question.
 *
 * A transaction is found by its `state` together with what the person's browser was given, and by neither alone. It is
 * taken once, and ends after 10 minutes. `OAuth2Transactions/Sql` and `OAuth2Transactions/Sqlite` keep them where the
 * callback may come to another process than the one that began.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as CredentialStore from "./CredentialStore.js"
import * as Model from "./internal/oauthTransaction.js"
import type * as OAuth2 from "./OAuth2.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Transaction {
  readonly pending: OAuth2.Pending
  /** Whose credential it is to become. */
  readonly ref: CredentialStore.Ref
  /** Who has begun, where the program knows it. */
  readonly userId?: string | undefined
  /** Where the person goes in the end: a path. */
  readonly returnTo: string
}

/**
 * @since 0.1.0
 * @category errors
 */
export class OAuth2TransactionsError
  extends Schema.TaggedError<OAuth2TransactionsError>("holdfast/OAuth2TransactionsError")("OAuth2TransactionsError", {
    cause: Schema.optional(Schema.Defect),
    message: Schema.String
  })
{}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Keeps it, and gives what the person's browser has to bring back: 256 random bits, in letters of a cookie. */
  readonly begin: (transaction: Transaction) => Effect.Effect<Redacted.Redacted, OAuth2TransactionsError>
  /** Of several who take the same one, one has it. None: it was taken, has ended, or is of another browser. */
  readonly take: (
    state: string,
    browser: string
  ) => Effect.Effect<Option.Option<Transaction>, OAuth2TransactionsError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class OAuth2Transactions extends Context.Tag("holdfast/OAuth2Transactions")<OAuth2Transactions, Service>() {}

/** So many are kept at most, and those that were begun first go. */
const capacity = 100_000

/**
 * In the memory of the process: for one process, and for specs.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Service> = Effect.sync(() => {
  const kept = new Map<string, { readonly transaction: Transaction; readonly until: number }>()
  return {
    begin: (transaction) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const [id, { until }] of kept) {
          // in the order of their end
          if (until > now && kept.size < capacity) break
          kept.delete(id)
        }
        const browser = Model.browserSecret()
        kept.set(Model.idOf(transaction.pending.state, browser), {
          transaction,
          until: now + Model.timeToLive
        })
        return browser
      }),
    take: (state, browser) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const id = Model.idOfTexts(state, browser)
        const found = kept.get(id)
        kept.delete(id)
        return found !== undefined && now < found.until ? Option.some(found.transaction) : Option.none()
      })
  }
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<OAuth2Transactions> = Layer.effect(OAuth2Transactions, makeMemory)
