/** The rules that the emulator has of Crisp's own. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, TestClock } from "effect"
import type { Schemas } from "holdfast/providers/crisp"
import * as Kit from "./kit.js"

const { path, text, website_id } = Kit

describe("the Crisp emulator", () => {
  it.scoped("filters and orders conversations", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess()
      yield* TestClock.setTime(1_900_000_000_000)
      const [first = "", second = "", third = ""] = yield* Kit.fill(emulator, 3)
      const here = (session_id: string) => ({ path: { session_id, website_id } })
      yield* crisp.conversations.setState({ ...here(first), payload: { state: "resolved" } })
      yield* crisp.conversations.assign({ ...here(second), payload: { assigned: { user_id: "op" } } })
      yield* crisp.conversations.markRead({ ...here(third), payload: { from: "user", origin: "chat" } })
      yield* crisp.messages.send({
        ...here(third),
        payload: { content: "see @ada", from: "operator", mentions: ["ada"], origin: "chat", type: "note" }
      })
      const found = (urlParams: typeof Schemas.ConversationListParams.Type) =>
        Effect.map(
          crisp.conversations.list({ path: { page: 1, website_id }, urlParams }),
          ({ data }) => data.map(({ session_id }) => [first, second, third].indexOf(session_id))
        )
      deepStrictEqual(yield* found({ filter_resolved: true }), [0])
      deepStrictEqual(yield* found({ filter_not_resolved: true, order_date_created: true }), [2, 1])
      deepStrictEqual(yield* found({ filter_assigned: "op" }), [1])
      deepStrictEqual(yield* found({ filter_unassigned: true, order_date_waiting: true }), [2, 0])
      deepStrictEqual(yield* found({ filter_unread: true, order_date_created: true }), [1, 0])
      deepStrictEqual(yield* found({ filter_mention: true }), [])
      deepStrictEqual(yield* found({ filter_date_end: DateTime.unsafeMake(1_800_000_005_000) }), [])
      deepStrictEqual(yield* found({ filter_inbox_id: "sales" }), [])
    }))

  it.scoped("knows messages before, after and around a time", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess()
      const session_id = yield* Kit.talk(emulator, 50)
      const numbers = (urlParams: typeof Schemas.MessageListParams.Type) =>
        Effect.map(crisp.messages.list({ path: { session_id, website_id }, urlParams }), ({ data }) => [
          data[0]?.content,
          data.at(-1)?.content,
          data.length
        ])
      const at = (second: number) => 1_800_000_000_000 + second * 1000
      deepStrictEqual(yield* numbers({}), ["message 30", "message 49", 20])
      deepStrictEqual(yield* numbers({ timestamp_before: at(10) }), ["message 0", "message 9", 10])
      deepStrictEqual(yield* numbers({ timestamp_after: at(10) }), ["message 11", "message 30", 20])
      deepStrictEqual(yield* numbers({ timestamp_around: at(25) }), ["message 15", "message 34", 20])
      deepStrictEqual(yield* numbers({ timestamp_around: at(99) }), ["message 40", "message 49", 10])
    }))

  it.scoped("an e-mail address is one person's", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess()
      const add = (email: string) => crisp.people.create({ path, payload: { email } })
      const { data: { people_id } } = yield* add("ada@example.com")
      yield* add("grace@example.com")
      strictEqual((yield* Effect.flip(add("ADA@example.com")))._tag, "ConflictError")
      const rename = (email: string) => crisp.people.update({ path: { people_id, website_id }, payload: { email } })
      strictEqual((yield* Effect.flip(rename("grace@example.com")))._tag, "ConflictError")
      yield* rename("Ada@example.com")
      yield* crisp.people.delete({ path: { people_id: "ada@example.com", website_id } })
      strictEqual((yield* Effect.flip(rename("ada@example.com")))._tag, "NotFoundError")
    }))

  it.scoped("sorts people, and says what it does not know", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess()
      for (const email of ["b@example.com", "a@example.com"]) yield* crisp.people.create({ path, payload: { email } })
      const list = (urlParams: typeof Schemas.PeopleListParams.Type) =>
        Effect.map(
          crisp.people.list({ path: { page: 1, website_id }, urlParams }),
          ({ data }) => data.map(({ email }) => email)
        )
      deepStrictEqual(yield* list({ sort_field: "email", sort_order: "ascending" }), ["a@example.com", "b@example.com"])
      deepStrictEqual(yield* list({ sort_field: "email" }), ["b@example.com", "a@example.com"])
      const error = yield* Effect.flip(
        list({ search_filter: [{ criterion: "email", model: "people", operator: "gte", query: ["a"] }] })
      )
      deepStrictEqual([error._tag, error.code], ["ValidationError", "invalid_data"])
    }))

  it.scoped("forgets the messages of a conversation with it", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess()
      const session_id = yield* Kit.talk(emulator, 1)
      const here = { path: { session_id, website_id } }
      const missing = yield* Effect.flip(crisp.messages.get({ path: { ...here.path, fingerprint: 1 } }))
      strictEqual(missing._tag, "NotFoundError")
      yield* crisp.conversations.setInbox({ ...here, payload: { inbox_id: "sales" } })
      yield* crisp.conversations.setInbox({ ...here, payload: { inbox_id: null } })
      strictEqual((yield* crisp.conversations.get(here)).data.inbox_id, undefined)
      yield* crisp.conversations.delete(here)
      strictEqual((yield* Effect.flip(crisp.messages.send({ ...here, payload: text("Hello") })))._tag, "NotFoundError")
      strictEqual((yield* emulator.state).messages.size, 0)
    }))
})
