/**
 * One run at a time for a file of dead letters: a second one would replay the letters of the first, while that is at work,
 * to a server of its own.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code

const isAlive = (pid: number): boolean => {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
}

const holderOf = (lock: string): number => {
  try {
    return Number(readFileSync(lock, "utf8"))
  } catch {
    return 0
  }
}

/** Outside of the user's folders: after a crash nobody cleans up. */
const lockOf = (file: string): string =>
  join(tmpdir(), `holdfast-${createHash("sha256").update(resolve(file)).digest("hex").slice(0, 16)}.lock`)

/** Whether the lock is ours now. Where none can be written nobody is kept away. */
const take = (lock: string): boolean => {
  const own = `${lock}.${process.pid}`
  try {
    writeFileSync(own, String(process.pid))
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        // a link is there at once with what it says, or not at all
        linkSync(own, lock)
        return true
      } catch (error) {
        if (codeOf(error) !== "EEXIST") return true
        if (isAlive(holderOf(lock))) return false
        // its process was killed
        rmSync(lock, { force: true })
      }
    }
    return false
  } catch {
    return true
  } finally {
    rmSync(own, { force: true })
  }
}

/** The first of these files that no other run is using, for as long as the scope lasts. */
export const first = (
  files: ReadonlyArray<string>
): Effect.Effect<Option.Option<string>, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => Option.fromNullable(files.find((file) => file === ":memory:" || take(lockOf(file))))),
    Option.match({
      onNone: () => Effect.void,
      onSome: (file) => Effect.sync(() => rmSync(lockOf(file), { force: true }))
    })
  )
