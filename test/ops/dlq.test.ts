import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref } from "effect"
import type { DeadLetterQueue } from "holdfast"
import * as fs from "node:fs"
import * as path from "node:path"
import { breakerOpen, contactExists, letter, serverError } from "../../src/testing/conformance/internal/deadLetters.js"
import * as files from "../delivery/files.js"
import { cli, type Given, json, lettersIn, lines, replaying } from "./kit.js"

/** A store with three letters: two of HubSpot, and one of another integration. */
const stored = Effect.gen(function*() {
  const file = yield* files.file
  const queue = yield* lettersIn(file)
  const first = yield* queue.capture(letter())
  const second = yield* queue.capture(letter({ error: contactExists(), operation: "contacts.update" }))
  const third = yield* queue.capture(letter({ integration: "stripe", operation: "charges.create" }))
  const run = (argv: ReadonlyArray<string>, given?: Given) => cli([...argv, "--store", `sqlite:${file}`], given)
  return { file, first, queue, run, second, third }
})

const stateOf = (queue: DeadLetterQueue.DeadLetterQueue["Type"], id: string) =>
  Effect.map(queue.get(id), ({ state }) => state)

const nobody = "01HZZZZZZZZZZZZZZZZZZZZZZZ"

describe("holdfast dlq list", () => {
  it.scopedLive("is a table for people, and lines of JSON for machines", () =>
    Effect.gen(function*() {
      const { first, run, second, third } = yield* stored
      const table = yield* run(["dlq", "list"])
      assert.strictEqual(table.code, 0)
      assert.strictEqual(table.err, "")
      const [head, ...rows] = table.out.trimEnd().split("\n")
      assert.match(head!, /^ID +STATE +INTEGRATION +OPERATION +REPLAYS +AGE +ERROR$/)
      assert.deepStrictEqual(rows.map((row) => row.slice(0, 26)), [first, second, third])
      assert.include(rows[0]!, "ServerError 503: it failed")

      const machine = yield* run(["dlq", "list", "--json"])
      assert.deepStrictEqual(lines(machine.out).map(({ id }) => id), [first, second, third])
      const [{ operation, request, signature, state }] = lines(machine.out)
      assert.deepStrictEqual({ operation, signature, state }, {
        operation: "contacts.create",
        signature: "ServerError 503",
        state: "pending"
      })
      assert.deepStrictEqual(request.body, { _tag: "Text", value: "{\"name\":\"Zoë\"}" })
    }))

  it.scopedLive("takes filters, pages and an order", () =>
    Effect.gen(function*() {
      const { first, run, second, third } = yield* stored
      const ids = (argv: ReadonlyArray<string>) =>
        Effect.map(run(["dlq", "list", "--json", ...argv]), ({ out }) => lines(out).map(({ id }) => id))
      assert.deepStrictEqual(yield* ids(["--integration", "stripe"]), [third])
      assert.deepStrictEqual(yield* ids(["--operation", "contacts.update"]), [second])
      assert.deepStrictEqual(yield* ids(["--error", "ConflictError", "--error", "TimeoutError"]), [second])
      assert.deepStrictEqual(yield* ids(["--signature", "ServerError 503"]), [first, third])
      assert.deepStrictEqual(yield* ids(["--state", "parked"]), [])
      assert.deepStrictEqual(yield* ids(["--since", "2h"]), [first, second, third])
      assert.deepStrictEqual(yield* ids(["--until", "2 hours"]), [])
      assert.deepStrictEqual(yield* ids(["--since", "2020-01-01", "--newest"]), [third, second, first])
      const page = yield* run(["dlq", "list", "--json", "--limit", "2"])
      assert.deepStrictEqual(lines(page.out).map(({ id }) => id), [first, second])
      const after = /--after (\S+),/.exec(page.err)?.[1]
      assert.deepStrictEqual(yield* ids(["--after", after!]), [third])
      assert.deepStrictEqual(yield* ids(["--limit", "1", "--all"]), [first, second, third])
    }))

  it.scopedLive("shows what a provider has written, and does not do it", () =>
    Effect.gen(function*() {
      const { queue, run } = yield* stored
      yield* queue.capture(
        letter({ error: serverError("\u001b[2J\u001b]0;owned\u0007gone\r\nnext"), integration: "evil" })
      )
      const { out } = yield* run(["dlq", "list", "--integration", "evil"])
      // eslint-disable-next-line no-control-regex -- what must not be there
      assert.notMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      assert.include(out, "gone next")
      const narrow = yield* run(["dlq", "list", "--integration", "evil"], { columns: 100 })
      assert.isTrue(narrow.out.split("\n").every((line) => line.length <= 100), narrow.out)
    }))
})

