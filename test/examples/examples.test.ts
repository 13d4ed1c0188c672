/**
 * Every example does what its text says, in a process of its own, as a reader would start it.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, describe, expect, it } from "vitest"

const folder = mkdtempSync(join(tmpdir(), "holdfast-examples-"))
afterAll(() => rmSync(folder, { force: true, recursive: true }))

// what `npx tsx` does, less the processes of npx and tsx themselves
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

const run = (example: string, from: NodeJS.ProcessEnv = process.env) =>
  new Promise<{ readonly code: number | null; readonly output: string }>((settle, fail) => {
    const { HUBSPOT_ACCESS_TOKEN: _token, HUBSPOT_BASE_URL: _baseUrl, ...env } = from
    const child = spawn(
      process.execPath,
      ["--import", tsx, "--conditions=@holdfast/source", resolve("examples", example)],
      { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 }
    )
    let output = ""
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on("data", collect)
    child.stderr.on("data", collect)
    child.once("error", fail)
    child.once("close", (code) => settle({ code, output }))
  })

describe("examples", { timeout: 90_000 }, () => {
  it("01-quickstart, without an account", async () => {
    const { code, output } = await run("01-quickstart/emulator.ts")
    expect(output).toContain("created contact 1001")
    expect(output).toContain("the emulator has: ada@example.com")
    expect(code).toBe(0)
  })

  it("01-quickstart, without a token, names what is missing", async () => {
    const { code, output } = await run("01-quickstart/main.ts")
    expect(output).toContain("HUBSPOT_ACCESS_TOKEN")
    expect(code).toBe(1)
  })

  it("02-compose-your-own-stack", async () => {
    const { code, output } = await run("02-compose-your-own-stack/main.ts")
    expect(output.trimEnd().split("\n").filter((line) => !line.startsWith("    "))).toEqual([
      "an upsert may be sent again, whatever became of it:",
      "  done",
      "a create may not, once HubSpot may have acted on it:",
      "  NetworkError, stored as a dead letter: true",
      "HubSpot is down, and the circuit opens:",
      "  CircuitBreakerOpenError, stored as a dead letter: true",
      "nothing more is sent:",
      "  CircuitBreakerOpenError, stored as a dead letter: true",
      "HubSpot is back, and the dead letters are replayed:",
      "  2 replayed, 1 failed",
      "  left: contacts.create, HTTP 409: Contact already exists. Existing ID: 1002"
    ])
    expect(code).toBe(0)
  })

  it("03-a-provider-of-your-own, in under 60 lines", async () => {
    const { code, output } = await run("03-a-provider-of-your-own/main.ts")
    expect(output).toBe("created inv-1, 4200 cents\n")
    expect(code).toBe(0)
    const lines = readFileSync("examples/03-a-provider-of-your-own/main.ts", "utf8").trimEnd().split("\n")
    expect(lines.length).toBeLessThan(60)
  })

  it("05-shared-breaker", async () => {
    const { REDIS_URL: _redis, ...env } = process.env
    const { code, output } = await run("05-shared-breaker/main.ts", env)
    const lines = output.trimEnd().split("\n").map((line) => line.replace(/^ *[\d.]+ s {2}/, "").replace(/ +/, " "))
    for (const number of ["1", "2", "3", "4"]) {
      const told = lines.flatMap((line) => {
        const [, who, what] = /^worker (\d) +(.*)$/.exec(line) ?? []
        return who === number ? [what] : []
      })
      expect(told).toContain("closed → open: 3 failures in a row")
      expect(told).toContain("CircuitBreakerOpenError")
      expect(told.filter((what) => !what!.includes("→")).at(-1)).toBe("42 pieces")
    }
    expect(lines[0]).toBe("provider goes down")
    // the workers go on until they are ended
    expect(lines.findLast((line) => line.startsWith("provider"))).toBe("provider serves all four again")
    expect(code).toBe(0)
  })

  it("06-dead-letters", async () => {
    const { code, output } = await run("06-dead-letters/main.ts")
    expect(output.trimEnd().split("\n")).toEqual([
      "Your order 1: sent",
      "Your order 2: ValidationError, stored: false",
      "Your order 3: ServerError, stored: true",
      "Only today!: ServerError, stored: true",
      "Your order 4: NetworkError, stored: true",
      "good morning",
      "what fails, the most frequent first:",
      "  2 × mails.send: ServerError",
      "  1 × mails.send: NetworkError",
      "2 of 3 letters would be sent",
      "Done: 2 sent, 0 failed",
      "Only today!: discarded (discarded)",
      "Your order 3: replayed (edited, replayed)",
      "a purge would remove 3",
      "the provider has sent:",
      "  Your order 1 → ada@example.com",
      "  Your order 3 → alan@example.com",
      "  Your order 4 → edsger@example.com"
    ])
    expect(code).toBe(0)
  })

  it("07-outbox-in-your-transaction", async () => {
    const { code, output } = await run("07-outbox-in-your-transaction/main.ts")
    expect(output.trimEnd().split("\n")).toEqual([
      "order-2 is refused: over the credit limit",
      "orders: order-1, order-3; calls to make: 2",
      "{\"payload\":{\"cents\":4200,\"order\":\"order-1\"}}: failed, failed, delivered",
      "{\"payload\":{\"cents\":1300,\"order\":\"order-3\"}}: delivered",
      "Billing has: order-1, order-3"
    ])
    expect(code).toBe(0)
  })

  it("08-idempotent-endpoint", async () => {
    const { code, output } = await run("08-idempotent-endpoint/main.ts")
    const lines = output.trimEnd().split("\n")
    expect(lines[0]).toBe("no key: 400 The idempotency key is missing")
    expect(lines).toContain("phone: 201 {\"charged\":4200,\"number\":1}")
    expect(lines).toContain("tablet again: 201, replayed {\"charged\":4200,\"number\":1}")
    expect(lines).toContain("another amount: 422 The idempotency key was used before")
    expect(lines.slice(-3)).toEqual([
      "the server is started again",
      "phone again: 201, replayed {\"charged\":4200,\"number\":1}",
      "the card was charged 1 time(s): order-1: 4200"
    ])
    expect(code).toBe(0)
  })

  it("09-connect-with-oauth", async () => {
    const { code, output } = await run("09-connect-with-oauth/main.ts")
    expect(output.trimEnd().split("\n")).toEqual([
      "the program, for ada: AuthenticationError, the credential of rolodex, tenant \"ada\" is not there",
      "ada connects: 303, to /authorize of the provider",
      "she agrees: 303, back to /oauth/rolodex/callback",
      "mallory opens that address: 400",
      "ada does: 303, to /settings",
      "the program, for ada: Grace, Edsger",
      "the program, for mallory: AuthenticationError, the credential of rolodex, tenant \"mallory\" is not there",
      "a page of somebody else disconnects: 403",
      "ada disconnects: 303",
      "the program, for ada: AuthenticationError, the credential of rolodex, tenant \"ada\" is not there"
    ])
    expect(code).toBe(0)
  })

  it("10-webhook-receiver", async () => {
    const { code, output } = await run("10-webhook-receiver/main.ts")
    expect(output.trimEnd().split("\n")).toEqual([
      "pay_1 is pending: 200",
      "pay_1 is paid: 200",
      "the same again: 200",
      "a stranger: 401",
      "pay_2 is paid: 200",
      "pay_3, before the migration: 200",
      "handled 3, stale 0, dead 1",
      "pay_2 was pending, much too late: 200",
      "handled 3, stale 1, dead 1",
      "dead: evt_5, no such payment yet",
      "handled 4, stale 1, dead 0",
      "rejected: signature-mismatch, no signature is that of the secret over timestamp.body",
      "pay_1 paid, pay_2 paid, pay_3 paid",
      "changes: evt_1, evt_2, evt_4, evt_5"
    ])
    expect(code).toBe(0)
  })
})
