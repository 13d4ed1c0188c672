/** A request as it arrives, over a socket or in process. */
export interface Incoming {
  readonly method: string
  /** Path and query, `/crm/v3/owners?limit=1`. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What becomes of a request, for the transport to carry out. */
export type Outcome =
  | { readonly _tag: "Whole"; readonly answer: Answer }
  /** The body breaks off in its middle. */
  | { readonly _tag: "Half"; readonly answer: Answer }
  /** The body comes in pieces, spread over so many milliseconds. */
  | { readonly _tag: "Slow"; readonly answer: Answer; readonly millis: number }
  /** The connection is reset, nothing is answered. */
  | { readonly _tag: "Reset" }
  /** Nothing is answered, the connection stays open. */
  | { readonly _tag: "Hang" }

const encoder = new TextEncoder()

export const answer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): Answer => {
  if (body === undefined) return { status, headers, body: new Uint8Array(0) }
  const content = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json;charset=utf-8"
  const bytes = body instanceof Uint8Array
    ? body
    : encoder.encode(typeof body === "string" ? body : JSON.stringify(body))
  return {
    status,
    headers: { "content-type": body instanceof Uint8Array ? "application/octet-stream" : content, ...headers },
    body: bytes
  }
}

const brace = encoder.encode("{")

/** JSON that is none: an opening brace in place of its last byte. */
export const broken = (body: Uint8Array): Uint8Array => {
  const bytes = body.slice()
  bytes.set(brace, bytes.length - 1)
  return bytes
}

/** Into how many pieces a slow body is cut. */
export const slowPieces = 8

export const pieces = (body: Uint8Array, count: number): ReadonlyArray<Uint8Array> => {
  const size = Math.max(1, Math.ceil(body.length / count))
  const result: Array<Uint8Array> = []
  for (let at = 0; at < body.length; at += size) result.push(body.subarray(at, at + size))
  return result
}
