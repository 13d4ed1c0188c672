/**
 * A fetch under test and the server that it calls, on a socket of this machine. Both end with the test.
 */
import { NodeHttpClient } from "@effect/platform-node"
import { ResilientFetch } from "holdfast"
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { onTestFinished } from "vitest"

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: Buffer
  /** The text of the body. */
  readonly text: string
}

export type Handler = (request: Received, response: Http.ServerResponse, number: number) => void

export interface Server {
  readonly url: string
  readonly requests: Array<Received>
  readonly sockets: Set<Socket>
  /** Whole requests so far. */
  readonly count: number
  /** Requests whose connection is open, and whose answer has not ended. A pool may open others in place of one that it closes. */
  underWay: number
  handler: Handler
  close: () => void
}

/** Answers each request once the whole of it has come. */
export const serve = (handler: Handler): Promise<Server> =>
  new Promise((resolve) => {
    const requests: Array<Received> = []
    const sockets = new Set<Socket>()
    const server = Http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      state.underWay++
      response.on("close", () => state.underWay--)
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("error", () => {})
      response.on("error", () => {})
      request.on("end", () => {
        const body = Buffer.concat(chunks)
        const received = {
          body,
          headers: request.headers,
          method: request.method ?? "",
          text: body.toString(),
          url: request.url ?? ""
        }
        state.handler(received, response, requests.push(received))
      })
    })
    server.on("connection", (socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => sockets.delete(socket))
    })
    const state = {
      close: () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      },
      get count() {
        return requests.length
      },
      handler,
      requests,
      sockets,
      underWay: 0,
      url: ""
    }
    onTestFinished(state.close)
    server.listen(0, "127.0.0.1", () => {
      state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resolve(state)
    })
  })

export const json = (
  response: Http.ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {}
) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))

/** Retries that wait for nothing but what a server asks for. */
export const prompt = { retry: { initialDelay: 0 } }

export const make = (options: ResilientFetch.Options = {}): ResilientFetch.ResilientFetch => {
  const fetch = ResilientFetch.make({ policy: prompt, ...options })
  onTestFinished(() => fetch.dispose())
  return fetch
}

/** Beneath it: the connection pool itself, and any other client. */
export const clients: ReadonlyArray<readonly [string, ResilientFetch.Options]> = [
  ["Transport.layer", {}],
  ["another HttpClient", { client: NodeHttpClient.layerUndici }]
]

/** How a promise ended, as something to look at. */
export const outcome = async (promise: Promise<Response>): Promise<Response | Error> => {
  try {
    return await promise
  } catch (error) {
    return error as Error
  }
}

export const tagOf = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null && "_tag" in value ? String(value._tag) : undefined

/** Waits until what the other side brings about holds; fails by the test's own time limit. */
export const eventually = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))
