import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { DateTime, Effect, FastCheck } from "effect"
import { Soql } from "holdfast/providers/salesforce"
import * as Kit from "./kit.js"

describe("Soql", () => {
  it("writes each kind of value", () => {
    strictEqual(Soql.literal("O'Hara \\ \n"), "'O\\'Hara \\\\ \\n'")
    strictEqual(Soql.literal(null), "null")
    strictEqual(Soql.literal(true), "true")
    strictEqual(Soql.literal(-1.5), "-1.5")
    strictEqual(Soql.literal(1e21), "1000000000000000000000")
    strictEqual(Soql.literal(-1.25e22), "-12500000000000000000000")
    strictEqual(Soql.literal(1.5e-7), "0.00000015")
    strictEqual(Soql.literal(new Date(0)), "1970-01-01T00:00:00.000Z")
    strictEqual(Soql.literal(DateTime.unsafeMake("2026-01-01T01:00:00+01:00")), "2026-01-01T00:00:00.000Z")
    strictEqual(Soql.literal(Soql.date(DateTime.unsafeMake("2026-01-01T23:00:00Z"))), "2026-01-01")
    strictEqual(Soql.literal(["a", "b'"]), "('a', 'b\\'')")
    strictEqual(Soql.literal(Soql.identifier("Account.Name")), "Account.Name")
    strictEqual(Soql.literal(Soql.startsWith("50%_")), "'50\\%\\_%'")
  })

  it("refuses what SOQL could not read", () => {
    throws(() => Soql.literal(Number.NaN))
    throws(() => Soql.literal(Number.POSITIVE_INFINITY))
    throws(() => Soql.literal(new Date(Number.NaN)))
    throws(() => Soql.identifier("Name FROM Account"))
    throws(() => Soql.identifier("Name'"))
    // @ts-expect-error a value that is missing must not make another query
    throws(() => Soql.soql`SELECT Id FROM Account WHERE Name = ${undefined}`)
    // @ts-expect-error a list has a member
    throws(() => Soql.literal([]))
  })

  it.scoped("a text is found by itself and by nothing else, whatever stands in it", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.inProcess()
      const { org, queries } = yield* emulator.state
      const write = { changed: () => undefined, now: 0 }
      org.create("Account", { Description: "other", Name: "other" }, write)
      const find = (soql: string) => queries.run(soql, { all: false }).records.map(({ Id }) => Id)
      const awkward = FastCheck.string({
        maxLength: 12,
        minLength: 1,
        unit: FastCheck.constantFrom(
          "'",
          "\\",
          "\"",
          "%",
          "_",
          "\n",
          "\t",
          "\b",
          "a",
          "Z",
          " ",
          ")",
          "*",
          ".",
          "é",
          "😀"
        )
      })
      FastCheck.assert(FastCheck.property(awkward, (text) => {
        const { id } = org.create("Account", { Description: text, Name: "one" }, write)
        try {
          deepStrictEqual(find(Soql.soql`SELECT Id FROM Account WHERE Description = ${text}`), [id])
          deepStrictEqual(find(Soql.soql`SELECT Id FROM Account WHERE Description IN ${[text, "no"]}`), [id])
          deepStrictEqual(
            find(
              Soql.soql`SELECT Id FROM Account WHERE Name = ${"one"} AND Description LIKE ${Soql.startsWith(text)}`
            ),
            [id]
          )
          deepStrictEqual(
            find(Soql.soql`SELECT Id FROM Account WHERE Description LIKE ${Soql.contains(`${text}!`)}`),
            []
          )
        } finally {
          org.delete("Account", id, write)
        }
      }))
      const injected = "x' OR Name != '"
      const page = yield* salesforce.soql.query({
        urlParams: { q: Soql.soql`SELECT Id FROM Account WHERE Name = ${injected}` }
      })
      strictEqual(page.totalSize, 0)
    }))
})
