import { describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Emulator } from "holdfast/providers/hubspot"
import { Faults, Ledger } from "holdfast/testing"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll } from "vitest"

const root = new URL("../../", import.meta.url).pathname

interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Running {
  readonly child: ChildProcess
  readonly result: Promise<Result>
}

/** The real program, as `npm start` runs it. */
const start = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Running => {
  const { HUBSPOT_BASE_URL: _url, ...inherited } = process.env
  const child = spawn(
    process.execPath,
    ["--conditions=@holdfast/source", "--import", "tsx", "examples/main-job/main.ts", ...args],
    { cwd: root, env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] }
  )
  const output = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output.stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output.stderr += text))
  const result = new Promise<Result>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, ...output }))
  })
  return { child, result }
}

/** Ends with the test, whatever becomes of it. */
const run = (
  args: ReadonlyArray<string>,
  env?: Readonly<Record<string, string>>
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => start(args, env)), ({ child }) => Effect.sync(() => child.kill("SIGKILL")))

const finish = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
  Effect.scoped(Effect.flatMap(run(args, env), ({ result }) => Effect.promise(() => result)))

const keys = [
  "submitted",
  "delivered",
  "lost",
  "duplicated",
  "invalid",
  "attempts",
  "retries",
  "breakerOpened",
  "deadLettered",
  "replayed",
  "durationMs"
] as const

type Report = Readonly<Record<typeof keys[number], number>>

/** Stdout must be this line and nothing else. */
const reportOf = ({ stderr, stdout }: Result): Report => {
  assert.match(stdout, /^\{.*\}\n$/, stderr)
  const report: Report = JSON.parse(stdout)
  assert.deepStrictEqual(Object.keys(report), [...keys])
  return report
}

let folder: string
let files = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-main-job-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const header = "email,firstname,lastname,phone,company,city\n"

const file = (content: string | Uint8Array): string => {
  const path = join(folder, `contacts-${++files}.csv`)
  writeFileSync(path, content)
  return path
}

const contacts = (count: number): string =>
  file(
    header +
      Array.from({ length: count }, (_, index) => `c${index}@example.com,Ann,"Other, ${index}",,Acme,Rome\n`).join("")
  )

const db = (): string => join(folder, `letters-${++files}.db`)

/** The outage lasts for three seconds of the real clock: a process that is starved of its core may come after it. */
const byTheClock = { retry: 2 }

