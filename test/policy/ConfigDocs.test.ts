import { describe, it } from "@effect/vitest"
import { assertTrue, strictEqual } from "@effect/vitest/utils"
import { readFileSync, writeFileSync } from "node:fs"
import { nameOf, stageOf, type Variable, variables } from "../../src/policy/internal/variables/variables.js"

const page = new URL("../../docs/configuration.md", import.meta.url)

const headings: { readonly [stage: string]: string } = {
  attemptTimeout: "Timeouts",
  availability: "Availability",
  bulkhead: "Bulkhead",
  circuitBreaker: "Circuit breaker",
  deadLettering: "Dead letters",
  fallback: "Fallback",
  faults: "Faults, for staging",
  hedge: "Hedge",
  rateLimit: "Rate limit and cool-down",
  retry: "Retry",
  telemetry: "Telemetry",
  totalTimeout: "Timeouts"
}

const code = (text: string) => `\`${text}\``

const row = (variable: Variable): string =>
  `| ${
    [
      code(nameOf(variable)),
      variable.default === undefined ? "" : code(variable.default),
      `${variable.means}${variable.required === true ? "; needed for the others" : ""}`,
      variable.kind.allowed,
      code(variable.kind.example)
    ].join(" | ")
  } |`

const table = (): string => {
  const sections = new Map<string, Array<string>>()
  for (const variable of variables) {
    const heading = headings[stageOf(variable)] ?? `no heading for ${stageOf(variable)}`
    sections.set(heading, [...sections.get(heading) ?? [], row(variable)])
  }
  return Array.from(sections, ([heading, rows]) =>
    [
      `### ${heading}`,
      "",
      "| variable | default | | it must be | as in |",
      "|---|---|---|---|---|",
      ...rows
    ].join("\n")).join("\n\n")
}

const split = (text: string) => {
  const match = /^([\s\S]*<!-- variables:[^\n]*-->\n)([\s\S]*)(<!-- end of variables -->[\s\S]*)$/.exec(text)
  if (match === null) throw new Error("docs/configuration.md has lost the place of its table")
  const [, before = "", written = "", after = ""] = match
  return { after, before, written }
}

describe("docs/configuration.md", () => {
  it("has every variable as it is", () => {
    const text = readFileSync(page, "utf8")
    const { after, before, written } = split(text)
    const made = `\n${table()}\n\n`
    if (process.env.HOLDFAST_UPDATE_DOCS === "1") {
      writeFileSync(page, before + made + after)
      return
    }
    strictEqual(written, made)
  })

  it("speaks of no other", () => {
    const names = new Set(variables.map(nameOf))
    const { before } = split(readFileSync(page, "utf8"))
    const said = Array.from(
      before.matchAll(/HOLDFAST_(?:HUBSPOT|DEFAULT|<ID>|MAIN_JOB)_([A-Z][A-Z_]*[A-Z])/g),
      ([, name]) => name
    )
    assertTrue(said.length > 10)
    for (const name of said) assertTrue(names.has(`${name}`) || name === "RETRY_MAX_ATTEMPS", name)
  })
})
