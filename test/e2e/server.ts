/**
 * Real servers on loopback, whose sockets end with the test's scope.
 */
import { Effect } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"

export type Handler = (request: Http.IncomingMessage, response: Http.ServerResponse, number: number) => void

export interface Server {
  url: string
  port: number
  /** Open at this moment. */
  readonly sockets: Set<Net.Socket>
  /** Ever opened. */
  connections: number
  /** Requests so far. */
  count: number
  close: () => void
}

const track = (server: Net.Server): Server => {
  const state: Server = { close: () => {}, connections: 0, count: 0, port: 0, sockets: new Set(), url: "" }
  server.on("connection", (socket: Net.Socket) => {
    state.connections++
    state.sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => state.sockets.delete(socket))
  })
  state.close = () => {
    server.close()
    for (const socket of state.sockets) socket.destroy()
  }
  return state
}

const listen = (server: Net.Server, state: Server, scheme: string) =>
  Effect.acquireRelease(
    Effect.async<Server>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        state.port = (server.address() as Net.AddressInfo).port
        state.url = `${scheme}://127.0.0.1:${state.port}`
        resume(Effect.succeed(state))
      })
    }),
    (state) => Effect.sync(state.close)
  )

/** Answers a request once the whole of it has come. */
export const serve = (handler: Handler) =>
  serveAtOnce((request, response, number) => {
    request.resume()
    request.on("end", () => handler(request, response, number))
  })

/** Answers a request when its headers have come. */
export const serveAtOnce = (handler: Handler) => {
  const server = Http.createServer({ keepAliveTimeout: 60_000 })
  const state = track(server)
  server.on("request", (request: Http.IncomingMessage, response: Http.ServerResponse) => {
    response.on("error", () => {})
    handler(request, response, ++state.count)
  })
  return listen(server, state, "http")
}

/** For what no HTTP server would say. */
export const serveRaw = (handler: (socket: Net.Socket, number: number) => void) => {
  const server = Net.createServer()
  const state = track(server)
  server.on("connection", (socket: Net.Socket) => handler(socket, state.connections))
  return listen(server, state, "http")
}

/** Any server of Node's, with its sockets counted. */
export const serveWith = (server: Net.Server, scheme: string) => listen(server, track(server), scheme)

/** Waits until a condition that the other side brings about holds; fails by the test's own time limit. */
export const eventually = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => condition() ? Effect.void : Effect.zipRight(Effect.sleep("10 millis"), eventually(condition)))
