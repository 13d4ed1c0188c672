/** Where the machine keeps its servers, and as whom they may run. */
import * as fs from "node:fs"
import * as path from "node:path"

const executable = (file: string): boolean => {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

const search = (name: string, folders: ReadonlyArray<string>): string | undefined =>
  folders.map((folder) => path.join(folder, name)).find(executable)

const onPath = (): ReadonlyArray<string> =>
  (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "")

/** Debian keeps PostgreSQL's own programs out of the PATH, in a folder for each version. The newest first. */
const debianPostgres = (): ReadonlyArray<string> => {
  const root = "/usr/lib/postgresql"
  try {
    return fs.readdirSync(root).sort((a, b) => Number(b) - Number(a)).map((version) => path.join(root, version, "bin"))
  } catch {
    return []
  }
}

export const redisServer = (): string | undefined => search("redis-server", onPath())

/** Both from one folder, so that they are of one version. */
export const postgres = (): { readonly initdb: string; readonly postgres: string } | undefined => {
  for (const folder of [...debianPostgres(), ...onPath()]) {
    const initdb = search("initdb", [folder])
    const postgres = search("postgres", [folder])
    if (initdb !== undefined && postgres !== undefined) return { initdb, postgres }
  }
  return undefined
}

export interface User {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root, and nothing else should: root steps down to the first of these that there is. */
export const unprivileged = (names: ReadonlyArray<string>): User | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const users = new Map(
    fs.readFileSync("/etc/passwd", "utf8").split("\n").map((line) => {
      const [name = "", , uid, gid] = line.split(":")
      return [name, { gid: Number(gid), uid: Number(uid) }] as const
    })
  )
  return [...names, "nobody"].map((name) => users.get(name)).find((user) => user !== undefined)
}
