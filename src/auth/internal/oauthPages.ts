/** What a person's browser is told, and where it may be sent. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import { createHash } from "node:crypto"
import * as Transaction from "./oauthTransaction.js"

const entities: Readonly<Record<string, string>> = {
  "\"": "&quot;",
  "&": "&amp;",
  "'": "&#39;",
  "<": "&lt;",
  ">": "&gt;"
}

export const escaped = (text: string): string => text.replaceAll(/["&'<>]/g, (letter) => entities[letter] ?? letter)

/** The code is in the address bar: neither a cache nor the next page is told of it. */
const headers = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

export interface Page {
  readonly status: number
  readonly title: string
  readonly text: string
  /** An absolute URL that was checked. */
  readonly back: string
}

export const page = ({ back, status, text, title }: Page): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title></head><body>` +
      `<h1>${escaped(title)}</h1><p>${escaped(text)}</p><p><a href="${escaped(back)}">Back</a></p></body></html>`,
    { contentType: "text/html; charset=utf-8", headers, status }
  )

/** 303: the browser asks with GET, whatever it came with. */
export const redirect = (location: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ headers: { ...headers, location }, status: 303 })

/**
 * The absolute URL of a place that a browser may be sent to in the end: a path of this origin, or an origin that the
 * program has named. `undefined`: none of them.
 *
 * What a browser makes of a URL is another thing than what it looks like: `\` is a slash to it, line breaks are nothing,
 * and `/.//evil.example` is a path of two slashes. So it is parsed, and goes out as it was parsed, with its origin.
 */
export const placeOf = (
  text: string,
  options: { readonly publicUrl: string; readonly origins: ReadonlyArray<string> }
): string | undefined => {
  if (Array.from(text).some((letter) => letter <= " " || letter === "\\" || letter === "\u007f")) return undefined
  const { origin } = new URL(options.publicUrl)
  if (/^\/(?!\/)/.test(text)) {
    if (!URL.canParse(text, origin)) return undefined
    const url = new URL(text, origin)
    return url.origin === origin ? url.href : undefined
  }
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const isNamed = url.origin === origin || options.origins.includes(url.origin)
  return isNamed && url.username === "" && url.password === "" ? url.href : undefined
}

/** One for each flow, so that two of them in two tabs do not take each other's. Of its state, half a hash. */
export const cookieOf = (state: string): string =>
  `__Host-holdfast-oauth-${createHash("sha256").update(state).digest("hex").slice(0, 16)}`

/** Sent back with the top-level navigation from the provider, by this browser, and to this host alone. */
const attributes = { httpOnly: true, path: "/", sameSite: "lax", secure: true } as const

export const withCookie = (
  response: HttpServerResponse.HttpServerResponse,
  state: Redacted.Redacted,
  browser: Redacted.Redacted
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeSetCookie(response, cookieOf(Redacted.value(state)), Redacted.value(browser), {
    ...attributes,
    maxAge: Transaction.timeToLive
  })

export const withoutCookie = (
  response: HttpServerResponse.HttpServerResponse,
  state: string
): HttpServerResponse.HttpServerResponse => HttpServerResponse.expireCookie(response, cookieOf(state), attributes)

/**
 * Whether a page of this very origin has sent a form: no other one can say so. A browser that says neither where from is
 * none that is served.
 */
export const isSameOrigin = (headers: Readonly<Record<string, string | undefined>>, origin: string): boolean => {
  const site = headers["sec-fetch-site"]
  const from = headers.origin
  if (site === undefined && from === undefined) return false
  return (site === undefined || site === "same-origin") && (from === undefined || from === origin)
}
