/** The value of an `Idempotency-Key` header: a string item of structured fields (RFC 8941), or bare, as many clients send it. */

const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
const bare = /^[\x21\x23-\x7e]+$/
const longest = 255

/** The key, or none. */
export const parse = (value: string): string | undefined => {
  const text = value.trim()
  const inQuotes = quoted.exec(text)?.[1]
  const key = inQuotes !== undefined ? inQuotes.replace(/\\(["\\])/g, "$1") : bare.test(text) ? text : ""
  return key.trim() === "" || key.length > longest ? undefined : key
}
