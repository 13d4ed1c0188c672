import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { Effect } from "effect"
import { Filters } from "holdfast/providers/supabase"
import * as Kit from "./kit.js"

const written = (filter: Filters.Filter) => Filters.toParameters(filter).map(([name, value]) => `${name}=${value}`)

const awkward = [
  "a,b",
  "say \"hi\"",
  "(x)",
  "back\\slash",
  "dot.ted",
  "a:b",
  "{1,2}",
  "",
  "null",
  "not.eq.1",
  "\"),id.not.is.null",
  "new\nline",
  "%_*",
  "ä €"
]

describe("Filters", () => {
  it("are written as PostgREST has them", () => {
    deepStrictEqual(written(Filters.eq("name", "a,b")), ["name=eq.a,b"])
    deepStrictEqual(written(Filters.oneOf("name", ["a,b", "say \"hi\"", 3])), [
      "name=in.(\"a,b\",\"say \\\"hi\\\"\",\"3\")"
    ])
    deepStrictEqual(written(Filters.not(Filters.isNull("name"))), ["name=not.is.null"])
    deepStrictEqual(written(Filters.contains("tags", ["a", "b,c"])), ["tags=cs.{\"a\",\"b,c\"}"])
    deepStrictEqual(
      written(
        Filters.or(Filters.eq("name", "a,b)"), Filters.not(Filters.and(Filters.lt("n", 3), Filters.isNull("n"))))
      ),
      ["or=(name.eq.\"a,b)\",not.and(n.lt.\"3\",n.is.null))"]
    )
    // all of them are a parameter each, also of one column
    deepStrictEqual(written(Filters.and(Filters.gte("n", 1), Filters.lt("n", 9))), ["n=gte.1", "n=lt.9"])
    deepStrictEqual(written(Filters.not(Filters.or(Filters.eq("a", 1)))), ["not.or=(a.eq.\"1\")"])
    deepStrictEqual(written(Filters.operator("title", "fts(english)", "cat")), ["title=fts(english).cat"])
  })

  it("of a column that has the name of a parameter are no parameter", () => {
    deepStrictEqual(written(Filters.eq("order", "A-1")), ["and=(order.eq.\"A-1\")"])
    deepStrictEqual(written(Filters.isNull("limit")), ["and=(limit.is.null)"])
    // what a dead letter leaves out as a credential
    deepStrictEqual(written(Filters.eq("Token", "A-1")), ["and=(Token.eq.\"A-1\")"])
  })

  it("are read as they were written, whatever is in a value", () => {
    for (const value of awkward) {
      const alone = Filters.eq("name", value)
      for (
        const filter of [
          alone,
          Filters.not(alone),
          Filters.oneOf("name", [value, "other"]),
          Filters.or(alone, Filters.isNull("name")),
          Filters.not(Filters.or(Filters.oneOf("name", [value]), Filters.and(alone, alone))),
          Filters.or(Filters.overlaps("tags", [value]), Filters.eq("a column", value))
        ]
      ) {
        const [[name, text] = ["", ""], ...more] = Filters.toParameters(filter)
        strictEqual(more.length, 0)
        deepStrictEqual(Filters.fromParameter(name, text), filter)
      }
    }
  })

  it("are read as others write them", () => {
    deepStrictEqual(
      Filters.fromParameter("or", "(id.eq.2, name.not.in.(a,b),tags.cs.{a,b})"),
      Filters.or(
        Filters.eq("id", 2),
        Filters.not(Filters.oneOf("name", ["a", "b"])),
        Filters.operator("tags", "cs", "{a,b}")
      )
    )
    for (const text of ["", "eq", "(id.eq.1", "(id.eq.1),name.eq.2", "()", "(id)"]) {
      throws(() => Filters.fromParameter("or", text))
    }
    throws(() => Filters.fromParameter("id", "7"))
    throws(() => Filters.fromParameter("id", "in.(1,2"))
  })

  it.scoped("find by value the row that has it, and no other", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess()
      const path = { table: "notes" }
      yield* rows.insert({ path, payload: awkward.map((text) => ({ order: text, text })) })
      for (const [index, text] of awkward.entries()) {
        const found = (where: Filters.Filter) =>
          Effect.map(rows.select({ path, urlParams: { where } }), (all) => all.map(({ id }) => id))
        for (
          const where of [
            Filters.eq("text", text),
            Filters.oneOf("text", [text]),
            Filters.or(Filters.eq("text", text), Filters.eq("text", "none")),
            Filters.and(Filters.eq("text", text), Filters.not(Filters.eq("text", "none"))),
            Filters.eq("order", text)
          ]
        ) deepStrictEqual(yield* found(where), [index + 1])
      }
    }))

  it.scoped("mean what Postgres means: null is neither equal nor unequal", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess({
        tables: {
          items: {
            rows: [
              { id: 1, name: "Anna", tags: ["a", "b"], total: 9, data: { city: "Rome" } },
              { id: 2, name: "bert", tags: ["b"], total: 10, data: {} },
              { id: 3, name: null, tags: null, total: null, data: null }
            ]
          }
        }
      })
      const cases: ReadonlyArray<readonly [Filters.Filter, Array<number>]> = [
        [Filters.eq("name", "Anna"), [1]],
        [Filters.neq("name", "Anna"), [2]],
        [Filters.not(Filters.eq("name", "Anna")), [2]],
        [Filters.eq("name", "null"), []],
        [Filters.isNull("name"), [3]],
        [Filters.not(Filters.isNull("name")), [1, 2]],
        // numbers as numbers
        [Filters.gt("total", 9), [2]],
        [Filters.gte("total", 9), [1, 2]],
        [Filters.lt("total", 10), [1]],
        [Filters.lte("total", 10), [1, 2]],
        [Filters.like("name", "A%"), [1]],
        [Filters.like("name", "B*"), []],
        [Filters.ilike("name", "B_rt"), [2]],
        [Filters.contains("tags", ["a", "b"]), [1]],
        [Filters.containedIn("tags", ["b", "c"]), [2]],
        [Filters.overlaps("tags", ["a", "c"]), [1]],
        [Filters.not(Filters.oneOf("id", [1, 2])), [3]],
        [Filters.eq("data->>city", "Rome"), [1]],
        [Filters.or(Filters.eq("id", 3), Filters.eq("name", "bert")), [2, 3]],
        [Filters.not(Filters.or(Filters.eq("name", "bert"), Filters.eq("id", 1))), []]
      ]
      for (const [where, ids] of cases) {
        const found = yield* rows.select({ path: { table: "items" }, urlParams: { where } })
        deepStrictEqual(found.map(({ id }) => id), ids)
      }
      const newest = yield* rows.select({
        path: { table: "items" },
        urlParams: { order: "total.desc.nullslast,id", select: "id,who:name" }
      })
      deepStrictEqual(newest, [{ id: 2, who: "bert" }, { id: 1, who: "Anna" }, { id: 3, who: null }])
    }))
})
