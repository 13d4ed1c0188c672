/**
 * Credentials in the query of a URL: sent, and never stored.
 *
 * @internal
 */

/** As names are compared: `X-Amz-Signature`, `api_key` and `apikey` are written in many ways. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.]/g, "")

/** @internal */
export const defaultNames: ReadonlyArray<string> = [
  "access_token",
  "api_key",
  "api_secret",
  "auth",
  "auth_token",
  "client_secret",
  "key",
  "password",
  "refresh_token",
  "secret",
  "sig",
  "signature",
  "token",
  "x-amz-credential",
  "x-amz-security-token",
  "x-amz-signature",
  "x-goog-credential",
  "x-goog-signature"
]

/**
 * What stands in a secret's place in whatever is stored.
 *
 * @internal
 */
export const placeholder = "REDACTED"

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return text
  }
}

export class SecretQuery {
  readonly #names: ReadonlySet<string>

  constructor(names: ReadonlyArray<string>) {
    this.#names = new Set(names.map(plain))
  }

  /** The URL as it may be stored; `undefined` where it may be as it is. */
  redact(url: URL): string | undefined {
    if (!this.#isIn(url.search)) return undefined
    const redacted = this.redactText(url.href, () => false)
    return redacted === url.href ? undefined : redacted
  }

  /** The names alone, without what it takes to make a list of parameters. */
  #isIn(search: string): boolean {
    for (let start = 1; start < search.length;) {
      const next = search.indexOf("&", start)
      const end = next === -1 ? search.length : next
      const equals = search.indexOf("=", start)
      const name = search.slice(start, equals === -1 || equals > end ? end : equals)
      // escaped, it has to be read first
      if (/[%+]/.test(name) || this.#names.has(plain(name))) return true
      start = end + 1
    }
    return false
  }

  /** The same for a URL that may be a path alone, and for values that are secrets whatever their name. */
  redactText(url: string, isSecret: (value: string) => boolean): string {
    const start = url.indexOf("?") + 1
    if (start === 0) return url
    const hash = url.indexOf("#", start)
    const end = hash === -1 ? url.length : hash
    const query = url.slice(start, end).split("&").map((part) => {
      const equals = part.indexOf("=")
      if (equals === -1) return part
      const name = decoded(part.slice(0, equals))
      return this.#names.has(plain(name)) || isSecret(decoded(part.slice(equals + 1)))
        ? new URLSearchParams([[name, placeholder]]).toString()
        : part
    })
    // what was there several times is put back once
    const once = query.filter((part, index) => !part.endsWith(`=${placeholder}`) || query.indexOf(part) === index)
    return url.slice(0, start) + once.join("&") + url.slice(end)
  }

  /** The parameters of a stored URL whose secrets are missing. */
  missing(url: URL): ReadonlyArray<string> {
    return Array.from(url.searchParams)
      .filter(([name, value]) => value === placeholder && this.#names.has(plain(name)))
      .map(([name]) => name)
  }
}
