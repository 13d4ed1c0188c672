import { assert, describe } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import { refusedWith, type Test } from "./deadLetterKit.js"
import { breakerOpen, letter, serverError } from "./deadLetters.js"

const text = (value: string) => ({ _tag: "Text" as const, value })

/** Edits of what a replay sends. */
export const editTests = (test: Test): void => {
  describe("edit", () => {
    test(
      "is a new version that a replay sends, under a fresh key, and the original is kept",
      (service, pass) =>
        Effect.gen(function*() {
          const given = letter()
          const id = yield* service.capture(given)
          yield* pass("1 minute")
          const edited = yield* service.edit(id, { body: text("mended"), url: "/crm/v4" }, {
            reason: "the e-mail was wrong",
            version: 1
          })
          assert.deepInclude(edited, { id, state: "pending", version: 2 })
          assert.deepInclude(edited.request, { body: text("mended"), method: "POST", url: "/crm/v4" })
          assert.deepStrictEqual(edited.request.headers, given.request.headers)
          assert.notStrictEqual(edited.idempotencyKey, given.idempotencyKey)
          assert.deepStrictEqual({ ...edited.original }, { ...given.request })

          const again = yield* service.edit(id, { contentType: "text/plain", idempotencyKey: "keep" }, { version: 2 })
          assert.strictEqual(again.idempotencyKey, edited.idempotencyKey)
          const stored = yield* service.get(id)
          assert.deepStrictEqual(
            stored.earlier?.map(({ idempotencyKey, request, version }) => ({ idempotencyKey, request, version })),
            [
              { idempotencyKey: given.idempotencyKey, request: given.request, version: 1 },
              { idempotencyKey: edited.idempotencyKey, request: edited.request, version: 2 }
            ]
          )
          assert.deepStrictEqual(stored.earlier?.map(({ replacedAt }) => DateTime.toEpochMillis(replacedAt)), [
            60_000,
            60_000
          ])
          assert.deepStrictEqual(
            (yield* service.history(id)).map(({ detail, outcome }) => [outcome, detail]),
            [
              ["edited", "url, body; a fresh idempotency key; the e-mail was wrong"],
              ["edited", "contentType; the same idempotency key"]
            ]
          )

          const sent: Array<DeadLetterQueue.DeadLetter> = []
          yield* service.register("hubspot", (letter) => Effect.sync(() => void sent.push(letter)))
          yield* service.replay(id)
          assert.deepInclude(sent[0]?.request, { body: text("mended"), contentType: "text/plain", url: "/crm/v4" })
          assert.strictEqual(sent[0]?.idempotencyKey, edited.idempotencyKey)
          yield* refusedWith(service.edit(id, { body: text("late") }, { version: 3 }), "DeadLetterStateError")
        })
    )

    test("of a version that is not the latest is refused, and of two at once one", (service) =>
      Effect.gen(function*() {
        const id = yield* service.capture(letter())
        const both = yield* Effect.forEach(
          ["one", "two"],
          (value) => Effect.either(service.edit(id, { body: text(value) }, { version: 1 })),
          { concurrency: 2 }
        )
        assert.deepStrictEqual(both.map(({ _tag }) => _tag).sort(), ["Left", "Right"])
        yield* refusedWith(service.edit(id, { body: text("three") }, { version: 1 }), "EditRefusedError", "version")
        const stored = yield* service.get(id)
        assert.strictEqual(stored.version, 2)
        assert.strictEqual(stored.earlier?.length, 1)
        yield* refusedWith(service.edit("nobody", { body: text("x") }, { version: 1 }), "DeadLetterNotFoundError")
      }))

    test("neither stores a credential nor leads to another server", (service) =>
      Effect.gen(function*() {
        const id = yield* service.capture(letter())
        const absolute = yield* service.capture(letter({
          request: new DeadLetterQueue.DeadLetterRequest({ ...letter().request, url: "https://a.example/one" })
        }))
        const edit = (id: string, edit: DeadLetterQueue.Edit) => service.edit(id, edit, { version: 1 })
        for (const url of ["https://b.example/one", "//b.example/one", "\\\\b.example"]) {
          yield* refusedWith(edit(id, { url }), "EditRefusedError", "origin")
          yield* refusedWith(edit(absolute, { url }), "EditRefusedError", "origin")
        }
        yield* refusedWith(edit(absolute, { url: "/two" }), "EditRefusedError", "origin")
        yield* refusedWith(edit(id, { headers: { Authorization: "x" } }), "EditRefusedError", "credential")
        yield* refusedWith(edit(id, {}), "EditRefusedError", "empty")
        assert.strictEqual((yield* service.get(id)).version, 1)
        assert.strictEqual((yield* edit(absolute, { url: "https://a.example/two" })).version, 2)
      }))

    test("puts back what was not stored, and only what it puts back", (service) =>
      Effect.gen(function*() {
        const id = yield* service.capture(letter({
          request: new DeadLetterQueue.DeadLetterRequest({ ...letter().request, redacted: ["url", "body.card.number"] })
        }))
        yield* service.register("hubspot", () => Effect.void)
        const first = yield* service.edit(id, { body: text("whole") }, { version: 1 })
        assert.deepStrictEqual(first.request.redacted, ["url"])
        yield* refusedWith(service.replay(id), "ReplayRefusedError", "redacted")
        const second = yield* service.edit(id, { url: "/whole" }, { version: 2 })
        assert.isUndefined(second.request.redacted)
        assert.strictEqual((yield* service.replay(id)).state, "replayed")
      }))

    test("stays when the call is captured again, and when replays fail", (service) =>
      Effect.gen(function*() {
        const given = letter()
        const id = yield* service.capture(given)
        const edited = yield* service.edit(id, { body: text("mended") }, { version: 1 })
        yield* service.register("hubspot", () => serverError())
        yield* refusedWith(service.replay(id), "ServerError")
        assert.strictEqual(
          yield* service.capture({ ...given, error: breakerOpen(), lastAttemptAt: DateTime.unsafeMake(9000) }),
          id
        )
        const stored = yield* service.get(id)
        assert.deepInclude(stored, { attempts: 6, idempotencyKey: edited.idempotencyKey, version: 3 })
        assert.deepStrictEqual(stored.request.body, text("mended"))
        assert.deepStrictEqual(stored.original.body, given.request.body)
        assert.strictEqual(stored.error._tag, "CircuitBreakerOpenError")
      }))
  })
}
