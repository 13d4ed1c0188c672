import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Stream from "effect/Stream"
import { LiveResponse } from "./liveResponse.js"

/** The body as the web has it: reads as it is read, and closes the connection when it is cancelled. */
export const toReadableStream = (response: HttpClientResponse.HttpClientResponse): ReadableStream<Uint8Array> =>
  response instanceof LiveResponse && !response.body.isWhole
    ? fromLive(response)
    : Stream.toReadableStream(response.stream)

/** Leads to the response, so that neither is collected before the other. */
const fromLive = (response: LiveResponse): ReadableStream<Uint8Array> =>
  new ReadableStream({
    type: "bytes",
    pull: (controller) => {
      const step = (): Promise<void> | undefined => {
        const taken = response.body.take()
        if (taken === undefined) {
          return new Promise<void>((resolve) => response.body.wait(resolve)).then(step)
        }
        if (taken instanceof Error) throw taken
        if (taken === "ended") {
          controller.close()
          controller.byobRequest?.respond(0)
        } else {
          // a stream of bytes takes buffers away from their owner: these are shared
          for (const chunk of taken) controller.enqueue(new Uint8Array(chunk))
        }
        return undefined
      }
      return step()
    },
    cancel: (reason) => response.body.abort(reason instanceof Error ? reason : new Error("the body was cancelled"))
  })
