/**
 * What the emulated DocuSign holds.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Document {
  readonly bytes: Uint8Array
  readonly documentId: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly account: string
  readonly customFields: typeof Schemas.CustomFields.Type
  readonly documents: ReadonlyArray<Document>
  readonly envelope: Schemas.Envelope
  readonly recipients: typeof Schemas.Recipients.Type
  /** Epoch milliseconds, by which lists are made. */
  readonly times: { readonly created: number; readonly status: number }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly connects: Array<typeof Schemas.ConnectConfiguration.Type>
  readonly envelopes: Map<string, Stored>
  readonly templates: ReadonlyArray<Schemas.Template>
  readonly nextId: () => number
}

/** @internal */
export const guid = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (): State => {
  let last = 0
  const template = (number: number, name: string): Schemas.Template => ({
    created: "2026-01-15T09:00:00.0000000Z",
    description: "",
    emailSubject: `Please sign: ${name}`,
    lastModified: "2026-01-15T09:00:00.0000000Z",
    name,
    templateId: `11111111-0000-4000-8000-${String(number).padStart(12, "0")}`
  })
  return {
    connects: [],
    envelopes: new Map(),
    templates: [template(1, "Order"), template(2, "Non-disclosure")],
    nextId: () => ++last
  }
}

/**
 * Seven digits of a second, as DocuSign writes them.
 *
 * @since 0.1.0
 * @category accessors
 */
export const timeOf = (now: number): string => new Date(now).toISOString().replace("Z", "0000Z")

/**
 * @since 0.1.0
 * @category accessors
 */
export const envelopeOf = (
  state: State,
  { accountId, envelopeId }: { readonly accountId: string; readonly envelopeId: string }
): Stored => {
  const stored = state.envelopes.get(envelopeId.toLowerCase())
  if (stored === undefined || stored.account !== accountId) {
    throw refusal("ENVELOPE_DOES_NOT_EXIST", "The envelope specified does not exist.")
  }
  return stored
}

/**
 * A page of a list, and where it stands in it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const page = <A>(
  all: ReadonlyArray<A>,
  { count = 100, start_position: from = 0 }: { readonly count?: number; readonly start_position?: number },
  path: string
) => {
  const items = all.slice(from, from + count)
  const end = from + items.length
  return {
    items,
    places: {
      endPosition: Math.max(from, end - 1),
      resultSetSize: items.length,
      startPosition: from,
      totalSetSize: all.length,
      ...(end < all.length ? { nextUri: `${path}?start_position=${end}&count=${count}` } : undefined)
    }
  }
}