describe("holdfast dlq show", () => {
  it.scopedLive("tells of one letter, its request and its history", () =>
    Effect.gen(function*() {
      const { first, queue, run } = yield* stored
      yield* queue.park(first, "look at it")
      const shown = yield* run(["dlq", "show", first])
      assert.strictEqual(shown.code, 0)
      for (
        const text of [
          first,
          "POST /crm/v3/objects/contacts?a=b",
          "content-type: application/json",
          "{\"name\":\"Zoë\"}",
          "look at it",
          "parked"
        ]
      ) assert.include(shown.out, text)
      const machine = json((yield* run(["dlq", "show", first, "--json"])).out)
      assert.strictEqual(machine.id, first)
      assert.deepInclude(machine.history[0], { detail: "look at it", outcome: "parked" })
    }))

  it.scopedLive("of one that is not there ends with 3, and of what is no id with 2", () =>
    Effect.gen(function*() {
      const { run } = yield* stored
      const missing = yield* run(["dlq", "show", nobody])
      assert.deepStrictEqual([missing.code, missing.out], [3, ""])
      assert.include(missing.err, nobody)
      assert.strictEqual((yield* run(["dlq", "show", "17"])).code, 2)
    }))
})

describe("holdfast dlq stats", () => {
  it.scopedLive("counts by state and by what failed", () =>
    Effect.gen(function*() {
      const { queue, run, third } = yield* stored
      yield* queue.discard(third, "no")
      const { out } = yield* run(["dlq", "stats", "--json"])
      const stats = json(out)
      assert.deepInclude(stats, { byIntegration: { hubspot: 2, stripe: 1 }, total: 3, undecodable: 0 })
      assert.deepInclude(stats.byState, { discarded: 1, pending: 2 })
      assert.isTrue(stats.oldestAgeMs >= 0)
      assert.deepStrictEqual(
        stats.groups.map(({ count, signature }: any) => [count, signature]).toSorted(),
        [[1, "ConflictError 409 CONTACT_EXISTS"], [1, "ServerError 503"], [1, "ServerError 503"]]
      )
      const text = yield* run(["dlq", "stats"])
      assert.match(text.out, /^total +3$/m)
      assert.match(text.out, /^COUNT +INTEGRATION/m)
    }))
})

