/**
 * Content codings: what is asked for, and how it is undone. Of Node alone: where there is no zlib, nothing is asked for.
 */
import * as Effect from "effect/Effect"
import type * as NodeStream from "node:stream"
import type * as NodeZlib from "node:zlib"
import { concat } from "../../internal/bytes.js"

interface Modules {
  readonly stream: typeof NodeStream
  readonly zlib: typeof NodeZlib
}

/** At hand without an import, so that who decodes nothing loads nothing. */
const modules = ((): () => Modules | undefined => {
  let loaded: Modules | undefined
  return () => {
    if (loaded !== undefined) return loaded
    const { process } = globalThis as { readonly process?: NodeJS.Process }
    const stream = process?.getBuiltinModule?.("node:stream")
    const zlib = process?.getBuiltinModule?.("node:zlib")
    return stream === undefined || zlib === undefined ? undefined : loaded = { stream, zlib }
  }
})()

type Duplex = NodeStream.Duplex

export type Coding = "gzip" | "deflate" | "br" | "zstd"

/** What newer versions of Node have. */
interface Zstd {
  readonly createZstdDecompress?: (options?: object) => Duplex
}

/** The value of `accept-encoding`: no more than can be undone. */
export const acceptable = (): string | undefined => {
  const loaded = modules()
  if (loaded === undefined) return undefined
  return (loaded.zlib as Zstd).createZstdDecompress === undefined ? "gzip, deflate, br" : "gzip, deflate, br, zstd"
}

const known: Readonly<Record<string, Coding>> = {
  br: "br",
  deflate: "deflate",
  gzip: "gzip",
  "x-gzip": "gzip",
  zstd: "zstd"
}

// nobody encodes as often in earnest, and each costs memory
const most = 5

/** The codings of a body, from its `content-encoding`, in the order in which they were applied; `undefined` when there are none that can be undone. */
export const codingsOf = (header: string | undefined): ReadonlyArray<Coding> | undefined => {
  if (header === undefined || header === "") return undefined
  const names = header.toLowerCase().split(",").map((name) => name.trim()).filter((name) => name !== "identity")
  if (names.length === 0 || names.length > most) return undefined
  const loaded = modules()
  if (loaded === undefined) return undefined
  const codings: Array<Coding> = []
  for (const name of names) {
    const coding = known[name]
    if (coding === undefined) return undefined
    if (coding === "zstd" && (loaded.zlib as Zstd).createZstdDecompress === undefined) return undefined
    codings.push(coding)
  }
  return codings
}

/** `deflate` is the zlib format, and bare deflate with servers that never got it right: the first byte tells. */
const inflate = ({ stream, zlib }: Modules): Duplex => {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH }
  let inner: Duplex | undefined
  return new stream.Transform({
    destroy: (error, callback) => {
      inner?.destroy()
      callback(error)
    },
    flush: (callback) => {
      if (inner === undefined) return callback()
      inner.once("end", callback)
      inner.end()
    },
    transform(chunk: Buffer, _encoding, callback) {
      if (inner === undefined) {
        inner = ((chunk[0] ?? 0) & 0x0f) === 0x08 ? zlib.createInflate(options) : zlib.createInflateRaw(options)
        inner.on("data", (decoded) => this.push(decoded))
        inner.on("error", (error) => this.destroy(error))
      }
      inner.write(chunk, callback)
    }
  })
}

/** As lenient as browsers are: what a body that was cut short still holds is given out. */
const decoderOf = (coding: Coding, loaded: Modules): Duplex => {
  const { zlib } = loaded
  const { constants } = zlib
  switch (coding) {
    case "br":
      return zlib.createBrotliDecompress({
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
        flush: constants.BROTLI_OPERATION_FLUSH
      })
    case "deflate":
      return inflate(loaded)
    case "gzip":
      return zlib.createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, flush: constants.Z_SYNC_FLUSH })
    case "zstd":
      return (zlib as Zstd).createZstdDecompress?.() ?? zlib.createGunzip()
  }
}

const outermostFirst = (codings: ReadonlyArray<Coding>, loaded: Modules): Array<Duplex> =>
  codings.map((coding) => decoderOf(coding, loaded)).reverse()

const required = (): Modules => {
  const loaded = modules()
  if (loaded === undefined) throw new Error("there is no zlib in this runtime")
  return loaded
}

/** Undoes the codings of a whole body. `complete: false`: it is larger than the limit. */
export const decode = (
  bytes: Uint8Array,
  codings: ReadonlyArray<Coding>,
  limit: number
): Effect.Effect<{ readonly bytes: Uint8Array; readonly complete: boolean }, Error> =>
  Effect.async((resume) => {
    const loaded = required()
    const [first, ...rest] = outermostFirst(codings, loaded)
    if (first === undefined) return resume(Effect.succeed({ bytes, complete: true }))
    const chunks: Array<Uint8Array> = []
    let size = 0
    // of streams in an array the compiler does not see that the last one, which is handed back, is readable too
    const last = rest.length === 0 ? first : loaded.stream.pipeline([first, ...rest], onEnd) as unknown as Duplex
    let isOver = false
    function onEnd(error: Error | null | undefined): void {
      if (isOver) return
      isOver = true
      resume(
        error === null || error === undefined
          ? Effect.succeed({ bytes: concat(chunks, Math.min(size, limit)), complete: size <= limit })
          : Effect.fail(error)
      )
    }
    last.on("data", (chunk: Uint8Array) => {
      if (isOver) return
      chunks.push(chunk)
      size += chunk.length
      if (size > limit) {
        onEnd(undefined)
        first.destroy()
        last.destroy()
      }
    })
    if (rest.length === 0) loaded.stream.finished(last, onEnd)
    first.end(bytes)
    return Effect.sync(() => {
      isOver = true
      first.destroy()
      last.destroy()
    })
  })

/** Undoes the codings of a body on its way. Cancelling it cancels the encoded one. */
export const decodeStream = (
  encoded: ReadableStream<Uint8Array>,
  codings: ReadonlyArray<Coding>
): ReadableStream<Uint8Array> => {
  const loaded = required()
  const { Readable, pipeline } = loaded.stream
  const source = Readable.fromWeb(encoded as Parameters<typeof Readable.fromWeb>[0])
  // as above: the last stream of the array
  const decoded = pipeline([source, ...outermostFirst(codings, loaded)], () => {}) as unknown as Duplex
  return Readable.toWeb(decoded) as ReadableStream<Uint8Array>
}
