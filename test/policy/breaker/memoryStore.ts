/** A store in this process that several services share, on whatever clock runs: what it does to them is up to the spec. */
import { Clock, Effect } from "effect"
import type { View } from "../../../src/policy/internal/breaker/mirrorCore.js"
import * as Shared from "../../../src/policy/internal/breaker/sharedCore.js"
import { listed, type Store, StoreError } from "../../../src/policy/internal/breaker/store.js"

export class MemoryStore implements Store {
  readonly name = "the spec's store"
  readonly kept = new Map<string, Shared.Kept>()
  readonly subscribers = new Set<
    { readonly onPush: (key: string, view: View) => void; lose: (e: StoreError) => void }
  >()
  readonly asked: Array<Shared.Step["_tag"]> = []
  /** What becomes of a step; by default it is taken and answered at once. */
  mood: "well" | "away" | "hangs" | "loses answers" | "throws" | "babbles" = "well"
  pushes = true
  subscriptions = 0

  step(key: string, step: Shared.Step, terms: Shared.Terms): Effect.Effect<Shared.Answer, StoreError> {
    return Effect.suspend(() => {
      this.asked.push(step._tag)
      switch (this.mood) {
        case "well":
          return this.#take(key, step, terms)
        case "away":
          return Effect.fail(new StoreError({ message: "connection refused", reason: "away" }))
        case "hangs":
          return Effect.never
        case "loses answers":
          return Effect.zipRight(
            this.#take(key, step, terms),
            Effect.fail(new StoreError({ message: "reset", reason: "away" }))
          )
        case "throws":
          throw new Error("a bug of the driver's")
        case "babbles":
          return Effect.fail(new StoreError({ message: "not a record", reason: "nonsense" }))
      }
    })
  }

  readonly list = Effect.suspend(() =>
    this.mood === "well"
      ? Effect.map(
        Clock.currentTimeMillis,
        (millis) => Array.from(this.kept, ([key, { record }]) => listed(key, record, 1_700_000_000_000 + millis))
      )
      : new StoreError({ message: "connection refused", reason: "away" })
  )

  #take(key: string, step: Shared.Step, terms: Shared.Terms) {
    return Effect.map(Clock.currentTimeMillis, (millis) => {
      const now = 1_700_000_000_000 + millis
      const before = this.kept.get(key)
      // as a store would, it keeps what can be written down
      const kept = before === undefined ? Shared.initial(terms, now) : structuredClone(before)
      const answer = Shared.take(kept, terms, step, now)
      this.kept.set(key, JSON.parse(JSON.stringify(kept)))
      if (this.pushes && before?.record.revision !== kept.record.revision) {
        for (const { onPush } of this.subscribers) onPush(key, answer.view)
      }
      return answer
    })
  }

  subscribe(onPush: (key: string, view: View) => void) {
    return Effect.suspend(() => {
      if (this.mood === "hangs") return Effect.never
      if (this.mood === "away") return Effect.fail(new StoreError({ message: "connection refused", reason: "away" }))
      this.subscriptions++
      const subscriber = { lose: (_: StoreError) => {}, onPush }
      return Effect.as(
        Effect.acquireRelease(
          Effect.sync(() => this.subscribers.add(subscriber)),
          () => Effect.sync(() => this.subscribers.delete(subscriber))
        ),
        {
          check: Effect.suspend(() =>
            this.pushes ? Effect.void : Effect.fail(new StoreError({ message: "no pushes", reason: "away" }))
          ),
          lost: Effect.async<StoreError>((resume) => {
            subscriber.lose = (error) => resume(Effect.succeed(error))
          })
        }
      )
    })
  }

  /** The connections break. */
  cut() {
    for (const { lose } of this.subscribers) lose(new StoreError({ message: "the connection broke", reason: "away" }))
  }
}
