/** The other side of the HTTP measurements, in a process of its own: answers every request at once, with keep-alive. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { body } from "./order.js"

const headers = { "content-length": Buffer.byteLength(body), "content-type": "application/json" }

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, headers)
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))

// whoever asked for it is gone
process.on("disconnect", () => process.exit(0))
