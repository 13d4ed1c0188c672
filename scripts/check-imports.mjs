// Holds the house together: imports run down, never in a circle, and whoever lives outside comes in by the front door.
//
//   node scripts/check-imports.mjs [root]
import { cruise } from "dependency-cruiser"
import { existsSync } from "node:fs"
import { resolve } from "node:path"

/** Lowest first. Rooms on one floor are siblings, which do not know each other. */
const floors = [["core"], ["delivery", "auth"], ["policy"], ["webhook"], ["platform"], ["ops"]]
const known = [...floors.flat(), "internal", "testing"].join("|")
const outside = "^(providers|examples|test|bench|scripts)/"
/** The program that npm installs: it comes with the providers, where the library's rooms know none. */
const program = "src/ops/internal/bin\\.ts$"

const root = resolve(process.argv[2] ?? ".")

/** A rule is named by the sentence that a reader sees when an arrow breaks it. */
const rule = (name, from, to) => ({ name, severity: "error", from: { path: from }, to })

const forbidden = [
  rule("files that import each other are one file", "^(src|providers)/", { circular: true }),

  // Inside src.
  ...floors.flatMap((floor, level) =>
    floor.map((room) => {
      const open = [...floors.slice(0, level).flat(), "internal", room]
      return rule(`of src, ${room} may import only ${open.join(", ")}`, `^src/${room}/`, {
        path: "^src/",
        pathNot: `^src/(${open.join("|")})/`
      })
    })
  ),
  rule("src/internal stands below every room and knows none", "^src/internal/", {
    path: "^src/",
    pathNot: "^src/internal/"
  }),
  rule(
    `a file of src lives in ${known}, or is Holdfast.ts or index.ts`,
    `^src/(?!(${known})/)(?!(Holdfast|index)\\.ts$)`,
    {}
  ),
  rule("an internal file belongs to its own room", "^src/(?!testing/)([^/]+)", {
    path: "^src/.+/internal/",
    pathNot: "^src/$1/"
  }),
  rule("src knows nobody outside of it", `^(?!${program})src/`, { path: outside }),
  rule("of what is outside, the program holdfast knows the catalogue alone", `^${program}`, {
    path: outside,
    pathNot: "^providers/catalog/index\\.ts$"
  }),

  // Outside of it. The self reference resolves to a file of src as well; only its kind tells it from a relative path.
  rule("a provider may import only holdfast and holdfast/testing, as a user's own would", "^providers/", {
    path: "^(src/|holdfast(/|$))",
    pathNot: "^src/(index|testing/index)\\.ts$"
  }),
  rule("a provider stands alone: no other provider, no example, no test", "^providers/(?!catalog/)([^/]+)/", {
    path: outside,
    pathNot: "^providers/$1/"
  }),
  rule("the catalogue alone may import other providers, each by its index", "^providers/catalog/", {
    path: outside,
    pathNot: "^providers/(catalog/|[^/]+/index\\.ts$)"
  }),
  rule("an example may import only what the package exports", "^examples/", {
    path: ["^src/internal/", "^src/.+/internal/", "^holdfast(/|$)"]
  }),
  rule("from outside, the package is imported by its name", "^(providers|examples)/", {
    path: "^src/",
    dependencyTypes: ["local"]
  }),
  rule("from outside, the package is imported by its name", "^examples/", {
    path: "^(providers|test|bench|scripts)/",
    dependencyTypes: ["local"]
  })
]

const { output } = await cruise(
  ["src", "providers", "examples"].filter((folder) => existsSync(resolve(root, folder))),
  {
    baseDir: root,
    doNotFollow: { path: "node_modules" },
    // A type-only import is an arrow too: it says who must know whom.
    tsPreCompilationDeps: true,
    ruleSet: { forbidden },
    validate: true
  },
  { exportsFields: ["exports"], conditionNames: ["@holdfast/source", "types", "import", "default"] }
)

const { violations } = output.summary
for (const { cycle, from, rule, to } of violations) {
  const path = cycle === undefined ? [from, to] : [from, ...cycle.map((step) => step.name)]
  console.error(`${path.join(" -> ")}\n  ${rule.name}`)
}
const files = output.modules.filter(({ source }) => /^(src|providers|examples)\//.test(source)).length
console.log(`house: ${files} files, ${violations.length} imports that must not be`)
process.exitCode = files > 0 && violations.length === 0 ? 0 : 1