describe.concurrent("npm start", { timeout: 120_000 }, () => {
  it.live(
    "outage: the breaker opens, dead letters are kept and all of them replayed, however small the file",
    () =>
      Effect.gen(function*() {
        yield* Effect.forEach([120, 1], (count) =>
          Effect.gen(function*() {
            const result = yield* finish(["--json", "--faults", "outage", "--contacts", contacts(count), "--db", db()])
            const report = reportOf(result)
            assert.strictEqual(result.code, 0)
            assert.include(report, { submitted: count, delivered: count, lost: 0, duplicated: 0, invalid: 0 })
            assert.isAtLeast(report.breakerOpened, 1)
            assert.isAbove(report.deadLettered, 0)
            assert.strictEqual(report.replayed, report.deadLettered)
            assert.isAbove(report.attempts, count)
          }), { concurrency: 2 })
      }),
    byTheClock
  )

  it.live("heavy: nothing is lost or doubled, and the same seed gives the same faults to the same requests", () =>
    Effect.gen(function*() {
      const path = contacts(40)
      const faults = Faults.heavy(11, { retryAfterSeconds: { min: 0, max: 1 }, slowBodyDuration: "100 millis" })
      const against = Effect.scoped(Effect.gen(function*() {
        const { baseUrl, emulator } = yield* Emulator.serve({ faults })
        const report = reportOf(
          yield* finish(["--json", "--contacts", path, "--db", db()], { HUBSPOT_BASE_URL: baseUrl })
        )
        const entries = (yield* emulator.ledger).filter(({ operation }) => operation === "contacts.batchUpsert")
        // one that timed out before the emulator had read it, on a machine that is slow enough, is in no ledger
        assert.isAtMost(entries.length, report.attempts)
        for (const counts of Object.values(Ledger.tally(entries, "contacts"))) assert.strictEqual(counts.created, 1)
        const byRequest = new Map<string, Array<string>>()
        for (const { body, fault, status } of entries) {
          const key = JSON.stringify(body)
          byRequest.set(key, [...byRequest.get(key) ?? [], `${fault} ${status}`])
        }
        return { report, byRequest }
      }))
      const [one, other] = yield* Effect.all([against, against], { concurrency: 2 })
      // a machine that is slow enough makes a request time out and be sent once more: the faults before that are the same
      for (const [key, faults] of one.byRequest) {
        const again = other.byRequest.get(key) ?? []
        const length = Math.min(faults.length, again.length)
        assert.isAbove(length, 0)
        assert.deepStrictEqual(faults.slice(0, length), again.slice(0, length))
      }
      for (const { report } of [one, other]) {
        assert.include(report, { submitted: 40, delivered: 40, lost: 0, duplicated: 0, invalid: 0 })
        assert.strictEqual(report.replayed, report.deadLettered)
        assert.isAbove(report.retries, 0)
      }
    }))

  it.live(
    "of several rows for one contact the last one counts, through an outage too",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { baseUrl, emulator } = yield* Emulator.serve({
          faults: Faults.light(3, { outages: [{ afterRequests: 25, for: "1500 millis" }] })
        })
        const rows = Array.from({ length: 90 }, (_, index) => `c${index % 30}@example.com,row ${index},,,,\n`)
        const result = yield* finish(["--json", "--contacts", file(header + rows.join("")), "--db", db()], {
          HUBSPOT_BASE_URL: baseUrl
        })
        const report = reportOf(result)
        assert.strictEqual(result.code, 0)
        assert.include(report, { submitted: 90, delivered: 90, lost: 0, duplicated: 0, invalid: 0 })
        assert.isAbove(report.replayed, 0)
        const { contacts } = yield* emulator.state
        assert.deepStrictEqual(
          contacts.records.map(({ properties }) => `${properties.email} ${properties.firstname}`).sort(),
          Array.from({ length: 30 }, (_, index) => `c${index}@example.com row ${index + 60}`).sort()
        )
      })),
    byTheClock
  )

  it.live("bad rows are said with their lines, on stderr, and stop nothing", () =>
    Effect.gen(function*() {
      const path = file(Buffer.concat([
        Buffer.from("\uFEFFEmail;Firstname;Lastname\r\nada@example.com;Ada;\"Love;lace\r\n2\"\r\n;No;Email\r\n"),
        Buffer.from("bob@example.com;\"Bob;Builder\r\ncid@example.com;Cid\r\nADA@example.com;Ada;Twice\r\n"),
        Buffer.from([...Buffer.from("dan@example.com;"), 0xc3, 0x28, ...Buffer.from(";D\r\n")]),
        Buffer.from(`eve@example.com;${"x".repeat(1_000_000)};E\r\nzoë@example.com;Zoë;株式会社\r\nnope;N;N`)
      ]))
      const result = yield* finish(["--json", "--faults", "heavy", "--seed", "5", "--contacts", path, "--db", db()])
      const report = reportOf(result)
      assert.strictEqual(result.code, 0)
      assert.include(report, { submitted: 3, delivered: 3, lost: 0, duplicated: 0, invalid: 6 })
      assert.deepStrictEqual(result.stderr.trim().split("\n"), [
        `${path}:4: no e-mail`,
        `${path}:5: broken quoting: a quote is opened and not closed`,
        `${path}:6: 2 columns, and the header has 3`,
        `${path}:8: not valid UTF-8`,
        `${path}:9: longer than 128 KiB`,
        `${path}:11: not an e-mail address: nope`
      ])
    }))

  it.live("what cannot be done ends with one clear line and exit code 2", () =>
    Effect.gen(function*() {
      const good = contacts(1)
      const damaged = db()
      writeFileSync(damaged, "this is no database, and never was one")
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["--json", "--frobnicate"], /Unknown option '--frobnicate'/],
        [["--contacts", good, "--db", damaged], /cannot be opened.*move it away/]
      ]
      yield* Effect.forEach(cases, ([args, expected]) =>
        Effect.map(finish(args), ({ code, stderr, stdout }) => {
          assert.strictEqual(code, 2, stderr)
          assert.strictEqual(stdout, "")
          assert.match(stderr, expected)
          assert.match(stderr, /^holdfast: [^\n]+\n$/)
        }), { concurrency: 2 })
    }))

  it.live("a server that loses or refuses rows is found out", () =>
    Effect.scoped(Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({
        authorize: (headers) => headers.authorization === "Bearer pat-good"
      })
      const path = contacts(20)
      const refused = yield* finish(["--json", "--contacts", path, "--db", db()], {
        HUBSPOT_BASE_URL: baseUrl,
        HUBSPOT_ACCESS_TOKEN: "pat-bad"
      })
      assert.strictEqual(refused.code, 2)
      assert.match(refused.stderr, /^holdfast: HubSpot refuses the token, see HUBSPOT_ACCESS_TOKEN: [^\n]+\n$/)

      // one row that HubSpot will not have, and answers that promise what was not done
      yield* emulator.setFaults({
        outages: [],
        duringOutage: () => Faults.ok,
        decide: ({ key }) => ({
          fault: key.includes("\"c3@example.com\"") && key.includes("upsert")
            ? Faults.status(400)
            : key.includes("\"c4@example.com\"") && key.includes("upsert")
            ? Faults.status(200, { body: { status: "COMPLETE", results: [] } })
            : Faults.ok,
          latency: Duration.zero
        })
      })
      const result = yield* finish(["--json", "--contacts", path, "--db", db()], {
        HUBSPOT_BASE_URL: baseUrl,
        HUBSPOT_ACCESS_TOKEN: "pat-good"
      })
      assert.strictEqual(result.code, 1)
      assert.include(reportOf(result), { submitted: 20, delivered: 18, lost: 1, duplicated: 0, invalid: 1 })
      assert.include(result.stderr, `${path}:5: HubSpot: HTTP 400`)
    })))

  it.live("Ctrl-C keeps what is under way, and the next run replays it", () =>
    Effect.scoped(Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({
        faults: Faults.make({ latency: { min: "200 millis", max: "400 millis" } })
      })
      const args = ["--json", "--contacts", contacts(150), "--db", db()]
      const { child, result } = yield* run(args, { HUBSPOT_BASE_URL: baseUrl })
      yield* Effect.repeat(emulator.ledger, {
        schedule: Schedule.spaced("20 millis"),
        until: (entries) => entries.filter(({ processed }) => processed).length >= 20
      })
      child.kill("SIGINT")
      const first = yield* Effect.promise(() => result)
      assert.strictEqual(first.code, 130, first.stderr)
      const stopped = reportOf(first)
      assert.isAbove(stopped.deadLettered, 0)
      assert.isAtLeast(stopped.delivered, 1)
      assert.strictEqual(stopped.submitted, stopped.delivered + stopped.deadLettered)
      assert.match(
        first.stderr,
        /^interrupted: \d+ delivered, \d+ dead letters stored in [^\n]+, \d+ not started; [^\n]+\n$/
      )

      const second = yield* finish(args.slice(1), { HUBSPOT_BASE_URL: baseUrl })
      assert.strictEqual(second.code, 0, second.stderr)
      // the table for people, without control characters where nobody is looking
      assert.match(second.stdout, /rows submitted +150\n/)
      const all = stopped.deadLettered
      assert.match(second.stdout, new RegExp(`left by an earlier run +${all}, of which replayed ${all}\\n`))
      assert.include(second.stdout, "Nothing lost, nothing doubled, by the server's own contacts, read back.\n")
      // eslint-disable-next-line no-control-regex
      assert.notMatch(second.stdout + second.stderr, /[\r\u001b]/)
      const tally = Ledger.tally(yield* emulator.ledger, "contacts")
      assert.strictEqual(Object.keys(tally).length, 150)
      for (const counts of Object.values(tally)) assert.strictEqual(counts.created, 1)
    })))
})
