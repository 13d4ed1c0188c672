/** A server on a free port of this machine, which is gone with the scope. */
import { Effect } from "effect"
import type * as http from "node:http"
import type { AddressInfo } from "node:net"

export const listen = (server: http.Server) =>
  Effect.acquireRelease(
    Effect.async<string>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        resume(Effect.succeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