describe("holdfast dlq replay", () => {
  const sending = Effect.gen(function*() {
    const sent = yield* Ref.make<ReadonlyArray<string>>([])
    const layer = replaying(({ id, operation }) =>
      operation === "contacts.update"
        ? Effect.fail(contactExists())
        : Ref.update(sent, (ids) => [...ids, id])
    )
    return { layer, sent }
  })

  it.scopedLive("shows the plan, asks, and sends", () =>
    Effect.gen(function*() {
      const { first, queue, run } = yield* stored
      const { layer, sent } = yield* sending
      const no = yield* run(["dlq", "replay", first], { answer: false, layer })
      assert.strictEqual(no.code, 4)
      assert.include(no.out, "1 letter of 1 would be sent")
      assert.include(no.err, "Send 1 letter again?")
      assert.deepStrictEqual(yield* Ref.get(sent), [])
      const nobodyThere = yield* run(["dlq", "replay", first], { layer })
      assert.strictEqual(nobodyThere.code, 4)
      assert.include(nobodyThere.err, "--yes")
      const yes = yield* run(["dlq", "replay", first, "--rate", "50"], { answer: true, layer })
      assert.strictEqual(yes.code, 0, yes.err)
      assert.include(yes.out, "done; 1 of 1 letter sent, 0 failed, 0 skipped")
      assert.deepStrictEqual(yield* Ref.get(sent), [first])
      assert.strictEqual(yield* stateOf(queue, first), "replayed")
    }))

  it.scopedLive("with a dry run changes nothing, and says what would not be sent, and why", () =>
    Effect.gen(function*() {
      const { queue, run, third } = yield* stored
      const { layer, sent } = yield* sending
      const text = yield* run(["dlq", "replay", "--all", "--dry-run"], { layer })
      assert.strictEqual(text.code, 0)
      assert.include(text.out, "no-replayer: no layer of its integration is there")
      const { plan, report } = json((yield* run(["dlq", "replay", "--all", "--dry-run", "--json"], { layer })).out)
      assert.isUndefined(report)
      assert.deepInclude(plan, {
        eligible: 2,
        ineligible: [{ count: 1, ids: [third], reason: "no-replayer" }],
        selected: 3
      })
      assert.deepStrictEqual(yield* Ref.get(sent), [])
      assert.strictEqual((yield* queue.stats()).byState.pending, 3)
    }))

  it.scopedLive("where not all went well it ends with 1, and says so", () =>
    Effect.gen(function*() {
      const { first, queue, run, second } = yield* stored
      const { layer, sent } = yield* sending
      const result = yield* run(["dlq", "replay", "--integration", "hubspot", "--yes", "--json"], { layer })
      assert.strictEqual(result.code, 1)
      const { report } = json(result.out)
      assert.deepInclude(report, { ended: { _tag: "Done" }, failed: 1, finished: 2, replayed: 1, skipped: 0 })
      assert.deepStrictEqual(yield* Ref.get(sent), [first])
      assert.strictEqual(yield* stateOf(queue, second), "pending")
      assert.match(result.err, /^2\/2, 1 failed$/m)
    }))

  it.scopedLive("stops when too many fail", () =>
    Effect.gen(function*() {
      const { queue, run } = yield* stored
      for (let more = 0; more < 8; more++) yield* queue.capture(letter({ operation: "contacts.update" }))
      const { layer } = yield* sending
      const argv = ["dlq", "replay", "--operation", "contacts.update", "--yes", "--concurrency", "1"]
      const stopped = yield* run([...argv, "--stop-ratio", "1", "--stop-over", "3"], { layer })
      assert.strictEqual(stopped.code, 1)
      assert.include(stopped.out, "stopped: 3 of the last 3 failed")
      const odd = yield* run([...argv, "--stop-ratio", "7"], { layer })
      assert.strictEqual(odd.code, 2)
      assert.include(odd.err, "errorRatio")
    }))

  it.scopedLive("interrupted, it lets those in flight end, and says how far it came", () =>
    Effect.gen(function*() {
      const { queue, run } = yield* stored
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const layer = replaying(() => Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(go)))
      const fiber = yield* Effect.fork(
        run(["dlq", "replay", "--integration", "hubspot", "--concurrency", "1", "--yes"], { layer })
      )
      yield* Deferred.await(begun)
      const end = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(end)
      assert.deepInclude((yield* queue.stats({ integration: "hubspot" })).byState, {
        pending: 1,
        replayed: 1,
        replaying: 0
      })
    }))

  it.scopedLive("needs to be told which letters, and layers that send them", () =>
    Effect.gen(function*() {
      const { first, run } = yield* stored
      assert.strictEqual((yield* run(["dlq", "replay", "--yes"])).code, 2)
      assert.strictEqual((yield* run(["dlq", "replay", first, "--all", "--yes"])).code, 2)
      const alone = yield* run(["dlq", "replay", first, "--yes"])
      assert.strictEqual(alone.code, 1)
      assert.include(alone.out, "give a module with it: --module FILE")
      const missing = yield* run(["dlq", "replay", nobody, "--yes"])
      assert.strictEqual(missing.code, 3)
    }))

  it.scopedLive("a bar is drawn on a terminal, while what is refused here is waited for", () =>
    Effect.gen(function*() {
      const { first, run } = yield* stored
      const failures = yield* Ref.make(1)
      const layer = replaying(() =>
        Effect.flatMap(
          Ref.getAndUpdate(failures, (left) => left - 1),
          (left) => left > 0 ? Effect.fail(breakerOpen("1 millis")) : Effect.void
        )
      )
      const { code, err } = yield* run(["dlq", "replay", first, "--yes"], { isLive: true, layer })
      assert.strictEqual(code, 0)
      assert.include(err, `\r[${"#".repeat(24)}] 1/1`)
    }))
})

