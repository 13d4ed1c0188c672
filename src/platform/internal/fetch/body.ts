/**
 * The body of a request, in every form in which `fetch` takes one.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as Stream from "effect/Stream"
import { offAbort, onAbort } from "../../../internal/abortSignals.js"

/** A body, and the type that `fetch` sends with it where the caller names none. */
export interface Body {
  readonly contentType: string | undefined
  /** With the content type that is sent, which a dead letter keeps. */
  readonly encode: (contentType: string | undefined) => HttpBody.HttpBody
  /** Lets go of a stream that nobody will read any more. */
  readonly release?: (reason: unknown) => void
}

/**
 * What is no larger is held in memory, so that it can be sent again and kept in a dead letter. Bytes.
 */
export const maxHeld = 1024 * 1024

const ofText = (text: string, contentType: string): Body => ({
  contentType,
  encode: (contentType) => HttpBody.raw(text, { contentType })
})

/** The bytes must be nobody else's. */
const ofBytes = (bytes: Uint8Array, contentType: string | undefined): Body => ({
  contentType,
  encode: (contentType) => contentType === undefined ? HttpBody.raw(bytes) : HttpBody.uint8Array(bytes, contentType)
})

/** A copy, as the caller may write into the original as soon as `fetch` has returned. */
const copyOf = (view: ArrayBuffer | SharedArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
    : new Uint8Array(view).slice()

const ofLargeBlob = (blob: Blob, contentType: string | undefined): Body => ({
  contentType,
  encode: (contentType) => HttpBody.raw(blob, { contentLength: blob.size, contentType })
})

const ofBlob = (blob: Blob): Body | Promise<Body> => {
  const contentType = blob.type === "" ? undefined : blob.type
  return blob.size <= maxHeld
    ? blob.arrayBuffer().then((buffer) => ofBytes(new Uint8Array(buffer), contentType))
    : ofLargeBlob(blob, contentType)
}

const isBlob = (value: unknown): value is Blob => value instanceof Blob

const sizeOf = (form: FormData): number => {
  let size = 0
  for (const [name, value] of form) size += name.length + (isBlob(value) ? value.size : value.length)
  return size
}

const ofForm = (form: FormData): Body | Promise<Body> => {
  // encoded once, so that each attempt sends the same
  const encoded = new Response(form)
  const contentType = encoded.headers.get("content-type") ?? undefined
  return sizeOf(form) > maxHeld
    ? encoded.blob().then((blob) => ofLargeBlob(blob, contentType))
    : encoded.arrayBuffer().then((buffer) => ofBytes(new Uint8Array(buffer), contentType))
}

/** What can be read once, as a reader that can be let go of while it waits. */
interface Source {
  readonly next: () => Promise<IteratorResult<unknown, unknown>>
  readonly cancel: (reason: unknown) => void
}

const readerOf = (reader: ReadableStreamDefaultReader<unknown>): Source => ({
  cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  next: async () => {
    const { done, value } = await reader.read()
    return done ? { done: true, value: undefined } : { done: false, value }
  }
})

const open = (input: AsyncIterable<unknown>): Source => {
  if (input instanceof ReadableStream) return readerOf(input.getReader())
  const iterator = input[Symbol.asyncIterator]()
  return {
    cancel: () => {
      if ("destroy" in input && typeof input.destroy === "function") input.destroy()
      // not waited for: a generator that waits does not return before it has what it waits for
      else void iterator.return?.().then(undefined, () => {})
    },
    next: () => iterator.next()
  }
}

const ofStream = (make: () => Source): Body => {
  let source: Source | undefined
  let isReleased = false
  const chunks: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      if (source !== undefined || isReleased) {
        return { next: () => Promise.reject(new TypeError("the body was a stream, and has been sent already")) }
      }
      const opened = source = make()
      return {
        next: async () => {
          const { done, value } = await opened.next()
          if (done === true) return { done, value }
          if (value instanceof Uint8Array) return { done: false, value }
          throw new TypeError("a stream that is sent as a body must give Uint8Arrays")
        },
        return: () => {
          opened.cancel(new Error("the request has ended"))
          return Promise.resolve({ done: true, value: undefined })
        }
      }
    }
  }
  return {
    contentType: undefined,
    // no type is told by an empty one: the header is not taken from here
    encode: (contentType) => HttpBody.stream(Stream.fromAsyncIterable(chunks, (cause) => cause), contentType ?? ""),
    release: (reason) => {
      // what was opened ends with the request that reads it
      if (source !== undefined || isReleased) return
      isReleased = true
      make().cancel(reason)
    }
  }
}

const isAsyncIterable = (value: object): value is AsyncIterable<unknown> => Symbol.asyncIterator in value

const isUsed = (source: object): boolean =>
  (source instanceof ReadableStream && source.locked) ||
  // of Node's own streams
  ("readableDidRead" in source && source.readableDidRead === true)

/**
 * Reads what `fetch` calls a body. A promise where it has to be read first. Throws a TypeError where `fetch` does.
 */
export const fromInput = (input: unknown, isHalfDuplex: boolean): Body | Promise<Body> => {
  if (typeof input === "string") return ofText(input, "text/plain;charset=UTF-8")
  if (typeof input === "object" && input !== null) {
    if (input instanceof URLSearchParams) {
      return ofText(input.toString(), "application/x-www-form-urlencoded;charset=UTF-8")
    }
    if (ArrayBuffer.isView(input) || input instanceof ArrayBuffer) return ofBytes(copyOf(input), undefined)
    if (isBlob(input)) return ofBlob(input)
    if (input instanceof FormData) return ofForm(input)
    if (isAsyncIterable(input)) {
      if (!isHalfDuplex) throw new TypeError("a request with a stream for its body needs `duplex: \"half\"`")
      if (isUsed(input)) throw new TypeError("the stream that is to be the body is locked, or has been read")
      return ofStream(() => open(input))
    }
  }
  return ofText(String(input), "text/plain;charset=UTF-8")
}

/**
 * Reads the body of a `Request`, which tells nobody what it was made of: held in memory while it is small, else sent as the
 * stream that it is.
 */
export const fromRequestBody = async (
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined
): Promise<Body> => {
  const reader = stream.getReader()
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {})
  if (signal !== undefined) onAbort(signal, cancel)
  try {
    const chunks: Array<Uint8Array> = []
    let size = 0
    while (size <= maxHeld) {
      const { done, value } = await reader.read()
      if (done) return ofBytes(concat(chunks, size), undefined)
      chunks.push(value)
      size += value.length
    }
    return ofStream(() => ahead(chunks, readerOf(reader)))
  } finally {
    if (signal !== undefined) offAbort(signal, cancel)
  }
}

const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/** Gives what was read ahead, and then the rest. */
const ahead = (chunks: Array<Uint8Array>, rest: Source): Source => ({
  cancel: rest.cancel,
  next: () => {
    const value = chunks.shift()
    return value === undefined ? rest.next() : Promise.resolve({ done: false, value })
  }
})
