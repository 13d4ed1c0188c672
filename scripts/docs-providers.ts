// Writes the generated parts of docs/providers, or only says where they are not what they should be.
//
//   npm run docs:providers                 writes
//   npm run docs:providers -- --check      writes nothing, and ends with 1 where something would be written
import { catalog } from "holdfast/providers/catalog"
import * as fs from "node:fs"
import * as path from "node:path"
import { parts, replaced } from "./providerPages.js"

const check = process.argv.includes("--check")
const folder = path.resolve(process.argv.slice(2).find((arg) => !arg.startsWith("--")) ?? ".", "docs/providers")

const faults: Array<string> = []
let written = 0
const all = parts(catalog)
for (const [name, part] of all) {
  const file = path.join(folder, name)
  if (!fs.existsSync(file)) {
    faults.push(`${name}: it is not there; write it by hand, with <!-- generated --> and <!-- /generated --> in it`)
    continue
  }
  const page = fs.readFileSync(file, "utf8")
  const made = replaced(page, part)
  if (typeof made === "string") faults.push(`${name}: ${made}`)
  else if (made.page !== page) {
    if (check) faults.push(`${name}: it is not what the definition says; run npm run docs:providers`)
    else fs.writeFileSync(file, made.page)
    written++
  }
}
for (const name of fs.readdirSync(folder)) {
  if (name.endsWith(".md") && !all.has(name)) faults.push(`${name}: the catalogue has no such provider`)
}
for (const fault of faults) console.error(`docs/providers/${fault}`)
console.log(`providers: ${all.size} pages, ${check ? "" : `${written} written, `}${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