describe("holdfast dlq edit", () => {
  it.scopedLive("makes a new version, and keeps what was", () =>
    Effect.gen(function*() {
      const { file, first, queue, run } = yield* stored
      const body = path.join(path.dirname(file), "body.json")
      fs.writeFileSync(body, "{\"name\":\"Zoe\"}")
      const before = yield* queue.get(first)
      const dry = yield* run(["dlq", "edit", first, "--body", body, "--dry-run"])
      assert.strictEqual(dry.code, 0)
      assert.match(dry.out, /^body +\{"name":"Zoë"\} +\{"name":"Zoe"\}$/m)
      assert.strictEqual((yield* queue.get(first)).version, before.version)
      const edited = yield* run(["dlq", "edit", first, "--body", "-", "--reason", "a typo", "--json"], { input: "{}" })
      assert.strictEqual(edited.code, 0, edited.err)
      const after = yield* queue.get(first)
      assert.deepStrictEqual(after.request.body, { _tag: "Text", value: "{}" })
      assert.deepStrictEqual(after.original.body, before.request.body)
      assert.notStrictEqual(after.idempotencyKey, before.idempotencyKey)
      assert.deepStrictEqual(
        json(edited.out).changes.map(({ part }: any) => part),
        ["body", "idempotencyKey"]
      )
    }))

  it.scopedLive("refuses what would be a credential, another server, nothing, or a version that is gone", () =>
    Effect.gen(function*() {
      const { first, queue, run } = yield* stored
      const code = (argv: ReadonlyArray<string>) => Effect.map(run(["dlq", "edit", first, ...argv]), ({ code }) => code)
      const secret = yield* run(["dlq", "edit", first, "--header", "Authorization: Bearer obviously-fake"])
      assert.strictEqual(secret.code, 4)
      assert.notInclude(secret.err + secret.out, "obviously-fake")
      assert.strictEqual(yield* code(["--url", "https://elsewhere.example/x", "--dry-run"]), 4)
      assert.strictEqual(yield* code([]), 4)
      assert.strictEqual(yield* code(["--url", "/x", "--letter-version", "17"]), 4)
      assert.strictEqual(yield* code(["--header", "obviously-fake"]), 2)
      assert.strictEqual(yield* code(["--body", "no-such-file"]), 3)
      assert.strictEqual((yield* queue.get(first)).earlier, undefined)
    }))
})

describe("holdfast dlq park, unpark, discard", () => {
  it.scopedLive("by ids, each of which is told of", () =>
    Effect.gen(function*() {
      const { first, queue, run, second } = yield* stored
      const dry = yield* run(["dlq", "park", first, "--reason", "wait", "--dry-run"])
      assert.include(dry.out, "would be parked")
      assert.strictEqual(yield* stateOf(queue, first), "pending")
      const parked = yield* run(["dlq", "park", first, second, nobody, "--reason", "wait", "--json"])
      assert.strictEqual(parked.code, 3)
      assert.deepStrictEqual(json(parked.out).letters, [
        { id: first, outcome: "parked" },
        { id: second, outcome: "parked" },
        { id: nobody, outcome: "not found" }
      ])
      assert.strictEqual((yield* run(["dlq", "unpark", first])).code, 0)
      assert.strictEqual(yield* stateOf(queue, first), "pending")
      assert.strictEqual((yield* run(["dlq", "discard", second, "--reason", "sent by hand"])).code, 0)
      const again = yield* run(["dlq", "unpark", second])
      assert.strictEqual(again.code, 4)
      assert.include(again.out, "it is discarded")
      assert.deepInclude((yield* queue.history(second)).at(-1), { detail: "sent by hand", outcome: "discarded" })
    }))

  it.scopedLive("by a filter, after somebody was asked", () =>
    Effect.gen(function*() {
      const { queue, run } = yield* stored
      const argv = ["dlq", "discard", "--integration", "hubspot", "--reason", "no"]
      assert.include((yield* run([...argv, "--dry-run"])).out, "2 letters would be discarded")
      assert.strictEqual((yield* run(argv)).code, 4)
      assert.strictEqual((yield* queue.stats()).byState.discarded, 0)
      const done = yield* run(argv, { answer: true })
      assert.strictEqual(done.code, 0)
      assert.include(done.err, "2 letters will be discarded")
      assert.include(done.out, "2 letters discarded")
      assert.strictEqual((yield* queue.stats()).byState.discarded, 2)
      assert.strictEqual((yield* run(["dlq", "discard", "--reason", "no", "--yes"])).code, 2)
      assert.strictEqual((yield* run([...argv, "--state", "replayed", "--yes"])).code, 4)
    }))
})

