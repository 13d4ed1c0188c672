import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"

type Files = Record<string, string>

const good: Files = {
  "src/internal/time.ts": "export const now = () => 0",
  "src/core/internal/parts.ts": "export const part = 1",
  "src/core/Call.ts": `
    import { now } from "../internal/time.js"
    import { part } from "./internal/parts.js"
    export const call = () => now() + part`,
  "src/delivery/Queue/internal/rows.ts": "export const rows = []",
  "src/delivery/Queue.ts": `
    import { call } from "../core/Call.js"
    import { rows } from "./Queue/internal/rows.js"
    export const offer = () => [call(), ...rows]`,
  "src/policy/Retry.ts": `
    import type { offer } from "../delivery/Queue.js"
    export type Retry = typeof offer`,
  "src/testing/index.ts": `
    export { part } from "../core/internal/parts.js"
    export { layer } from "../Holdfast.js"`,
  "src/Holdfast.ts": `
    import { offer } from "./delivery/Queue.js"
    export const layer = offer`,
  "src/index.ts": `
    export * as Call from "./core/Call.js"
    export * as Holdfast from "./Holdfast.js"`,
  "providers/acme/Api.ts": `
    import { Call } from "holdfast"
    import { layer } from "holdfast/testing"
    export const api = [Call, layer]`,
  "providers/acme/index.ts": `export * from "./Api.js"`,
  "providers/globex/index.ts": `export const globex = 1`,
  "providers/catalog/index.ts": `
    import { api } from "holdfast/providers/acme"
    import { globex } from "holdfast/providers/globex"
    export const catalog = [api, globex]`,
  "src/ops/internal/bin.ts": `export const catalog = import("holdfast/providers/catalog")`,
  "examples/01-call.ts": `
    import { call } from "holdfast/core/Call"
    import { api } from "holdfast/providers/acme"
    export const main = [call, api]`
}

