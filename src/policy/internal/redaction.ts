/** What of a call may be stored: pure, so that it can be shown to let no secret through. */
import type { Redaction } from "../../core/Operation.js"
import type { DeadLetterRequest, PlainBody } from "../../delivery/DeadLetterQueue.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { placeholder, type SecretQuery } from "../../internal/secretQuery.js"

export interface Rules {
  /** Names in lower case. */
  readonly headers: ReadonlySet<string>
  readonly query: SecretQuery
}

/** A part of a request as it may be stored, and what it lacks. */
interface Redacted<A> {
  readonly value: A
  /** Paths of what no replay can put back. */
  readonly lacks: ReadonlyArray<string>
}

/** `https://user:password@`. A replay's `Auth` says who calls. */
const userinfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i

/** A secret that is a whole value of the query is put back by whoever signs the replay; one elsewhere is lost. */
const redactUrl = (url: string, query: SecretQuery): Redacted<string> => {
  const withoutUser = url.replace(userinfo, "$1")
  const signable = query.redactText(withoutUser, (value) => value !== "" && KnownSecrets.scrub(value) === placeholder)
  const value = KnownSecrets.scrub(signable)
  return { value, lacks: value === signable ? [] : ["url"] }
}

const redactHeaders = (
  headers: Readonly<Record<string, string>>,
  allowed: ReadonlySet<string>
): Redacted<Record<string, string>> => {
  const value: Record<string, string> = {}
  const lacks: Array<string> = []
  for (const [name, text] of Object.entries(headers)) {
    if (!allowed.has(name)) continue
    const clean = KnownSecrets.scrub(text)
    value[name] = clean
    if (clean !== text) lacks.push(`headers.${name}`)
  }
  return { value, lacks }
}

/** What was taken out of a body, so that the answer does not bring it back. */
interface Taken extends Redacted<PlainBody | undefined> {
  readonly texts: ReadonlyArray<string>
}

const leaves = function*(value: unknown): Generator<string> {
  if (typeof value === "string") yield value
  else if (typeof value === "number") yield String(value)
  else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) yield* leaves(part)
  }
}

const take = (
  value: unknown,
  path: ReadonlyArray<string>,
  at: string,
  found: (path: string, value: unknown) => void
): unknown => {
  const [head, ...rest] = path
  if (head === undefined) {
    found(at, value)
    return placeholder
  }
  if (typeof value !== "object" || value === null) return value
  const names = head === "*" ? Object.keys(value) : Object.hasOwn(value, head) ? [head] : []
  const changed = names.map((name) => {
    const part: unknown = Reflect.get(value, name)
    return [name, take(part, rest, `${at}.${name}`, found)] as const
  })
  return Object.assign(Array.isArray(value) ? [...value] : { ...value }, Object.fromEntries(changed))
}

/** A body as rules see it: JSON, the fields of a form, or text; and how it is written down again. */
const parse = (
  text: string,
  contentType: string | undefined
): { readonly value: unknown; readonly write: (value: unknown) => string } => {
  if (contentType?.startsWith("application/x-www-form-urlencoded") === true) {
    return {
      value: Object.fromEntries(new URLSearchParams(text)),
      write: (value) => new URLSearchParams(value as Record<string, string>).toString()
    }
  }
  try {
    return { value: JSON.parse(text), write: (value) => JSON.stringify(value ?? null) }
  } catch {
    return { value: text, write: String }
  }
}

/** Where a rule cannot be followed, the body is not stored at all. */
const nothing = (text: string): Taken => ({ value: undefined, lacks: ["body"], texts: text === "" ? [] : [text] })

const follow = (
  text: string,
  contentType: string | undefined,
  rules: ReadonlyArray<Redaction>
): Taken => {
  const { value, write } = parse(text, contentType)
  const lacks = new Set<string>()
  const texts = new Set<string>()
  let redacted = value
  for (const rule of rules) {
    if (typeof rule === "function") {
      const before = write(redacted)
      const left = new Set(leaves(redacted = rule(structuredClone(redacted))))
      if (write(redacted) !== before) lacks.add("body")
      for (const leaf of leaves(value)) if (!left.has(leaf)) texts.add(leaf)
      continue
    }
    if (typeof value !== "object" || value === null) return nothing(text)
    for (const path of rule) {
      redacted = take(redacted, path.split("."), "body", (at, taken) => {
        lacks.add(at)
        for (const leaf of leaves(taken)) texts.add(leaf)
      })
    }
  }
  return lacks.size === 0
    ? { value: { _tag: "Text", value: text }, lacks: [], texts: [] }
    : { value: { _tag: "Text", value: write(redacted) }, lacks: Array.from(lacks), texts: Array.from(texts) }
}

const withoutKnown = (taken: Taken): Taken => {
  const { lacks, texts, value } = taken
  if (value === undefined) return taken
  if (value._tag === "Text") {
    const clean = KnownSecrets.scrub(value.value)
    return clean === value.value
      ? taken
      : { value: { _tag: "Text", value: clean }, lacks: lacks.length === 0 ? ["body"] : lacks, texts }
  }
  return KnownSecrets.isInBase64(value.value) ? { value: undefined, lacks: ["body"], texts } : taken
}

export const redactBody = (
  body: PlainBody | undefined,
  contentType: string | undefined,
  rules: ReadonlyArray<Redaction>
): Taken => {
  if (body === undefined || rules.length === 0) return withoutKnown({ value: body, lacks: [], texts: [] })
  if (body._tag === "Base64") return nothing("")
  try {
    return withoutKnown(follow(body.value, contentType, rules))
  } catch {
    // a rule of the program's own that threw has redacted nothing
    return nothing(body.value)
  }
}

/** The parts of a request that may hold a secret, as they may be stored. */
export const redactRequest = (
  request: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  body: Taken,
  rules: Rules
): Pick<DeadLetterRequest, "url" | "headers" | "body" | "redacted"> => {
  const url = redactUrl(request.url, rules.query)
  const headers = redactHeaders(request.headers, rules.headers)
  const lacks = [...url.lacks, ...headers.lacks, ...body.lacks]
  return {
    url: url.value,
    headers: headers.value,
    body: body.value,
    ...(lacks.length === 0 ? undefined : { redacted: lacks })
  }
}
