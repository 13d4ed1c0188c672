/**
 * The writes of this process to its store, counted; one of them is its last deed. A statement of SQLite, which runs in the
 * process, or whatever goes down the socket to a server.
 */
import { createRequire } from "node:module"
import * as net from "node:net"

export interface Options {
  /** The write at which the process is killed; 0: none. */
  readonly at: number
  /** Killed before it is written, or when it has been and nobody has heard so. */
  readonly when: "before" | "after"
}

let isCounting = false
let count = 0

/** Counts from now on. */
export const begin = (): void => void (isCounting = true)

export const counted = (): number => count

const die = (): void => void process.kill(process.pid, "SIGKILL")

const isLast = (options: Options): boolean => isCounting && ++count === options.at

type Run = (this: Statement, ...args: Array<unknown>) => unknown

interface Statement {
  all: Run
  get: Run
  run: Run
}

const writes = /^\s*(?:begin|commit|insert|update|delete|with|savepoint|release)/i

export const inSqlite = (options: Options): void => {
  const Database: { readonly prototype: { prepare: (sql: string) => Statement } } = createRequire(import.meta.url)(
    "better-sqlite3"
  )
  const { prepare } = Database.prototype
  Database.prototype.prepare = function(sql) {
    const statement = prepare.call(this, sql)
    if (!writes.test(sql)) return statement
    for (const method of ["all", "get", "run"] as const) {
      const run = statement[method]
      statement[method] = function(...args) {
        const last = isLast(options)
        if (last && options.when === "before") die()
        const result = run.apply(this, args)
        if (last) die()
        return result
      }
    }
    return statement
  }
}

export const onSocket = (port: number, options: Options): void => {
  const { write } = net.Socket.prototype
  const patched = function(this: net.Socket, ...args: Parameters<typeof write>): boolean {
    if (this.remotePort !== port || !isLast(options)) return write.apply(this, args)
    if (options.when === "before") die()
    // once the kernel has it, it is sent whatever becomes of the process
    const [chunk, encoding] = args
    return write.call(this, chunk, typeof encoding === "string" ? encoding : undefined, die)
  }
  net.Socket.prototype.write = patched as typeof write
}
