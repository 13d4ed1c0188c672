const empty = new Uint8Array(0)

/** The first `size` bytes of what came in pieces. A single piece is not copied. */
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

export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes)

/** A buffer of its own: what came from a socket may share one with other bytes. */
export const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy.buffer
}
