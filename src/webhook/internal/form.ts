/** Form bodies, byte by byte: what two texts have in common when they are decoded is not what they are. */

/** A name and a value, as bytes. */
export type Field = readonly [name: Buffer, value: Buffer]

const plus = 0x2b
const percent = 0x25
const space = 0x20

const digit = (byte: number | undefined): number => {
  const value = byte === undefined ? NaN : Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(value) ? -1 : value
}

/** A percent sign that begins no escape stands for itself, as browsers have it. */
const unescape = (text: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(text.length)
  let size = 0
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!
    const high = digit(text[at + 1])
    const low = digit(text[at + 2])
    if (byte === percent && high >= 0 && low >= 0) {
      bytes[size++] = high * 16 + low
      at += 2
    } else bytes[size++] = byte === plus ? space : byte
  }
  return bytes.subarray(0, size)
}

const splitAt = (bytes: Uint8Array, separator: number): ReadonlyArray<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  let start = 0
  for (let end = bytes.indexOf(separator); end >= 0; end = bytes.indexOf(separator, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  parts.push(bytes.subarray(start))
  return parts
}

export const fieldsOf = (body: Uint8Array): ReadonlyArray<Field> =>
  splitAt(body, 0x26).filter((part) => part.length > 0).map((part) => {
    const equals = part.indexOf(0x3d)
    return equals < 0
      ? [unescape(part), Buffer.alloc(0)]
      : [unescape(part.subarray(0, equals)), unescape(part.subarray(equals + 1))]
  })

export const first = (fields: ReadonlyArray<Field>, name: string): string | undefined =>
  fields.find(([key]) => key.toString("utf8") === name)?.[1].toString("utf8")

/** By name, then by value; each name and value one behind the other, with nothing between. */
export const sorted = (
  fields: ReadonlyArray<Field>,
  options: { readonly once: boolean }
): ReadonlyArray<Buffer> => {
  const inOrder = [...fields].sort((a, b) => Buffer.compare(a[0], b[0]) || Buffer.compare(a[1], b[1]))
  const kept = options.once
    ? inOrder.filter(([name, value], index) => {
      const before = inOrder[index - 1]
      return before === undefined || !before[0].equals(name) || !before[1].equals(value)
    })
    : inOrder
  return kept.flatMap(([name, value]) => [name, value])
}
