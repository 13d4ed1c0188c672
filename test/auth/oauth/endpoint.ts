/** A token endpoint that does what a test wants, and keeps what it was sent. */
import { Effect } from "effect"
import * as http from "node:http"
import type { Socket } from "node:net"
import { listen } from "./listen.js"

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  readonly form: URLSearchParams
}

export type Act = (response: http.ServerResponse, seen: Seen) => void

export const json = (status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}): Act => (response) => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
}

export const tokens = { access_token: "access-fake-1", expires_in: 3600, token_type: "Bearer" }

export const make = (first: Act = json(200, tokens)) =>
  Effect.gen(function*() {
    const seen: Array<Seen> = []
    const sockets = new Set<Socket>()
    const state = { act: first, closed: 0 }
    const server = http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString()
        const one: Seen = {
          body,
          form: new URLSearchParams(body),
          headers: request.headers,
          method: request.method ?? "",
          path: request.url ?? ""
        }
        seen.push(one)
        state.act(response, one)
      })
      response.on("close", () => {
        if (!response.writableFinished) state.closed++
      })
    })
    server.on("connection", (socket) => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
    })
    const url = yield* listen(server)
    return { seen, sockets, state, url }
  })
