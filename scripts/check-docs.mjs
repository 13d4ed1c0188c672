// Type-checks every ```ts block of README.md, of docs/**/*.md, and of the doc comments of src and providers, as a user
// of the package would write it. A block that begins with `// not compiled` is counted and let go.
//
//   node scripts/check-docs.mjs [root]
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import ts from "typescript"

const root = resolve(process.argv[2] ?? ".")

const files = (folder, suffix) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith(suffix))
      .sort()
      .map((name) => join(folder, name))
    : []

/** Keeps doc comments alone, without their stars; every other line becomes empty, so that line numbers stay true. */
const docComments = (text) => {
  let inside = false
  return text.split("\n").map((line) => {
    if (/^\s*\/\*\*/.test(line)) inside = true
    const kept = inside ? line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, "").replaceAll("*\\/", "*/") : ""
    if (/\*\/\s*$/.test(line)) inside = false
    return kept
  }).join("\n")
}

const blocks = (path, text) => {
  const found = []
  let open
  text.split("\n").forEach((line, index) => {
    const fence = /^\s*(`{3,})\s*(\w*)/.exec(line)
    if (open === undefined) {
      if (fence) open = { path, fence: fence[1], language: fence[2], line: index + 2, code: [] }
    } else if (fence && fence[2] === "" && fence[1].length >= open.fence.length) {
      if (/^(ts|typescript)$/.test(open.language)) found.push({ ...open, code: open.code.join("\n") })
      open = undefined
    } else {
      open.code.push(line)
    }
  })
  return found
}

const read = (path) => readFileSync(join(root, path), "utf8")
const all = [
  ...["README.md", ...files("docs", ".md")].filter((path) => existsSync(join(root, path)))
    .flatMap((path) => blocks(path, read(path))),
  ...[...files("src", ".ts"), ...files("providers", ".ts")].flatMap((path) => blocks(path, docComments(read(path))))
]
const compiled = all.filter((block) => !/^\s*\/\/ not compiled/.test(block.code))

// The blocks are compiled in memory, each as a file of the package: "holdfast" is then its own source.
const virtual = new Map(compiled.map((block) => [join(root, ".docs", `${block.path}.${block.line}.ts`), block]))
const { errors, options } = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), {
  noUnusedLocals: false
}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (it) => console.error(it.messageText) })
const host = ts.createCompilerHost(options)
const { fileExists, readFile } = host
host.fileExists = (name) => virtual.has(name) || fileExists(name)
host.readFile = (name) => virtual.get(name)?.code ?? readFile(name)

const program = ts.createProgram([...virtual.keys()], options, host)
const found = [
  ...errors,
  ...program.getOptionsDiagnostics(),
  ...[...virtual.keys()].flatMap((name) => {
    const source = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  })
]
for (const { file, messageText, start } of found) {
  const block = virtual.get(file?.fileName)
  const where = block ? `${block.path}:${block.line + file.getLineAndCharacterOfPosition(start).line}` : "tsconfig.json"
  console.error(`${where} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)
}
console.log(`docs: ${compiled.length} blocks compiled, ${all.length - compiled.length} not, ${found.length} errors`)
process.exitCode = found.length === 0 ? 0 : 1
