import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll } from "vitest"
import * as Contacts from "../../examples/main-job/contacts.js"
import * as Csv from "../../examples/main-job/csv.js"

const header = "email,firstname,lastname,phone,company,city"

const readAll = (bytes: Uint8Array, pieces: ReadonlyArray<number> = []): ReadonlyArray<Contacts.Row> => {
  const reader = new Csv.Reader(Contacts.readHeader)
  const read: Array<ReadonlyArray<Contacts.Row>> = []
  let from = 0
  for (const piece of [...pieces, bytes.length]) {
    read.push(reader.push(bytes.subarray(from, from + piece)))
    from += piece
  }
  return [...read, reader.end()].flat()
}

const read = (text: string | Uint8Array): ReadonlyArray<Contacts.Row> =>
  readAll(typeof text === "string" ? new TextEncoder().encode(text) : text)

/** `2 ada@example.com` for a good row, `3 ! reason` for a bad one. */
const summary = (rows: ReadonlyArray<Contacts.Row>): ReadonlyArray<string> =>
  rows.map(({ line, result }) =>
    Either.match(result, { onLeft: (reason) => `${line} ! ${reason}`, onRight: ({ email }) => `${line} ${email}` })
  )

describe("rows", () => {
  it("reads quotes, commas, doubled quotes, newlines in a field and unicode", () => {
    const [first, second] = read([
      header,
      "Ada@Example.com,Ada,\"Lovelace, Countess\",,\"The \"\"Engine\"\" Ltd\",London",
      "zoe@example.org,Zoë,\"two\r\nlines\",,株式会社,München",
      ""
    ].join("\n"))
    assert.deepStrictEqual(first && Either.getOrThrow(first.result), {
      email: "ada@example.com",
      properties: {
        email: "ada@example.com",
        firstname: "Ada",
        lastname: "Lovelace, Countess",
        company: "The \"Engine\" Ltd",
        city: "London"
      }
    })
    assert.deepStrictEqual(second && Either.getOrThrow(second.result).properties.lastname, "two\r\nlines")
    assert.strictEqual(second?.line, 3)
  })

  it("reads CR LF, a BOM, blank lines, no newline at the end, and CR alone", () => {
    assert.deepStrictEqual(summary(read("\uFEFFemail,city\r\na@example.com,Rome\r\n\r\nb@example.com,Oslo")), [
      "2 a@example.com",
      "4 b@example.com"
    ])
    assert.deepStrictEqual(summary(read("email,city\ra@example.com,Rome\rb@example.com,Oslo\r")), [
      "2 a@example.com",
      "3 b@example.com"
    ])
  })

  it("finds the columns by name, in any order and case, whatever the delimiter", () => {
    const [row] = read("Company;E-Mail;Note;First Name\n\"Acme; Inc\"; a@example.com ;x;Ada\n")
    assert.deepStrictEqual(row && Either.getOrThrow(row.result).properties, {
      email: "a@example.com",
      company: "Acme; Inc",
      firstname: "Ada"
    })
    assert.deepStrictEqual(summary(read("email\tcity\na@example.com\tRome")), ["2 a@example.com"])
    assert.deepStrictEqual(summary(read("email\na@example.com\n")), ["2 a@example.com"])
  })

  it("says what is wrong with a row, and goes on", () => {
    const bytes = Buffer.concat([
      Buffer.from(`${header}\na@example.com,A,B,,,\n,No,Email,,,\nnot-an-address,A,B,,,\nx@example.com,too,few\n`),
      Buffer.from("y@example.com,one,two,three,four,five,six\n"),
      Buffer.from([...Buffer.from("u@example.com,"), 0xff, 0xfe, ...Buffer.from(",B,,,\n")]),
      Buffer.from(`big@example.com,${"x".repeat(70_000)},B,,,\nhuge@example.com,${"x".repeat(1_000_000)},B,,,\n`),
      Buffer.from("z@example.com,A,B,,,\n")
    ])
    assert.deepStrictEqual(summary(read(bytes)), [
      "2 a@example.com",
      "3 ! no e-mail",
      "4 ! not an e-mail address: not-an-address",
      "5 ! 3 columns, and the header has 6",
      "6 ! 7 columns, and the header has 6",
      "7 ! not valid UTF-8",
      "8 ! column 2 holds more than 64 KiB",
      "9 ! longer than 128 KiB",
      "10 z@example.com"
    ])
  })

  it("a quote that is never closed costs its own line alone", () => {
    const rows = read([
      header,
      "a@example.com,\"Ada,Lovelace,,,",
      "b@example.com,Bob,Builder,,,",
      "c@example.com,\"Cid\" the Great,C,,,",
      "d@example.com,5\" pipe,D,,,",
      "e@example.com,\"Eve, Esq.\",E,,,",
      "f@example.com,F,\"never closed,,,",
      ...Array.from({ length: 200 }, (_, index) => `g${index}@example.com,G,G,,,`)
    ].join("\n"))
    assert.deepStrictEqual(summary(rows).slice(0, 7), [
      "2 ! broken quoting: a quote is opened and not closed",
      "3 b@example.com",
      "4 ! broken quoting: there is text after a closing quote",
      "5 ! broken quoting: there is a quote in a field that is not quoted",
      "6 e@example.com",
      "7 ! broken quoting: a quote is opened and not closed",
      "8 g0@example.com"
    ])
    assert.strictEqual(rows.filter(({ result }) => Either.isRight(result)).length, 202)
  })

  it("two broken quotes that seem to belong together do not swallow the good rows between them", () => {
    const rows = read([header, "a@example.com,\"A,B,,,", "b@example.com,B,B,,,", "c@example.com,C\",C,,,"].join("\n"))
    assert.deepStrictEqual(summary(rows).map((row) => row.slice(0, 15)), [
      "2 ! broken quot",
      "3 b@example.com",
      "4 ! broken quot"
    ])
  })

  it("a bad value in a record of several lines is one bad row", () => {
    const rows = read([header, ",A,\"one\ntwo\nthree\",,,", "b@example.com,B,B,,,"].join("\n"))
    assert.deepStrictEqual(summary(rows), ["2 ! no e-mail", "5 b@example.com"])
  })

  it("reads back what a CSV writer wrote, in whatever pieces it arrives", () => {
    const text = FastCheck.oneof(
      FastCheck.string({ unit: "grapheme", maxLength: 12 }),
      FastCheck.string({ unit: FastCheck.constantFrom("\"", ",", ";", "\n", "\r\n", "a", " "), maxLength: 8 })
    ).map((value) => value.trim())
    const contact = FastCheck.record({
      local: FastCheck.stringMatching(/^[a-z0-9.+_-]{1,12}$/),
      values: FastCheck.array(text, { minLength: 5, maxLength: 5 })
    })
    const write = (value: string) => /[",;\r\n\t]/.test(value) ? `"${value.replaceAll("\"", "\"\"")}"` : value
    FastCheck.assert(FastCheck.property(
      FastCheck.array(contact, { maxLength: 20 }),
      FastCheck.constantFrom("\n", "\r\n"),
      FastCheck.boolean(),
      FastCheck.array(FastCheck.integer({ min: 0, max: 60 }), { maxLength: 20 }),
      (contacts, newline, bom, pieces) => {
        const lines = contacts.map(({ local, values }) => [`${local}@example.com`, ...values].map(write).join(","))
        const bytes = new TextEncoder().encode(`${bom ? "\uFEFF" : ""}${[header, ...lines].join(newline)}${newline}`)
        const expected = contacts.map(({ local, values }) => ({
          email: `${local}@example.com`,
          ...Object.fromEntries(
            Contacts.columns.slice(1).flatMap((column, index) => values[index] === "" ? [] : [[column, values[index]]])
          )
        }))
        const rows = readAll(bytes, pieces)
        assert.deepStrictEqual(rows.map(({ result }) => ({ ...Either.getOrThrow(result).properties })), expected)
        assert.isAtMost(rows.at(-1)?.end ?? 0, bytes.length)
      }
    ))
  })
})

describe("open", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-contacts-"))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }

  const open = (path: string) => Effect.scoped(Contacts.open(path)).pipe(Effect.provide(NodeFileSystem.layer))

  it.effect("streams a file larger than its pieces", () =>
    Effect.gen(function*() {
      const lines = Array.from({ length: 5000 }, (_, index) => `c${index}@example.com,Ann,Other,+1 555 0100,Acme,Rome`)
      const path = file("many.csv", [header, ...lines].join("\n"))
      const contacts = yield* Contacts.open(path)
      const rows = Chunk.toReadonlyArray(yield* Stream.runCollect(contacts.rows))
      assert.strictEqual(rows.length, 5000)
      assert.deepStrictEqual([rows.at(-1)?.line, rows.at(-1)?.end], [5001, [header, ...lines].join("\n").length])
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))

  it.effect("refuses a file that cannot be used, in one line that says why", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [string, RegExp]> = [
        [join(folder, "missing.csv"), /missing\.csv cannot be read: there is no such file$/],
        [folder, /is a folder, not a file$/],
        [file("empty.csv", ""), /empty\.csv is empty$/],
        [file("blank.csv", "\uFEFF\r\n\r\n"), /blank\.csv is empty$/],
        [file("header.csv", `${header}\n`), /header\.csv has a header and no rows$/],
        [file("names.csv", "name,city\nAda,London\n"), /has no column "email" in its first line.*found: name, city$/],
        [file("twice.csv", "email,E-Mail\na@example.com,b@example.com\n"), /has two columns "email"$/],
        [file("quote.csv", "\"email,city\na@example.com,Rome\n"), /has no column "email"/],
        [file("utf16.csv", Buffer.from("\uFEFFemail,city\n", "utf16le")), /is not text in UTF-8/],
        [file("binary.csv", new Uint8Array(300_000).fill(0xd0)), /has no column "email"|is not text in UTF-8/]
      ]
      for (const [path, expected] of cases) {
        const error = yield* Effect.flip(open(path))
        assert.match(error.message, expected)
        assert.notInclude(error.message, "\n")
      }
    }))
})
