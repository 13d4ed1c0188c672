/** The generated parts of the pages about providers. */
import { assert, describe, it } from "@effect/vitest"
import { Catalog, OpenApi, Provider } from "holdfast"
import { catalog } from "holdfast/providers/catalog"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll } from "vitest"
import { overview, part, parts, replaced } from "../../scripts/providerPages.js"
import * as Kit from "../kit.js"

const command: string = JSON.parse(fs.readFileSync("package.json", "utf8")).scripts["docs:providers"]

const run = (...argv: ReadonlyArray<string>) => {
  const [, ...args] = command.split(" ")
  const { status, stderr, stdout } = spawnSync(process.execPath, [...args, ...argv], { encoding: "utf8" })
  return { status, stderr, stdout }
}

const root = fs.mkdtempSync(path.join(tmpdir(), "holdfast-docs-"))
afterAll(() => fs.rmSync(root, { force: true, recursive: true }))

describe("npm run docs:providers", () => {
  it("the pages are what the definitions say", () => {
    const { status, stderr } = run("--check")
    assert.deepStrictEqual([status, stderr], [0, ""])
  })

  it("finds what is not so, mends it, and leaves alone what was written by hand", () => {
    const folder = path.join(root, "docs/providers")
    fs.cpSync("docs/providers", folder, { recursive: true })
    const page = (name: string) => path.join(folder, name)
    const good = fs.readFileSync(page("hubspot.md"), "utf8")
    fs.writeFileSync(page("hubspot.md"), `${good.replace("**no**", "yes")}\nBy hand.\n`)
    fs.writeFileSync(page("globex.md"), "# Globex\n")
    const found = run("--check", root)
    assert.strictEqual(found.status, 1)
    assert.strictEqual(
      found.stderr,
      [
        "docs/providers/hubspot.md: it is not what the definition says; run npm run docs:providers",
        "docs/providers/globex.md: the catalogue has no such provider",
        ""
      ].join("\n")
    )
    fs.rmSync(page("globex.md"))
    assert.strictEqual(run(root).status, 0)
    assert.strictEqual(fs.readFileSync(page("hubspot.md"), "utf8"), `${good}\nBy hand.\n`)
    fs.rmSync(page("README.md"))
    fs.writeFileSync(page("hubspot.md"), good.replace("<!-- /generated -->", ""))
    const missing = run(root)
    assert.strictEqual(missing.status, 1)
    assert.include(missing.stderr, "docs/providers/README.md: it is not there; write it by hand")
    assert.include(missing.stderr, "docs/providers/hubspot.md: it has to have one line <!-- /generated -->")
  })
})

describe("providerPages", () => {
  it("a page keeps its own words, and has the part once", () => {
    const page = "a\n<!-- generated -->old<!-- /generated -->\nb\n"
    const made = replaced(page, "new")
    assert.deepStrictEqual(made, { page: "a\n<!-- generated -->\n\nnew\n\n<!-- /generated -->\nb\n" })
    assert.deepStrictEqual(typeof made === "string" ? made : replaced(made.page, "new"), made)
    for (const wrong of ["a", "<!-- generated -->", "<!-- /generated --><!-- generated -->", page + page]) {
      assert.isString(replaced(wrong, "new"), wrong)
    }
  })

  it("has a page for each, a row for each, and a row for each operation", () => {
    assert.deepStrictEqual(
      [...parts(catalog).keys()].sort(),
      ["README.md", ...catalog.entries.map(({ id }) => `${id}.md`)].sort()
    )
    const table = overview(catalog)
    for (const entry of catalog.entries) {
      assert.include(table, `| [${entry.name}](${entry.id}.md) | ${entry.category} | ${entry.operations.length} |`)
      const text = parts(catalog).get(`${entry.id}.md`) ?? ""
      for (const { method, name, path } of entry.operations) {
        assert.include(text, `| \`${name}\` | \`${method} ${OpenApi.pathOf(path)}\` |`)
      }
      for (const { option, value, variable } of entry.policy) {
        assert.include(text, `| \`${option}\` | \`${value}\` | \`${variable}\` |`)
      }
      for (const limit of entry.limits) assert.include(text, `- ${limit}`)
    }
  })

  it("says what there is not, and no cell ends a row", () => {
    const shop = Provider.define({ ...Kit.definition, capabilities: ["a|b"] })
    const text = part(Catalog.entry(shop), shop)
    assert.include(text, "| capabilities | a\\|b |")
    assert.include(text, "| health | no operation shows it |")
    assert.include(text, "The definition has no policy of its own")
    assert.include(text, "| `items.create` | `POST /items` | **no** | - |")
    const keyed = { ...shop, policy: { idempotencyKey: { header: "Idempotency-Key" } } }
    assert.include(part(Catalog.entry(keyed), keyed), "header `Idempotency-Key`; by nature: 2 of 3 writes")
    assert.include(
      overview(Catalog.make([shop])),
      "| [Shop](shop.md) | other | 4 | - | - | - | by nature: 2 of 3 writes | - | - | - |"
    )
  })
})
