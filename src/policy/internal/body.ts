import type { HttpBody } from "@effect/platform/HttpBody"

/** Whether a body is the same when it is sent a second time: a stream is gone once it has been read. */
export const isReplayable = (body: HttpBody): boolean => {
  if (body._tag === "Stream") return false
  if (body._tag !== "Raw" || typeof body.body !== "object" || body.body === null) return true
  // web streams, Node streams, generators
  return !("getReader" in body.body || "pipe" in body.body || Symbol.asyncIterator in body.body)
}
