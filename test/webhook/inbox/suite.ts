/** What the inbox does, over any store of the lease queue. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Logger, LogLevel, Option, Scope } from "effect"
import { Inbox, IntegrationContext, IntegrationError } from "holdfast"
import { type Order, order, shop, sourceOf, type Store, type World, world } from "./kit.js"

/** `whole`: all of it; else what leans on the store most, since each store has a suite of its own. */
export const suite = (store: Store, whole: boolean): void => {
  const test = <E>(
    behaviour: string,
    run: (world: World) => Effect.Effect<void, E, Scope.Scope>,
    options?: Inbox.Options
  ) =>
    it.scoped(
      behaviour,
      () => Effect.flatMap(world(store, options), run).pipe(Logger.withMinimumLogLevel(LogLevel.None))
    )

  const more: typeof test = (...args) => whole ? test(...args) : undefined

  describe(`Inbox over ${store.name}`, () => {
    describe("an event", () => {
      test("is stored, and given to its handler, once however often it comes", (world) =>
        Effect.gen(function*() {
          const event = order("e1", "a", 1000, { kind: "paid" })
          const [first] = yield* world.inbox.offer(shop, [event], {
            connectionId: "acme",
            delivery: "d1",
            headers: { "content-type": "application/json" },
            via: "webhook"
          })
          assert.isTrue(first?.created)
          assert.deepInclude(yield* world.inbox.get(first!.id), {
            attempts: 0,
            body: { _tag: "Text", value: "{\"at\":1000,\"id\":\"e1\",\"order\":\"a\",\"kind\":\"paid\"}" },
            connectionId: "acme",
            delivery: "d1",
            entity: "a",
            eventId: "e1",
            source: "shop",
            state: "ready",
            time: DateTime.unsafeMake(1000),
            type: "paid",
            via: "webhook"
          })
          const again = yield* world.inbox.offer(shop, [event, event], { connectionId: "acme" })
          assert.deepStrictEqual(again, [
            { created: false, id: first!.id },
            { created: false, id: first!.id }
          ])
          // of another connection it is another
          const [other] = yield* world.inbox.offer(shop, [event], { connectionId: "other" })
          assert.isTrue(other?.created)

          const contexts: Array<unknown> = []
          yield* world.worker((event) =>
            Effect.zipRight(
              world.see(event),
              Effect.map(
                IntegrationContext.IntegrationContext,
                ({ connectionId, correlationId }) => contexts.push([connectionId, correlationId])
              )
            )
          )
          yield* world.pass("1 second")
          assert.deepStrictEqual(world.seen, ["e1", "e1"])
          // which of two entities is handled first is not promised
          assert.sameDeepMembers(contexts, [["acme", "d1"], ["other", (yield* world.inbox.get(other!.id)).delivery]])
          assert.strictEqual(yield* world.state(first!.id), "handled")
          assert.deepStrictEqual(yield* world.outcomes(first!.id), ["handled"])
          // and it is remembered when it has been handled
          assert.isFalse((yield* world.inbox.offer(shop, [event], { connectionId: "acme" }))[0]?.created)
          assert.isFalse((yield* world.offer(event, event))[1]?.created)
          yield* world.pass("1 second")
          assert.deepStrictEqual(world.seen, ["e1", "e1", "e1"])
        }))

      test("that cannot be read is kept, and fails alone; a program that can read it replays it", (world) =>
        Effect.gen(function*() {
          const bad = { body: Buffer.from("{\"id\":\"e2\",\"at\":\"noon\"}"), id: "e2" }
          const receipts = yield* world.offer(order("e1", "a", 1), bad, order("e3", "a", 3))
          yield* world.worker()
          yield* world.pass("1 second")
          assert.deepStrictEqual(world.seen, ["e1", "e3"])
          const { items } = yield* world.inbox.list({ errorTag: "Unreadable", source: "shop", state: "dead" })
          assert.deepStrictEqual(items.map(({ id }) => id), [receipts[1]!.id])
          assert.include(items[0]?.error?.message, "at")
          assert.isFalse((yield* world.offer(bad))[0]?.created)

          // no better for the same program
          yield* world.inbox.replay(receipts[1]!.id)
          yield* world.pass("1 second")
          assert.strictEqual(yield* world.state(receipts[1]!.id), "dead")
          yield* world.inbox.discard(receipts[1]!.id, "it was a joke")
          assert.deepStrictEqual((yield* world.inbox.history(receipts[1]!.id)).at(-1)?.detail, "it was a joke")
          assert.deepInclude((yield* world.stats).byState, { dead: 0, discarded: 1, handled: 2 })
        }))

      more("without an id is stored however often it comes", (world) =>
        Effect.gen(function*() {
          const source = Inbox.source({ id: "shop" })
          const receipts = yield* world.inbox.offer(source, [{ body: "a" }, { body: "a" }, { body: "b", id: "b" }])
          assert.deepStrictEqual(receipts.map(({ created }) => created), [true, true, true])
          assert.isFalse((yield* world.inbox.offer(source, [{ body: "c", id: "b" }]))[0]?.created)
        }))

      more("whose source throws is dead, and nothing else is concerned", (world) =>
        Effect.gen(function*() {
          const source = sourceOf({
            entity: () => {
              throw new Error("a bug")
            }
          })
          const [receipt] = yield* world.inbox.offer(source, [order("e1", "a", 1)])
          assert.deepInclude((yield* world.inbox.get(receipt!.id)).error, { tag: "Unreadable" })
        }))

      more("of bytes that are no text comes to its handler to the byte", (world) =>
        Effect.gen(function*() {
          const bytes = new Uint8Array([0, 255, 254, 10, 13])
          const seen: Array<unknown> = []
          yield* world.inbox.offer(Inbox.source({ id: "raw" }), [{ body: bytes }])
          yield* Effect.forkScoped(Effect.provide(
            Inbox.worker([
              Inbox.on(
                Inbox.source({ id: "raw" }),
                (event) => Effect.sync(() => seen.push([...event.body], event.value))
              )
            ]),
            world.context
          ))
          yield* world.pass("1 second")
          assert.deepStrictEqual(seen[0], [...bytes])
        }))
    })

    describe("order", () => {
      test("within an entity: one at a time, and what is older than what was handled is stale", (world) =>
        Effect.gen(function*() {
          let running = 0
          yield* world.worker((event) =>
            Effect.gen(function*() {
              running++
              assert.strictEqual(running, 1)
              yield* Effect.sleep("1 second")
              running--
              yield* world.see(event)
            })
          )
          // a batch is put in order
          yield* world.offer(order("e3", "a", 3), order("e1", "a", 1), order("e2", "a", 2))
          yield* world.pass("5 seconds")
          assert.deepStrictEqual(world.seen, ["e1", "e2", "e3"])
          const [late] = yield* world.offer(order("e0", "a", 2))
          yield* world.offer(order("same", "a", 3), order("e4", "a", 4))
          yield* world.pass("5 seconds")
          assert.deepStrictEqual(world.seen, ["e1", "e2", "e3", "same", "e4"])
          assert.deepInclude(yield* world.inbox.get(late!.id), { ignored: "stale", state: "ignored" })
          assert.deepStrictEqual(
            (yield* world.inbox.list({ source: "shop", state: "ignored" })).items.map(({ id }) => id),
            [late!.id]
          )
          assert.deepInclude((yield* world.stats).byState, { discarded: 0, handled: 5, ignored: 1 })
        }))

      more("of another entity, or without one, waits for nobody and is never stale", (world) =>
        Effect.gen(function*() {
          yield* world.offer(order("a9", "a", 9))
          yield* world.worker()
          yield* world.pass("1 second")
          yield* world.offer(order("b1", "b", 1), order("n2", undefined, 2), order("n1", undefined, 1))
          yield* world.inbox.offer(shop, [order("c1", "a", 1)], { connectionId: "another" })
          yield* world.pass("1 second")
          assert.sameMembers(world.seen, ["a9", "b1", "n2", "n1", "c1"])
        }))

      more("a stale event is handed out with a flag where its source says so", (world) =>
        Effect.gen(function*() {
          const source = sourceOf({ stale: "handle" })
          yield* world.worker(world.see, { source })
          yield* world.offer(order("e2", "a", 2))
          yield* world.pass("1 second")
          yield* world.offer(order("e1", "a", 1))
          yield* world.pass("1 second")
          yield* world.offer(order("e2b", "a", 2))
          yield* world.pass("1 second")
          assert.deepStrictEqual(world.seen, ["e2", "e1 (stale)", "e2b"])
        }))

      more("a worker that dies before it has ended what is stale is made up for", (world) =>
        Effect.gen(function*() {
          const [receipt] = yield* world.offer(order("e1", "a", 1))
          const { queue, queueOf } = world.inbox.workings
          const [item] = yield* queue.claim({ owner: "dead", queue: queueOf("shop") })
          yield* queue.fail(item!.id, item!.token, { next: { _tag: "park" }, reason: "Stale" })
          assert.strictEqual(yield* world.state(receipt!.id), "ignored")
          yield* world.worker()
          yield* world.pass("1 second")
          assert.isTrue(Option.isSome(yield* queue.get(receipt!.id)))
          assert.deepStrictEqual((yield* queue.list({ queue: queueOf("shop"), states: ["parked"] })).items, [])
        }))
    })

    describe("a handler that fails", () => {
      more(
        "is asked again after growing pauses, and keeps its entity waiting meanwhile",
        (world) =>
          Effect.gen(function*() {
            let failures = 2
            yield* world.worker(
              (event) => event.value.id === "e1" && failures-- > 0 ? Effect.fail("not yet") : world.see(event),
              { retry: { initialDelay: "10 seconds" } }
            )
            const [first] = yield* world.offer(order("e1", "a", 1), order("e2", "a", 2), order("b1", "b", 1))
            yield* world.pass("2 seconds")
            assert.deepStrictEqual(world.seen, ["b1"])
            yield* world.pass("2 minutes")
            assert.deepStrictEqual(world.seen, ["b1", "e1", "e2"])
            assert.deepInclude(yield* world.inbox.get(first!.id), { attempts: 3, state: "handled" })
            assert.deepStrictEqual(yield* world.outcomes(first!.id), ["failed", "failed", "handled"])
          })
      )

      test("too often leaves the event dead; the next of its entity is handled; a replay of the older one is stale", (world) =>
        Effect.gen(function*() {
          let isBroken = true
          yield* world.worker(
            (event) => isBroken && event.value.order === "a" ? Effect.fail({ _tag: "Broken" }) : world.see(event),
            { retry: { initialDelay: "1 second", maxAttempts: 2 } }
          )
          const [first] = yield* world.offer(order("e1", "a", 1))
          yield* world.pass("10 seconds")
          assert.deepInclude(yield* world.inbox.get(first!.id), { attempts: 2, state: "dead" })
          assert.deepInclude((yield* world.inbox.get(first!.id)).error, { tag: "Broken" })
          isBroken = false
          // nothing newer yet: it is not too late
          yield* world.inbox.replay(first!.id)
          yield* world.pass("1 second")
          assert.deepStrictEqual(world.seen, ["e1"])

          isBroken = true
          const [second] = yield* world.offer(order("e2", "a", 2))
          yield* world.pass("10 seconds")
          isBroken = false
          yield* world.offer(order("e3", "a", 3))
          yield* world.pass("1 second")
          assert.deepStrictEqual(world.seen, ["e1", "e3"])
          assert.strictEqual(yield* world.inbox.replayAll({ errorTag: "Broken", source: "shop" }), 1)
          yield* world.pass("1 second")
          assert.strictEqual(yield* world.state(second!.id), "ignored")
          assert.deepStrictEqual(world.seen, ["e1", "e3"])
        }))

      more("a dead event holds its entity where its source says so", (world) =>
        Effect.gen(function*() {
          const source = sourceOf({ onDead: "block" })
          yield* world.worker(
            (event) => event.value.id === "e1" ? Effect.fail("no") : world.see(event),
            { retry: { maxAttempts: 1 }, source }
          )
          const [first] = yield* world.inbox.offer(source, [order("e1", "a", 1), order("e2", "a", 2)])
          yield* world.pass("10 seconds")
          assert.deepStrictEqual(world.seen, [])
          yield* world.inbox.discard(first!.id, "no use")
          yield* world.pass("2 seconds")
          assert.deepStrictEqual(world.seen, ["e2"])
        }))

      more(
        "with what a call was refused burns no attempt, and with what is no better is asked once",
        (world) =>
          Effect.gen(function*() {
            let refusals = 5
            yield* world.worker((event) => {
              const common = { integration: "billing", message: "no", operation: "invoices.create" }
              if (event.value.id === "bad") return Effect.fail(new IntegrationError.ValidationError(common))
              return refusals-- > 0
                ? Effect.fail(new IntegrationError.CircuitBreakerOpenError(common))
                : world.see(event)
            }, { pollInterval: "10 seconds", retry: { maxAttempts: 2 } })
            const [good, bad] = yield* world.offer(order("e1", "a", 1), order("bad", "b", 1))
            yield* world.pass("10 minutes")
            assert.deepStrictEqual(world.seen, ["e1"])
            assert.deepInclude(yield* world.inbox.get(good!.id), { attempts: 1, state: "handled" })
            assert.deepInclude(yield* world.inbox.get(bad!.id), { attempts: 1, state: "dead" })
          })
      )

      more("by a bug, or by never coming to an end, is not asked for ever", (world) =>
        Effect.gen(function*() {
          yield* world.worker((event) => event.value.order === "bug" ? Effect.die(new Error("a bug")) : Effect.never, {
            retry: { initialDelay: "1 second", maxAttempts: 2 },
            timeout: "10 seconds"
          })
          const [bug, slow] = yield* world.offer(order("e1", "bug", 1), order("e2", "slow", 1))
          yield* world.pass("1 minute")
          assert.deepInclude((yield* world.inbox.get(bug!.id)).error, { message: "a bug", tag: "Defect" })
          assert.deepInclude((yield* world.inbox.get(slow!.id)).error, { tag: "HandlerTimeout" })
          assert.deepInclude((yield* world.stats).byState, { dead: 2 })
        }))
    })

    describe("a worker", () => {
      test("that died is stood in for when its lease ends", (world) =>
        Effect.gen(function*() {
          const [receipt] = yield* world.offer(order("e1", "a", 1))
          const { queue, queueOf } = world.inbox.workings
          yield* queue.claim({ lease: "30 seconds", owner: "dead", queue: queueOf("shop") })
          yield* world.worker()
          yield* world.pass("29 seconds")
          assert.deepStrictEqual(world.seen, [])
          yield* world.pass("2 seconds")
          assert.deepStrictEqual(world.seen, ["e1"])
          assert.deepInclude(yield* world.inbox.get(receipt!.id), { stalls: 1, state: "handled" })
        }))

      more("that is shut down ends what it can, and gives the rest back", (world) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const slowly = (event: Inbox.Event<Order>) => Effect.delay(world.see(event), "10 seconds")
          yield* Scope.extend(world.worker(slowly, { drain: "8 seconds" }), scope)
          const [slow] = yield* world.offer(order("e1", "a", 1))
          yield* world.pass("5 seconds")
          const [slower] = yield* world.offer(order("e2", "b", 1))
          yield* world.pass("1 second")
          const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
          yield* world.pass("9 seconds")
          assert.isTrue(Option.isSome(yield* closing.poll))
          assert.strictEqual(yield* world.state(slow!.id), "handled")
          assert.deepInclude(yield* world.inbox.get(slower!.id), { attempts: 0, state: "ready" })
          assert.deepStrictEqual(yield* world.outcomes(slower!.id), ["released"])
        }))

      more("handles nothing of a source that is paused, which goes on storing", (world) =>
        Effect.gen(function*() {
          yield* world.worker()
          yield* world.inbox.pause("shop", "their migration")
          yield* world.pass("2 seconds")
          yield* world.offer(order("e1", "a", 1))
          yield* world.pass("10 seconds")
          assert.deepStrictEqual(world.seen, [])
          assert.strictEqual(Option.getOrThrow((yield* world.stats).paused).reason, "their migration")
          yield* world.inbox.resume("shop")
          yield* world.pass("2 seconds")
          assert.deepStrictEqual(world.seen, ["e1"])
          assert.deepStrictEqual((yield* world.inbox.stats()).map(({ source }) => source), ["shop"])
        }))

      more("forgets what has been final for long, and no id before its time", (world) =>
        Effect.gen(function*() {
          const source = sourceOf({ remember: "3 hours" })
          yield* world.worker(world.see, { pollInterval: "10 minutes", retention: "1 hour", source })
          const [receipt] = yield* world.inbox.offer(source, [order("e1", "a", 5)])
          yield* world.pass("2 hours")
          assert.isFalse((yield* world.inbox.offer(source, [order("e1", "a", 5)]))[0]?.created)
          assert.strictEqual(yield* world.state(receipt!.id), "handled")
          yield* world.pass("2 hours")
          assert.deepInclude(yield* Effect.flip(world.inbox.get(receipt!.id)), { reason: "not-found" })
          // its entity is forgotten with it, and begins anew
          yield* world.inbox.offer(source, [order("e0", "a", 1)])
          yield* world.pass("11 minutes")
          assert.deepStrictEqual(world.seen, ["e1", "e0"])
        }))
    })

    describe("what was refused", () => {
      const rejection = (n: number): Inbox.Rejection => ({
        body: Buffer.from(`body ${n} ${"x".repeat(5000)}`),
        headers: { "content-type": "text/plain", "x-signature": `secret-${n}-fake` },
        message: "no signature is that of the secret",
        method: "POST",
        path: "/webhooks/shop",
        reason: n % 2 === 0 ? "signature-mismatch" : "too-old",
        source: "shop"
      })

      test("is kept with its reason, within bounds, and without what may be secret", (world) =>
        Effect.gen(function*() {
          for (let n = 0; n < 45; n++) {
            yield* world.inbox.reject(rejection(n))
            yield* world.pass("200 millis")
          }
          const { items } = yield* world.inbox.rejected({}, { limit: 500 })
          assert.isAtMost(items.length, 10 + 20)
          assert.deepInclude(items.at(-1), {
            headers: { "content-type": "text/plain", "x-signature": "(14 characters)" },
            path: "/webhooks/shop",
            reason: "signature-mismatch",
            size: 5008
          })
          const body = items.at(-1)!.body
          assert.isTrue(body._tag === "Text" && body.value.length === 100 && body.value.startsWith("body 44"))
          const old = yield* world.inbox.rejected({ reason: "too-old" })
          assert.isAbove(old.items.length, 0)
          assert.isTrue(old.items.every(({ reason }) => reason === "too-old"))
          yield* world.pass("1 hour")
          assert.strictEqual(yield* world.inbox.forgetRejected("30 minutes"), items.length)
          assert.deepStrictEqual((yield* world.inbox.rejected()).items, [])
        }), { maxRejected: 10, maxRejectedBytes: 100 })

      more("by a flood is refused all the same, and not written", (world) =>
        Effect.gen(function*() {
          const kept = yield* Effect.forEach(Array.from({ length: 300 }, (_, n) => n), (n) =>
            world.inbox.reject(rejection(n)))
          assert.strictEqual(kept.filter(Boolean).length, 50)
        }))
    })

    describe("a poll", () => {
      test("pulls from where the last one ended, by one process at a time, and into the same place", (world) =>
        Effect.gen(function*() {
          const asked: Array<string> = []
          let running = 0
          const pages = new Map([["", 2], ["2", 2], ["4", 0]])
          const pull = (cursor: Option.Option<string>) =>
            Effect.gen(function*() {
              running++
              assert.strictEqual(running, 1)
              const from = Option.getOrElse(cursor, () => "")
              asked.push(from)
              yield* Effect.sleep("1 second")
              running--
              const size = pages.get(from) ?? 0
              const start = Number(from)
              return {
                cursor: String(start + size),
                events: Array.from({ length: size }, (_, n) => order(`e${start + n}`, "a", start + n)),
                hasMore: size > 0
              }
            })
          yield* world.worker()
          // one of them came by webhook before
          yield* world.inbox.offer(shop, [order("e0", "a", 0)], { via: "webhook" })
          yield* world.pass("1 second")
          for (const owner of ["one", "two"]) {
            yield* Effect.forkScoped(
              Effect.provide(Inbox.poll(shop, { every: "1 minute", owner, pull }), world.context)
            )
          }
          yield* world.pass("30 seconds")
          assert.deepStrictEqual(asked, ["", "2", "4"])
          assert.deepStrictEqual(world.seen, ["e0", "e1", "e2", "e3"])
          pages.set("4", 1)
          yield* world.pass("1 minute")
          assert.deepStrictEqual(asked.slice(0, 5), ["", "2", "4", "4", "5"])
          assert.deepStrictEqual(world.seen, ["e0", "e1", "e2", "e3", "e4"])
        }))

      more("that fails goes on after a pause, from where it was", (world) =>
        Effect.gen(function*() {
          const asked: Array<string> = []
          const pull = (cursor: Option.Option<string>) =>
            Effect.suspend(() => {
              asked.push(Option.getOrElse(cursor, () => ""))
              if (asked.length === 2) return Effect.fail("their fault")
              if (asked.length === 3) return Effect.die(new Error("ours"))
              return Effect.succeed({ cursor: String(asked.length), events: [] })
            })
          yield* Effect.forkScoped(Effect.provide(Inbox.poll(shop, { every: "10 seconds", pull }), world.context))
          yield* world.pass("5 seconds")
          assert.deepStrictEqual(asked, [""])
          yield* world.pass("2 minutes")
          assert.deepStrictEqual(asked.slice(0, 4), ["", "1", "1", "1"])
        }))
    })

    more("a handler that asks for a transaction is told that this store has none", (world) =>
      Effect.gen(function*() {
        yield* world.worker(() => Inbox.commit(Effect.dieMessage("never")), { retry: { maxAttempts: 1 } })
        const [receipt] = yield* world.offer(order("e1", "a", 1))
        yield* world.pass("1 second")
        assert.include((yield* world.inbox.get(receipt!.id)).error?.message, "Inbox/Sql")
      }))
  })
}
