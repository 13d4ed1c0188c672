/**
 * Bytes, in pieces and as text.
 *
 * @internal
 */
const empty = new Uint8Array(0)

/**
 * The first `size` bytes of what came in pieces. A single piece is not copied.
 *
 * @internal
 */
export const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const only = chunks[0]
  if (only === undefined) return empty
  if (chunks.length === 1 && only.length === size) return only
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    const rest = size - offset
    bytes.set(chunk.length <= rest ? chunk : chunk.subarray(0, rest), offset)
    offset += chunk.length
  }
  return bytes
}

const decoder = new TextDecoder()

/**
 * As UTF-8, without the mark that may stand before it.
 *
 * @internal
 */
export const decodeText = (bytes: Uint8Array): string => {
  if (!Buffer.isBuffer(bytes)) return decoder.decode(bytes)
  // for a body as small as most are, a fraction of what a decoder costs
  const text = bytes.toString("utf8")
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/**
 * A buffer of its own: what came from a socket may share one with other bytes.
 *
 * @internal
 */
export const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy.buffer
}
