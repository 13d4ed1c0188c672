import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"

const children = new Set<ChildProcess>()

/** No load outlives the one who asked for it. */
const endAll = () => {
  for (const child of children) child.kill("SIGKILL")
}
process.on("exit", endAll)
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    endAll()
    process.exit(130)
  })
}

export interface Child {
  /** The first message that the child sends. */
  readonly message: Promise<unknown>
  readonly end: () => void
}

/**
 * A process for one file of this folder, with a heap and a compiler of its own. It is killed when it takes longer than
 * `limitMillis`, and when this process ends.
 */
export const start = (
  file: string,
  args: ReadonlyArray<string>,
  options: { readonly limitMillis: number; readonly flags?: ReadonlyArray<string> }
): Child => {
  const child = fork(fileURLToPath(new URL(`../${file}`, import.meta.url)), args, {
    execArgv: [
      "--conditions=@holdfast/source",
      "--import",
      new URL("../typescript.mjs", import.meta.url).href,
      "--expose-gc",
      // cockatiel hangs a listener on one shared signal for each call that is under way
      "--disable-warning=MaxListenersExceededWarning",
      ...options.flags ?? []
    ],
    // its own output goes to stderr: the last line of stdout may be for a machine
    stdio: ["ignore", 2, 2, "ipc"]
  })
  children.add(child)
  const end = () => {
    clearTimeout(timer)
    child.kill("SIGKILL")
  }
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, options.limitMillis)
  const message = new Promise<unknown>((resolve, reject) => {
    child.once("message", resolve)
    child.once("error", reject)
    child.once("exit", (code, signal) => {
      clearTimeout(timer)
      children.delete(child)
      const ended = isLate
        ? `took longer than ${Math.round(options.limitMillis / 1000)} s and was ended: is the machine busy?`
        : `ended before it had a result (${signal ?? `exit code ${code}`})`
      reject(new Error(`${file} ${args.join(" ")} ${ended}`))
    })
  })
  return { end, message }
}
