import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import { DeadLetterCipher, Inbox, LeaseQueue } from "holdfast"
import { passing } from "../../../src/testing/conformance/internal/deadLetterKit.js"
import { order, shop } from "./kit.js"

const pass = passing(Effect.void)

const key = (letter: string) =>
  DeadLetterCipher.layer({
    current: { id: letter, key: Redacted.make(Buffer.from(letter.repeat(32)).toString("base64")) }
  })

it.scoped("bodies are encrypted in the store where there is a cipher, and are read with its key alone", () =>
  Effect.gen(function*() {
    const queue = yield* LeaseQueue.makeMemory()
    const store = Layer.succeed(LeaseQueue.LeaseQueue, queue)
    const build = (cipher: Layer.Layer<DeadLetterCipher.DeadLetterCipher, unknown> | undefined) =>
      Effect.map(
        Layer.build(
          cipher === undefined
            ? Layer.provide(Inbox.layer(), store)
            : Layer.provide(Inbox.layer(), Layer.merge(store, Layer.orDie(cipher)))
        ),
        (context) => Context.get(context, Inbox.Inbox)
      )
    const inbox = yield* build(key("a"))
    const [receipt] = yield* inbox.offer(shop, [order("e1", "a", 1, { kind: "a body of nobody's business" })])
    yield* inbox.reject({
      body: Buffer.from("a body of nobody's business"),
      headers: {},
      message: "no",
      method: "POST",
      path: "/",
      reason: "signature-mismatch",
      source: "shop"
    })
    const event = yield* inbox.get(receipt!.id)
    assert.strictEqual(event.body._tag, "Encrypted")
    for (const name of ["inbox/shop", "inbox/rejected"]) {
      const { items } = yield* queue.list({ queue: name })
      assert.strictEqual(items.length, 1)
      assert.notInclude(items[0]?.payload, "nobody")
    }
    const revealed = yield* Effect.provide(Inbox.reveal(event), key("a"))
    assert.include(revealed.body._tag === "Text" ? revealed.body.value : "", "nobody")
    assert.deepInclude(yield* Effect.flip(Effect.provide(Inbox.reveal(event), key("b"))), { reason: "encrypted" })

    const seen: Array<string> = []
    const work = (of: Inbox.Inbox["Type"]) =>
      Layer.launch(Inbox.layerWorker([Inbox.on(shop, ({ value }) => Effect.sync(() => seen.push(value.id)))], {
        retry: { maxAttempts: 1 }
      })).pipe(Effect.provideService(Inbox.Inbox, of), Effect.forkScoped)
    // one that cannot read it does not lose it
    const blind = yield* work(yield* build(undefined))
    yield* pass("1 second")
    assert.deepInclude((yield* inbox.get(receipt!.id)).error, { tag: "InboxError" })
    yield* blind.interruptAsFork(blind.id())
    yield* blind.await
    yield* work(inbox)
    yield* inbox.replay(receipt!.id)
    yield* pass("2 seconds")
    assert.deepStrictEqual(seen, ["e1"])
  }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))
