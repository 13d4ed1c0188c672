import { concat } from "../../internal/bytes.js"
import type { Controller } from "./dispatcher.js"

/** Past so many bytes that nobody has taken, the connection is read no further; undici's own mark. */
const highWaterMark = 64 * 1024

/**
 * A response body on its way. What has come waits here, up to a mark: so that a small body that nobody reads gives its
 * connection back, and a large one holds it until it is read, aborted, or collected together with its response. That is
 * why nothing in here may know the response.
 */
export class LiveBody {
  #whole: Uint8Array | undefined
  #chunks: Array<Uint8Array> = []
  #size = 0
  #paused = false
  #state: "open" | "ended" | "failed" = "open"
  #error: Error | undefined
  #reading: "not" | "chunks" | "whole" = "not"
  #waiting: Array<() => void> = []

  constructor(readonly controller: Controller) {}

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#reading === "whole") return
    if (this.#size >= highWaterMark) {
      this.#paused = true
      this.controller.pause()
    }
    this.#wake()
  }

  end(): void {
    if (this.#state === "open") this.#state = "ended"
    this.#wake()
  }

  fail(error: Error): void {
    if (this.#state === "open") {
      this.#state = "failed"
      this.#error = error
    }
    this.#wake()
  }

  /** Closes the connection, unless the body has come to its end. */
  abort(reason: Error): void {
    if (this.#state !== "open") return
    this.fail(reason)
    this.controller.abort(reason)
  }

  /** All of it has come, and none of it was taken piece by piece. */
  get hasEnded(): boolean {
    return this.#state === "ended" && this.#reading !== "chunks"
  }

  get isOpen(): boolean {
    return this.#state === "open"
  }

  /** Takes what has come, or tells why there is nothing. `undefined`: nothing yet. */
  take(): ReadonlyArray<Uint8Array> | "ended" | Error | undefined {
    this.#reading = "chunks"
    if (this.#chunks.length > 0) {
      const chunks = this.#chunks
      this.#chunks = []
      this.#size = 0
      this.#flow()
      return chunks
    }
    return this.#state === "ended" ? "ended" : this.#error
  }

  /** All of it, however long; it can be asked for again. `undefined`: not yet. */
  takeWhole(): Uint8Array | Error | undefined {
    if (this.#whole !== undefined) return this.#whole
    if (this.#reading === "chunks") return new TypeError("the response body has been read already, as a stream")
    this.#reading = "whole"
    // what waits in the socket may be its end
    this.#flow()
    if (this.#state !== "ended") return this.#error
    this.#whole = concat(this.#chunks, this.#size)
    this.#chunks = []
    return this.#whole
  }

  /** Somebody reads it as a whole, or has. */
  get isWhole(): boolean {
    return this.#reading === "whole"
  }

  /** Calls back once, when there is more, or no more to come. */
  wait(callback: () => void): void {
    this.#waiting.push(callback)
  }

  #flow(): void {
    if (!this.#paused) return
    this.#paused = false
    this.controller.resume()
  }

  #wake(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const callback of waiting) callback()
  }
}
