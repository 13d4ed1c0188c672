/** The elements of an array in JSON, in the very bytes: parsed and written again, large numbers would be others. */

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])
const blank = new Set([0x20, 0x09, 0x0a, 0x0d])

const trim = (bytes: Uint8Array): Uint8Array => {
  let [start, end] = [0, bytes.length]
  while (start < end && blank.has(bytes[start]!)) start++
  while (end > start && blank.has(bytes[end - 1]!)) end--
  return bytes.subarray(start, end)
}

/** Of what is known to be an array in JSON. No byte of a letter beyond ASCII is one of those that are looked for. */
export const elements = (json: Uint8Array): ReadonlyArray<Uint8Array> => {
  const inside = trim(trim(json).subarray(1, -1))
  if (inside.length === 0) return []
  const found: Array<Uint8Array> = []
  let [start, depth] = [0, 0]
  let isText = false
  for (let at = 0; at < inside.length; at++) {
    const byte = inside[at]!
    if (isText) {
      if (byte === backslash) at++
      else if (byte === quote) isText = false
    } else if (byte === quote) isText = true
    else if (opening.has(byte)) depth++
    else if (closing.has(byte)) depth--
    else if (byte === comma && depth === 0) {
      found.push(trim(inside.subarray(start, at)))
      start = at + 1
    }
  }
  found.push(trim(inside.subarray(start)))
  return found
}
