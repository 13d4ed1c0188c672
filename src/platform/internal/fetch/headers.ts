/**
 * The headers of a request, in every form in which `fetch` takes them.
 */
import * as PlatformHeaders from "@effect/platform/Headers"

/** What `fetch` takes for headers: less than the name says would be refused, more is passed on. */
export type Input = ConstructorParameters<typeof Headers>[0]

const prototype: object = Object.getPrototypeOf(PlatformHeaders.empty)

/** Headers to write into, names in lower case. */
export const make = (): Record<string, string> => Object.create(prototype)

/** Whoever writes into them does so before anybody else sees them. */
export const seal = (headers: Record<string, string>): PlatformHeaders.Headers => headers as PlatformHeaders.Headers

const name = /^[\w!#$%&'*+\-.^`|~]+$/
// what a line of a header can hold: a byte for each character, and no control character but the tab
const value = /^[\t\x20-\x7e\x80-\xff]*$/
const outerWhitespace = /^[\t\n\r ]+|[\t\n\r ]+$/g

const set = (headers: Record<string, string>, rawName: unknown, rawValue: unknown): void => {
  const key = String(rawName)
  if (!name.test(key)) throw new TypeError(`"${key}" is not the name of a header`)
  let text = String(rawValue)
  const last = text.charCodeAt(text.length - 1)
  if (text.charCodeAt(0) <= 0x20 || last <= 0x20) text = text.replace(outerWhitespace, "")
  // not the value itself: it may be a secret
  if (!value.test(text)) throw new TypeError(`the value of the header "${key}" holds a character that no header can`)
  const lower = key.toLowerCase()
  const before = headers[lower]
  headers[lower] = before === undefined ? text : `${before}${lower === "cookie" ? "; " : ", "}${text}`
}

/** Throws a TypeError, as `fetch` does, at a name or a value that cannot be sent. */
export const fromInput = (input: Input | null): Record<string, string> => {
  const headers = make()
  if (input === undefined || input === null) return headers
  if (input instanceof Headers) {
    // they are checked, and their names are in lower case
    for (const [name, value] of input) {
      headers[name] = headers[name] === undefined
        ? value
        : `${headers[name]}, ${value}`
    }
  } else if (Symbol.iterator in input) {
    for (const pair of input as Iterable<unknown>) {
      const [name, value, ...rest] = pair as Iterable<unknown>
      if (value === undefined || rest.length > 0) throw new TypeError("a header is a pair of a name and a value")
      set(headers, name, value)
    }
  } else if (typeof input === "object") {
    for (const name of Object.keys(input)) set(headers, name, (input as Readonly<Record<string, unknown>>)[name])
  } else {
    throw new TypeError("headers are a Headers, a list of pairs, or a record")
  }
  return headers
}
