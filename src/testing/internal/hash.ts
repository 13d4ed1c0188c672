/**
 * Two 32-bit hashes of a text mixed into 53 bits (cyrb53, public domain): not for secrets, the same on every machine.
 *
 * @internal
 */
export const hash53 = (text: string, seed: number): number => {
  let h1 = 0xdeadbeef ^ seed
  let h2 = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    h1 = Math.imul(h1 ^ char, 2654435761)
    h2 = Math.imul(h2 ^ char, 1597334677)
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909)
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909)
  return 4294967296 * (2097151 & h2) + (h1 >>> 0)
}

/**
 * A number in [0, 1) that depends on nothing but its arguments.
 *
 * @internal
 */
export const draw = (seed: number, ...parts: ReadonlyArray<string | number>): number =>
  hash53(parts.join("\u0000"), seed) / 2 ** 53
