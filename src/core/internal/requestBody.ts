import type * as HttpBody from "@effect/platform/HttpBody"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"

/** The body as undici takes it. A stream runs as it is taken, with the services and references of the fiber that sends. */
export const toDispatch = (body: HttpBody.HttpBody, fiber: Fiber.RuntimeFiber<unknown, unknown>): unknown => {
  switch (body._tag) {
    case "Empty":
      return null
    case "Raw":
    case "Uint8Array":
      return body.body
    case "FormData":
      return encodeForm(body.formData)
    case "Stream": {
      const runtime = Runtime.make({
        context: fiber.currentContext,
        fiberRefs: fiber.getFiberRefs(),
        runtimeFlags: Runtime.defaultRuntimeFlags
      })
      return Readable.from(Stream.toAsyncIterableRuntime(body.stream, runtime), { objectMode: false })
    }
  }
}

/**
 * A form as one blob, whose size and type undici reads. Its own encoding knows only forms of its own making, and the
 * global `FormData` is of the undici that is built into Node.
 */
const encodeForm = (form: FormData): Blob => {
  const boundary = `----holdfast-${crypto.randomUUID()}`
  const parts: Array<string | Blob> = []
  for (const [name, value] of form) {
    parts.push(`--${boundary}\r\ncontent-disposition: form-data; name="${quoted(linesOf(name))}"`)
    if (typeof value === "string") parts.push(`\r\n\r\n${linesOf(value)}\r\n`)
    else {
      const type = value.type === "" ? "application/octet-stream" : value.type
      parts.push(`; filename="${quoted(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`, value, "\r\n")
    }
  }
  parts.push(`--${boundary}--\r\n`)
  return new Blob(parts, { type: `multipart/form-data; boundary=${boundary}` })
}

const linesOf = (text: string): string => text.replace(/\r\n|\r|\n/g, "\r\n")
const quoted = (text: string): string => text.replace(/\n/g, "%0A").replace(/\r/g, "%0D").replace(/"/g, "%22")

/** Ends whatever makes a body, when a request has failed: one that was never started has not looked at it. */
export const destroy = (body: unknown, error: Error): void => {
  if (body instanceof Readable) body.on("error", () => {}).destroy(error)
}
