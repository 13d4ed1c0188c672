/** Which store is meant: by a flag, or by the environment. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as StoreUrl from "../../../internal/storeUrl.js"
import { type CliError, usage } from "./exit.js"

export type Store = Exclude<StoreUrl.Store, { readonly _tag: "Memory" }>

/** Dead letters, and what else must not be lost, may have a place of their own. */
export interface Stores {
  readonly letters: Store
  readonly state: Store
}

const read = (from: string, url: string): Effect.Effect<Store, CliError> =>
  Either.match(StoreUrl.parse(url), {
    onLeft: (message) => usage(`${from}: ${message}`),
    onRight: (store) =>
      store._tag === "Memory"
        ? usage(
          `${from} is memory: what is there is seen by its own process alone. Give the store that the program uses: ` +
            "sqlite:FILE, postgres://… or redis://…"
        )
        : Effect.succeed(store)
  })

export const variable = (name: string): Effect.Effect<Option.Option<string>> =>
  Effect.orElseSucceed(
    Effect.map(
      Config.option(Config.redacted(name)),
      Option.flatMap((value) =>
        Redacted.value(value).trim() === "" ? Option.none() : Option.some(Redacted.value(value))
      )
    ),
    Option.none
  )

/** None: neither says. */
export const choose = (flag: Option.Option<string>): Effect.Effect<Option.Option<Stores>, CliError> =>
  Effect.gen(function*() {
    if (Option.isSome(flag)) {
      const store = yield* read("--store", flag.value)
      return Option.some({ letters: store, state: store })
    }
    const state = yield* variable("HOLDFAST_STORE_URL")
    const letters = yield* variable("HOLDFAST_DEAD_LETTERS_URL")
    if (Option.isNone(state)) return Option.none()
    const store = yield* read("HOLDFAST_STORE_URL", state.value)
    return Option.some({
      letters: Option.isSome(letters) ? yield* read("HOLDFAST_DEAD_LETTERS_URL", letters.value) : store,
      state: store
    })
  })