describe("holdfast dlq purge", () => {
  it.scopedLive("removes final letters, and asks before", () =>
    Effect.gen(function*() {
      const { first, queue, run } = yield* stored
      yield* queue.discard(first, "no")
      const argv = ["dlq", "purge", "--older-than", "0s"]
      const dry = yield* run([...argv, "--dry-run", "--json"])
      assert.deepStrictEqual(json(dry.out), { discarded: 1, dryRun: true, purged: 1, replayed: 0 })
      assert.strictEqual((yield* run(argv)).code, 4)
      assert.strictEqual((yield* queue.stats()).total, 3)
      assert.strictEqual((yield* run([...argv, "--yes"])).code, 0)
      assert.strictEqual((yield* queue.stats()).total, 2)
      assert.strictEqual((yield* run([...argv, "--state", "pending", "--yes"])).code, 4)
      assert.strictEqual((yield* run(["dlq", "purge", "--older-than", "soon", "--yes"])).code, 2)
      assert.strictEqual((yield* run(["dlq", "purge", "--yes"])).code, 2)
    }))
})

describe("holdfast dlq export and import", () => {
  it.scopedLive("go from one store to another, and may be repeated", () =>
    Effect.gen(function*() {
      const { file, first, run } = yield* stored
      const ndjson = path.join(path.dirname(file), "letters.ndjson")
      const exported = yield* run(["dlq", "export", ndjson, "--integration", "hubspot", "--json"])
      assert.deepStrictEqual(json(exported.out), { exported: 2, file: ndjson })
      assert.strictEqual(fs.statSync(ndjson).mode & 0o777, 0o600)
      assert.strictEqual((yield* run(["dlq", "export", ndjson])).code, 4)
      const other = `sqlite:${path.join(path.dirname(file), "other.db")}`
      assert.strictEqual((yield* cli(["migrate", "--store", other])).code, 0)
      const into = (argv: ReadonlyArray<string>, given?: Given) =>
        cli(["dlq", "import", ...argv, "--store", other], given)
      assert.include((yield* into([ndjson, "--dry-run"])).out, "2 letters would be imported")
      assert.deepInclude(json((yield* into([ndjson, "--json"])).out), { dryRun: false, imported: 2, present: 0 })
      assert.deepInclude(json((yield* into([ndjson, "--json"])).out), { imported: 0, present: 2 })
      const shown = yield* cli(["dlq", "show", first, "--store", other, "--json"])
      assert.strictEqual(json(shown.out).id, first)
      const piped = yield* run(["dlq", "export"])
      assert.strictEqual(piped.out.trim().split("\n").length, 3)
      assert.deepInclude(json((yield* into(["-", "--json"], { input: piped.out })).out), { imported: 1, present: 2 })
      assert.deepStrictEqual(fs.readdirSync(path.dirname(file)).filter((name) => name.startsWith(".")), [])
    }))

  it.scopedLive("a bad line is told by its number, and costs no other", () =>
    Effect.gen(function*() {
      const { queue, run } = yield* stored
      const { out } = yield* run(["dlq", "export", "--integration", "stripe"])
      const other = out.replaceAll(/"id":"\w{26}"/g, "\"id\":\"01HZZZZZZZZZZZZZZZZZZZZZZZ\"")
        .replaceAll(/key-\d+/g, "another-key")
      const result = yield* run(["dlq", "import", "-"], { input: `nonsense\n${other}{"format":1}\n` })
      assert.strictEqual(result.code, 2)
      assert.match(result.err, /^holdfast: -, line 1: /m)
      assert.match(result.err, /^holdfast: -, line 3: /m)
      assert.include(result.out, "1 letter imported, 0 there already")
      assert.strictEqual(yield* stateOf(queue, nobody), "pending")
      assert.strictEqual((yield* run(["dlq", "import", "no-such-file"])).code, 3)
    }))
})

describe("holdfast --version", () => {
  it.scopedLive("is that of the package", () =>
    Effect.gen(function*() {
      const { version } = JSON.parse(fs.readFileSync("package.json", "utf8"))
      assert.strictEqual((yield* cli(["--version"])).out.trim(), version)
    }))
})
