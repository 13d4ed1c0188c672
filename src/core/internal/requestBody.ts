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
      return body.formData
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

/** Ends whatever makes a body, when a request has failed: one that was never started has not looked at it. */
export const destroy = (body: unknown, error: Error): void => {
  if (body instanceof Readable) body.on("error", () => {}).destroy(error)
}
