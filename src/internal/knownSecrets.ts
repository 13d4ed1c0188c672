/**
 * The credentials that this process has used, so that none is written down where a provider, or a program, repeats it.
 *
 * @internal
 */
import { placeholder } from "./secretQuery.js"

/** A shorter one is found in many a text that has nothing to do with it. */
const minLength = 6

/** Of the forms that are looked for; those of the credentials that were used first are given up. */
const maxForms = 20_000

const known = new WeakSet<object>()
const forms = new Set<string>()
let longestFirst: ReadonlyArray<string> | undefined = []

/** As it is, and as it stands in a URL, in a form, and in JSON. */
const formsOf = (secret: string): ReadonlyArray<string> => {
  const form = new URLSearchParams({ "": secret }).toString().slice(1)
  return [secret, form, form.replaceAll("+", "%20"), JSON.stringify(secret).slice(1, -1)]
}

/**
 * Remembers what an object holds. It is asked for its secrets once: whoever calls this for each request pays for a look.
 *
 * @internal
 */
export const remember = (holder: object, secrets: () => ReadonlyArray<string>): void => {
  if (known.has(holder)) return
  known.add(holder)
  for (const secret of secrets()) {
    if (secret.length < minLength) continue
    for (const form of formsOf(secret)) forms.add(form)
  }
  for (const form of forms) {
    if (forms.size <= maxForms) break
    forms.delete(form)
  }
  longestFirst = undefined
}

/** A secret that is a part of another must not leave the rest of it behind. */
const byLength = (secrets: Iterable<string>): ReadonlyArray<string> =>
  Array.from(secrets).sort((a, b) => b.length - a.length)

const inOrder = (): ReadonlyArray<string> => longestFirst ??= byLength(forms)

const replaceAll = (text: string, secrets: ReadonlyArray<string>): string => {
  let clean = text
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, placeholder)
  return clean
}

/** One walk through a value. */
class Walk {
  /** What became of the objects on the way: one that leads back to itself ends there. */
  readonly #seen = new Map<object, unknown>()

  constructor(readonly secrets: ReadonlyArray<string>) {}

  visit(value: unknown): unknown {
    if (typeof value === "string") return replaceAll(value, this.secrets)
    // a card's number, say
    if (typeof value === "number") return this.secrets.includes(String(value)) ? placeholder : value
    if (typeof value !== "object" || value === null) return value
    if (this.#seen.has(value)) return this.#seen.get(value)
    this.#seen.set(value, placeholder)
    const cleaned = this.#object(value)
    this.#seen.set(value, cleaned)
    return cleaned
  }

  #object(value: object): unknown {
    if (value instanceof Error) return this.#error(value)
    if (Array.isArray(value)) {
      const items = value.map((item: unknown) => this.visit(item))
      return items.some((item, index) => item !== value[index]) ? items : value
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return value
    let changed = false
    const entries = Object.entries(value).map(([name, field]): [string, unknown] => {
      const entry: [string, unknown] = [replaceAll(name, this.secrets), this.visit(field)]
      changed ||= entry[0] !== name || entry[1] !== field
      return entry
    })
    return changed ? Object.fromEntries(entries) : value
  }

  #error(error: Error): Error {
    const { code } = error as { readonly code?: unknown }
    const fields = { cause: error.cause, code, message: error.message, stack: error.stack }
    const clean = this.#object(fields) as typeof fields
    if (clean === fields) return error
    const cleaned = new Error(clean.message, clean.cause === undefined ? undefined : { cause: clean.cause })
    cleaned.name = error.name
    if (clean.stack !== undefined) cleaned.stack = clean.stack
    return clean.code === undefined ? cleaned : Object.assign(cleaned, { code: clean.code })
  }
}

/**
 * The value without the secrets that are known, and without further ones; the same value where there is none in it. Of
 * objects, plain ones and errors are looked into.
 *
 * @internal
 */
export const scrub = <A>(value: A, further: ReadonlyArray<string> = []): A => {
  const secrets = further.length === 0 ? inOrder() : byLength([
    ...forms,
    ...further.filter((secret) => secret.length >= minLength).flatMap(formsOf)
  ])
  // of the same shape: texts stay texts
  return secrets.length === 0 ? value : new Walk(secrets).visit(value) as A
}

/**
 * Whether the text has a known secret in it.
 *
 * @internal
 */
export const isIn = (text: string): boolean => inOrder().some((secret) => text.includes(secret))

/**
 * Whether the bytes, in Base64, have a known secret in them.
 *
 * @internal
 */
export const isInBase64 = (base64: string): boolean => isIn(Buffer.from(base64, "base64").toString("latin1"))
