/**
 * Credentials in the query of a URL: sent, and never stored.
 */

/** As names are compared: `X-Amz-Signature`, `api_key` and `apikey` are written in many ways. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.]/g, "")

export const defaultNames: ReadonlyArray<string> = [
  "access_token",
  "api_key",
  "auth",
  "auth_token",
  "client_secret",
  "key",
  "password",
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

/** What stands in a stored URL in a secret's place. */
export const placeholder = "REDACTED"

export class SecretQuery {
  readonly #names: ReadonlySet<string>

  constructor(names: ReadonlyArray<string>) {
    this.#names = new Set(names.map(plain))
  }

  /** The URL as it may be stored; `undefined` where it may be as it is. */
  redact(url: URL): string | undefined {
    if (!this.#isIn(url.search)) return undefined
    const redacted = new URL(url)
    for (const name of new Set(url.searchParams.keys())) {
      if (this.#names.has(plain(name))) redacted.searchParams.set(name, placeholder)
    }
    return redacted.href
  }

  /** The names alone, without what it takes to make a list of parameters. */
  #isIn(search: string): boolean {
    for (let start = 1; start < search.length;) {
      const next = search.indexOf("&", start)
      const end = next === -1 ? search.length : next
      const equals = search.indexOf("=", start)
      const name = search.slice(start, equals === -1 || equals > end ? end : equals)
      // escaped, it is for the parser to read
      if (/[%+]/.test(name) || this.#names.has(plain(name))) return true
      start = end + 1
    }
    return false
  }

  /** The parameters of a stored URL whose secrets are missing. */
  missing(url: URL): ReadonlyArray<string> {
    return Array.from(url.searchParams)
      .filter(([name, value]) => value === placeholder && this.#names.has(plain(name)))
      .map(([name]) => name)
  }
}
