import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Stream from "effect/Stream"
import { offAbort, onAbort } from "../../internal/abortSignals.js"
import type { LiveBody } from "./liveBody.js"
import { LiveResponse } from "./liveResponse.js"

/** Where the bytes come from. */
interface Source {
  readonly next: () => Promise<ReadonlyArray<Uint8Array> | "ended">
  readonly cancel: (reason: unknown) => void
}

/** Leads to the response, so that neither is collected before the other. */
class LiveSource implements Source {
  readonly #body: LiveBody

  constructor(readonly response: LiveResponse) {
    this.#body = response.body
  }

  async next(): Promise<ReadonlyArray<Uint8Array> | "ended"> {
    let taken = this.#body.take()
    while (taken === undefined) {
      await new Promise<void>((resolve) => this.#body.wait(resolve))
      taken = this.#body.take()
    }
    if (taken instanceof Error) throw taken
    return taken
  }

  cancel(reason: unknown): void {
    this.#body.abort(reason instanceof Error ? reason : new Error("the body was cancelled", { cause: reason }))
  }
}

/** Opened when it is first read: one that is open may wait for its connection, which then leads to whoever waits. */
class StreamSource implements Source {
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #open: () => ReadableStream<Uint8Array>

  constructor(open: () => ReadableStream<Uint8Array>) {
    this.#open = open
  }

  async next(): Promise<ReadonlyArray<Uint8Array> | "ended"> {
    const { done, value } = await (this.#reader ??= this.#open().getReader()).read()
    return done ? "ended" : [value]
  }

  cancel(reason: unknown): void {
    const cancelling = this.#reader === undefined ? this.#open().cancel(reason) : this.#reader.cancel(reason)
    cancelling.catch(() => {})
  }
}

/** An underlying source: from the stream one comes to it, and from it to the response. */
class Reading {
  readonly type = "bytes"
  readonly #source: Source
  #controller: ReadableByteStreamController | undefined
  #unwatch: (() => void) | undefined

  constructor(source: Source, signal: AbortSignal | undefined) {
    this.#source = source
    if (signal !== undefined) this.#unwatch = watch(this, signal)
  }

  start(controller: ReadableByteStreamController): void {
    this.#controller = controller
  }

  async pull(controller: ReadableByteStreamController): Promise<void> {
    try {
      let isFilled = false
      while (!isFilled) {
        const taken = await this.#source.next()
        if (taken === "ended") {
          this.#end()
          controller.close()
          controller.byobRequest?.respond(0)
          return
        }
        for (const chunk of taken) {
          if (chunk.length === 0) continue
          isFilled = true
          // a stream of bytes takes buffers away from their owner: these are shared
          controller.enqueue(new Uint8Array(chunk))
        }
      }
    } catch (error) {
      this.#end()
      throw error
    }
  }

  cancel(reason: unknown): void {
    this.#end()
    this.#source.cancel(reason)
  }

  abort(reason: unknown): void {
    this.#end()
    this.#controller?.error(reason)
    this.#source.cancel(reason)
  }

  #end(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }
}

/** Of readings that nobody can read any more. */
const unreachable = new FinalizationRegistry<() => void>((unwatch) => unwatch())

/** A signal may live for long: it must hold neither the body nor, once that is read or lost, a listener. */
const watch = (reading: Reading, signal: AbortSignal): () => void => {
  const weakly = new WeakRef(reading)
  const callback = () => weakly.deref()?.abort(signal.reason)
  onAbort(signal, callback)
  const unwatch = () => offAbort(signal, callback)
  unreachable.register(reading, unwatch, unwatch)
  return () => {
    unreachable.unregister(unwatch)
    unwatch()
  }
}

/** A response that has it already. */
interface Convertible {
  readonly toReadableStream: () => ReadableStream<Uint8Array>
}

const isConvertible = (response: object): response is Convertible => "toReadableStream" in response

/**
 * The body as the web has it: reads as it is read, and closes the connection when it is cancelled, or aborted.
 */
export const toReadableStream = (
  response: HttpClientResponse.HttpClientResponse,
  signal?: AbortSignal | undefined
): ReadableStream<Uint8Array> => {
  if (response instanceof LiveResponse && !response.body.isWhole) {
    return new ReadableStream(new Reading(new LiveSource(response), signal))
  }
  const open = () => isConvertible(response) ? response.toReadableStream() : Stream.toReadableStream(response.stream)
  return new ReadableStream(new Reading(new StreamSource(open), signal))
}
