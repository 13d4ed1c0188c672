import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"

/** Names in lower case, and an array where a header came several times. */
export type RawHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** As they came over the wire: a name, its value, the next name. */
export type WireHeaders = ReadonlyArray<Buffer | string | ReadonlyArray<Buffer | string>>

const isWire = (headers: RawHeaders | WireHeaders): headers is WireHeaders => Array.isArray(headers)

const textOf = (value: Buffer | string): string => typeof value === "string" ? value : value.toString("latin1")

/** The value of a header, joined where it came several times; its name is in lower case. */
export const wireValue = (wire: WireHeaders, name: string): string | undefined => {
  let joined: string | undefined
  for (let index = 0; index + 1 < wire.length; index += 2) {
    const raw = wire[index] as Buffer | string
    if (raw.length !== name.length || textOf(raw).toLowerCase() !== name) continue
    const value = wire[index + 1] as WireHeaders[number]
    const text = Array.isArray(value) ? value.map(textOf).join(", ") : textOf(value as Buffer | string)
    joined = joined === undefined ? text : `${joined}, ${text}`
  }
  return joined
}

const fromWire = (wire: WireHeaders): RawHeaders => {
  const headers: Record<string, string | Array<string>> = Object.create(null)
  for (let index = 0; index + 1 < wire.length; index += 2) {
    const name = textOf(wire[index] as Buffer | string).toLowerCase()
    const value = wire[index + 1] as WireHeaders[number]
    for (const text of Array.isArray(value) ? value.map(textOf) : [textOf(value as Buffer | string)]) {
      const before = headers[name]
      headers[name] = before === undefined ? text : Array.isArray(before) ? [...before, text] : [before, text]
    }
  }
  return headers
}

/** The headers of any client's response, cookies apart: a client joins what came several times. */
export const rawOf = (
  response: { readonly headers: Headers.Headers; readonly cookies: Cookies.Cookies }
): RawHeaders => {
  const { headers } = response
  if (headers["set-cookie"] === undefined) return headers
  const cookies = Cookies.toSetCookieHeaders(response.cookies)
  return cookies.length === 0 ? headers : { ...headers, "set-cookie": cookies }
}

/** Whether a name has the text in it, in either case; the text is in lower case. */
const includes = (name: Buffer | string, text: string): boolean => {
  if (typeof name === "string") return name.toLowerCase().includes(text)
  for (let start = name.length - text.length; start >= 0; start--) {
    let at = 0
    while (at < text.length && ((name[start + at] ?? 0) | 0x20) === text.charCodeAt(at)) at++
    if (at === text.length) return true
  }
  return false
}

/** Headers of a response, looked at only when somebody asks: most of the time nobody does. */
export class ReceivedHeaders {
  #raw: RawHeaders | WireHeaders
  #headers: Headers.Headers | undefined

  constructor(raw: RawHeaders | WireHeaders, readonly statusText: string) {
    this.#raw = raw
  }

  get raw(): RawHeaders {
    return isWire(this.#raw) ? this.#raw = fromWire(this.#raw) : this.#raw
  }

  /** Whether some header's name has the text, of letters in lower case, in it; for a fraction of what reading them costs. */
  mention(text: string): boolean {
    const raw = this.#raw
    if (!isWire(raw)) return Object.keys(raw).some((name) => includes(name, text))
    for (let index = 0; index < raw.length; index += 2) {
      if (includes(raw[index] as Buffer | string, text)) return true
    }
    return false
  }

  /** One header alone, its name in lower case, for a fraction of what reading them all costs. */
  value(name: string): string | undefined {
    const raw = this.#raw
    if (isWire(raw)) return wireValue(raw, name)
    const value = raw[name]
    return typeof value === "string" ? value : value?.join(", ")
  }

  get headers(): Headers.Headers {
    const { raw } = this
    return this.#headers ??= Headers.isHeaders(raw) ? raw : Headers.fromInput(raw)
  }

  /** From headers that were not joined: a cookie's date has a comma of its own. */
  get cookies(): Cookies.Cookies {
    const header = this.raw["set-cookie"]
    return header === undefined ? Cookies.empty : Cookies.fromSetCookie(header)
  }
}
