/** docs/traps.md is whole: each trap is named by a test in the file that it says, or has no file and says why. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, it } from "vitest"

const rows = readFileSync("docs/traps.md", "utf8").split("\n")
  .map((line) => /^\| (\d+)\. (.+?) \| (.+?) \| (?:`(.+)`)? ?\|$/.exec(line))
  .filter((row) => row !== null)
  .map(([, number, name, here, file]) => ({ file, here, name, number: Number(number) }))

describe("docs/traps.md", () => {
  it("has all of them, in order", () => {
    deepStrictEqual(rows.map(({ number }) => number), Array.from({ length: 42 }, (_, index) => index + 1))
  })

  for (const { file, here = "", name, number } of rows) {
    it(`${number}. ${name}`, () => {
      if (file === undefined) match(here, /^cannot happen: /)
      else {strictEqual(
          new RegExp(`trap ${number}\\b`).test(readFileSync(file, "utf8")),
          true,
          `no test in ${file} names trap ${number}`
        )}
    })
  }
})