const check = (files: Files) => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-house-"))
  try {
    // The exports of the real package: they decide what a self reference reaches.
    cpSync("package.json", join(root, "package.json"))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const { status, stderr, stdout } = spawnSync(process.execPath, ["scripts/check-imports.mjs", root], {
      encoding: "utf8"
    })
    return { status, stderr, stdout }
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** What is wrong, the files that do it, and the lines the check must print for them: all of them, and no others. */
const wrong: ReadonlyArray<[what: string, files: Files, says: ReadonlyArray<string>]> = [
  [
    "an arrow that runs up",
    { "src/core/Up.ts": `export { offer } from "../delivery/Queue.js"` },
    ["src/core/Up.ts -> src/delivery/Queue.ts", "  of src, core may import only internal, core"]
  ],
  [
    "an arrow that runs up for a type alone",
    { "src/core/UpForType.ts": `export type Retry = import("../policy/Retry.js").Retry` },
    ["src/core/UpForType.ts -> src/policy/Retry.ts", "  of src, core may import only internal, core"]
  ],
  [
    "an arrow between siblings",
    { "src/auth/Token.ts": `import "../delivery/Queue.js"` },
    ["src/auth/Token.ts -> src/delivery/Queue.ts", "  of src, auth may import only core, internal, auth"]
  ],
  [
    "a room that knows the roof, even by the package's own name",
    { "src/policy/Roof.ts": `import "holdfast/testing"` },
    [
      "src/policy/Roof.ts -> src/testing/index.ts",
      "  of src, policy may import only core, delivery, auth, internal, policy"
    ]
  ],
  [
    "shared machinery that knows a room",
    { "src/internal/up.ts": `import "../core/Call.js"` },
    ["src/internal/up.ts -> src/core/Call.ts", "  src/internal stands below every room and knows none"]
  ],
  [
    "another room's internal file",
    { "src/policy/Peek.ts": `import "../core/internal/parts.js"` },
    ["src/policy/Peek.ts -> src/core/internal/parts.ts", "  an internal file belongs to its own room"]
  ],
  [
    "a room that is not in the plan",
    { "src/attic/Box.ts": `import "../core/Call.js"` },
    [
      "src/attic/Box.ts -> src/core/Call.ts",
      "  a file of src lives in core|delivery|auth|policy|webhook|platform|ops|internal|testing, or is Holdfast.ts or index.ts"
    ]
  ],
  [
    "a circle",
    {
      "src/core/A.ts": `import "./B.js"`,
      "src/core/B.ts": `import "./C.js"`,
      "src/core/C.ts": `import type {} from "./A.js"`
    },
    [
      "src/core/A.ts -> src/core/B.ts -> src/core/C.ts -> src/core/A.ts",
      "  files that import each other are one file"
    ]
  ],
  [
    "a provider that reaches into src",
    { "providers/acme/Reach.ts": `import "../../src/index.js"` },
    ["providers/acme/Reach.ts -> src/index.ts", "  from outside, the package is imported by its name"]
  ],
  [
    "a provider that takes a side door",
    { "providers/acme/Side.ts": `import "holdfast/core/Call"` },
    [
      "providers/acme/Side.ts -> src/core/Call.ts",
      "  a provider may import only holdfast and holdfast/testing, as a user's own would"
    ]
  ],
  [
    "a provider that leans on another",
    { "providers/globex/Lean.ts": `import "holdfast/providers/acme"` },
    [
      "providers/globex/Lean.ts -> providers/acme/index.ts",
      "  a provider stands alone: no other provider, no example, no test"
    ]
  ],
  [
    "a provider that knows the catalogue",
    { "providers/acme/Shelf.ts": `import "holdfast/providers/catalog"` },
    [
      "providers/acme/Shelf.ts -> providers/catalog/index.ts",
      "  a provider stands alone: no other provider, no example, no test"
    ]
  ],
  [
    "a catalogue that takes a side door",
    { "providers/catalog/Side.ts": `import "../acme/Api.js"` },
    [
      "providers/catalog/Side.ts -> providers/acme/Api.ts",
      "  the catalogue alone may import other providers, each by its index"
    ]
  ],
  [
    "a room that knows a provider",
    { "src/ops/Shelf.ts": `import "holdfast/providers/catalog"` },
    ["src/ops/Shelf.ts -> providers/catalog/index.ts", "  src knows nobody outside of it"]
  ],
  [
    "a program that knows more than the catalogue",
    { "src/ops/internal/bin.ts": `import "holdfast/providers/acme"` },
    [
      "src/ops/internal/bin.ts -> providers/acme/index.ts",
      "  of what is outside, the program holdfast knows the catalogue alone"
    ]
  ],
  [
    "an example that takes a path",
    { "examples/02.ts": `import "../src/index.js"` },
    ["examples/02.ts -> src/index.ts", "  from outside, the package is imported by its name"]
  ],
  [
    "an example that knows more than the package exports",
    { "examples/03.ts": `import "holdfast/core/internal/parts"` },
    ["examples/03.ts -> holdfast/core/internal/parts", "  an example may import only what the package exports"]
  ]
]

describe("check-imports", () => {
  it("accepts a house in order", () => {
    expect(check(good)).toEqual({
      status: 0,
      stderr: "",
      stdout: `house: ${Object.keys(good).length} files, 0 imports that must not be\n`
    })
  })

  // One run over all of it: most of a run is starting up.
  describe("refuses", () => {
    let lines: ReadonlyArray<string> = []
    let status: number | null = null
    beforeAll(() => {
      const result = check(Object.assign({}, good, ...wrong.map(([, files]) => files)))
      lines = result.stderr.trimEnd().split("\n")
      status = result.status
    })

    it.each(wrong)("%s", (_, _files, says) => {
      expect(lines.join("\n")).toContain(says.join("\n"))
    })

    it("nothing else", () => {
      expect(status).toBe(1)
      expect([...lines].sort()).toEqual(wrong.flatMap(([, , says]) => says).sort())
    })
  })

  it("refuses to judge an empty house", () => {
    expect(check({}).status).toBe(1)
  })
})
