/**
 * A PostgreSQL of its own for a test. Needs `initdb` and `postgres`, on the PATH or where Debian keeps them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execFile } from "node:child_process"
import * as path from "node:path"
import * as binaries from "./internal/binaries.js"
import * as serverProcess from "./internal/serverProcess.js"
import { type TestServer, TestServerError } from "./TestServer.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** More of the server's settings: `{ log_statement: "all" }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

const user = "holdfast"

/** Says who comes, as a client does; the server asks for credentials, or says why it will not. */
const greeting = (): Uint8Array => {
  const body = Buffer.from(`user\0${user}\0database\0postgres\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(body.length + 8, 0)
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, body])
}

const authentication = "R".charCodeAt(0)

const run = (file: string, args: ReadonlyArray<string>, options: object): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(file, args, options, (error, _out, said) => {
      if (error === null) resolve()
      else reject(new TestServerError({ message: `${path.basename(file)}: ${said || error.message}` }))
    })
  })

/**
 * Starts a PostgreSQL with an empty database `postgres`, in which the user of its URL may do anything. What it has
 * committed survives a kill, though not a power cut: it does not wait for the disk.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<TestServer, TestServerError, Scope.Scope> =>
  Effect.suspend(() => {
    const found = binaries.postgres()
    if (found === undefined) {
      return new TestServerError({
        message: "PostgreSQL's initdb and postgres are not to be found: install it (Debian: postgresql)"
      })
    }
    const owner = binaries.unprivileged(["postgres"])
    const settings = {
      fsync: "off",
      listen_addresses: serverProcess.host,
      max_connections: "200",
      shared_buffers: "16MB",
      unix_socket_directories: "",
      ...options?.settings
    }
    return serverProcess.make({
      command: (folder, port) => [
        found.postgres,
        ...["-D", path.join(folder, "data"), "-p", String(port)],
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
      ],
      name: "PostgreSQL",
      prepare: (folder) =>
        run(
          found.initdb,
          [
            ...["-D", path.join(folder, "data"), "-U", user, "--auth", "trust"],
            ...["--encoding", "UTF8", "--no-locale", "--no-sync"]
          ],
          { cwd: folder, ...owner }
        ),
      ready: async (port) => (await serverProcess.ask(port, greeting()))?.[0] === authentication,
      // clients are disconnected, and what they were at is rolled back
      stop: "SIGINT",
      url: (port) => `postgres://${user}@${serverProcess.host}:${port}/postgres`,
      user: owner
    })
  })
