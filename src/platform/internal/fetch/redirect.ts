/**
 * What becomes of an answer that points elsewhere: the standard's rules, as a function of what is known.
 */

export type Mode = "follow" | "error" | "manual"

/** The request that was answered. */
export interface From {
  readonly url: URL
  readonly method: string
  readonly mode: Mode
  /** Whether its body can be sent once more. */
  readonly isReplayable: boolean
  /** Redirects that were followed so far. */
  readonly count: number
}

export interface Follow {
  readonly _tag: "Follow"
  readonly url: URL
  readonly method: string
  /** Without its body, and the headers that describe it. */
  readonly dropsBody: boolean
  /** Without what is for the first origin alone. */
  readonly dropsCredentials: boolean
}

export interface Refuse {
  readonly _tag: "Refuse"
  readonly reason: string
}

const most = 20

/** Headers that describe a body. */
export const ofBody: ReadonlyArray<string> = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type"
]

/** Headers that are for one origin alone. */
export const ofCredentials: ReadonlyArray<string> = ["authorization", "cookie", "host", "proxy-authorization"]

export const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

const refuse = (reason: string): Refuse => ({ _tag: "Refuse", reason })

/** `undefined`: it is the answer. */
export const decide = (status: number, location: string | undefined, from: From): Follow | Refuse | undefined => {
  if (!isRedirect(status) || from.mode === "manual") return undefined
  if (from.mode === "error") return refuse("the answer is a redirect, and `redirect` is \"error\"")
  if (location === undefined) return undefined
  if (!URL.canParse(location, from.url.href)) return refuse("the answer redirects to what is not a URL")
  const url = new URL(location, from.url.href)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return refuse(`the answer redirects to a ${url.protocol} URL`)
  }
  if (from.count >= most) return refuse(`more than ${most} redirects`)
  const becomesGet = (status === 303 && from.method !== "GET" && from.method !== "HEAD") ||
    ((status === 301 || status === 302) && from.method === "POST")
  if (!becomesGet && !from.isReplayable) {
    return refuse("the answer redirects a request whose body was a stream, which is gone once sent")
  }
  return {
    _tag: "Follow",
    dropsBody: becomesGet,
    dropsCredentials: url.origin !== from.url.origin,
    method: becomesGet ? "GET" : from.method,
    url
  }
}
