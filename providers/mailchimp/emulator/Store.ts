/**
 * What the emulated account holds.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"

/**
 * A member, whose hash and address are always there. `complied`: unsubscribed by themselves, bounced, or under review, so
 * that no API subscribes them again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored extends Schemas.Member {
  readonly complied?: boolean
  readonly email_address: string
  readonly id: string
  readonly last_changed: string
  readonly status: string
  readonly tags: ReadonlyArray<{ readonly id: number; readonly name: string }>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Audience {
  readonly createdAt: string
  readonly id: string
  readonly events: Array<{ readonly hash: string; readonly name: string; readonly occurred_at: string }>
  /** Hashes of those who were deleted for good. */
  readonly forgotten: Set<string>
  readonly members: Map<string, Stored>
  readonly name: string
  readonly webId: number
  readonly webhooks: Map<string, Schemas.Webhook>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly audiences: Map<string, Audience>
  readonly batches: Map<string, Schemas.Batch>
  readonly nextId: () => number
  /** The id of a tag is the same wherever it is. */
  readonly tagIds: Map<string, number>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeAudience = (id: string, name: string, webId: number): Audience => ({
  createdAt: "2026-01-15T09:00:00+00:00",
  events: [],
  forgotten: new Set(),
  id,
  members: new Map(),
  name,
  webId,
  webhooks: new Map()
})

/**
 * One audience is there from the start: none can be made by the operations here.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (): State => {
  let last = 1000
  return {
    audiences: new Map([["a1b2c3d4e5", makeAudience("a1b2c3d4e5", "Newsletter", 1000)]]),
    batches: new Map(),
    nextId: () => ++last,
    tagIds: new Map()
  }
}

/**
 * @since 0.1.0
 * @category errors
 */
export const notFound = () => refusal(404, "Resource Not Found", "The requested resource could not be found.")

/**
 * @since 0.1.0
 * @category accessors
 */
export const getFrom = <A>(table: ReadonlyMap<string, A>, id: string): A => {
  const record = table.get(id)
  if (record === undefined) throw notFound()
  return record
}

/**
 * A page of a list, in the order of `all`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const pageOf = <A>(
  all: ReadonlyArray<A>,
  { count = 10, offset = 0 }: { readonly count?: number; readonly offset?: number }
): ReadonlyArray<A> => all.slice(offset, offset + count)

/**
 * `2026-11-26T08:00:00+00:00`
 *
 * @since 0.1.0
 * @category accessors
 */
export const isoOf = (now: number): string => new Date(now).toISOString().replace(/\.\d{3}Z$/, "+00:00")

/**
 * Whether a time lies between two others, as they are given.
 *
 * @since 0.1.0
 * @category accessors
 */
export const within = (at: string | undefined, since: string | undefined, before: string | undefined): boolean => {
  const time = Date.parse(at ?? "")
  return (since === undefined || time > Date.parse(since)) && (before === undefined || time < Date.parse(before))
}

/**
 * Of an answer, the fields that are asked for: names by commas, with points between the levels.
 *
 * @since 0.1.0
 * @category accessors
 */
export const partial = <A extends object>(
  answer: A,
  params: { readonly exclude_fields?: string; readonly fields?: string }
): A => {
  const pathsOf = (names: string) => names.split(",").map((name) => name.trim().split("."))
  // what is left is read by a schema whose fields may all be absent, but for the list itself
  if (params.fields !== undefined) return picked(answer, pathsOf(params.fields)) as A
  if (params.exclude_fields !== undefined) return omitted(answer, pathsOf(params.exclude_fields)) as A
  return answer
}

type Paths = ReadonlyArray<ReadonlyArray<string>>

const walked = (value: unknown, each: (object: object) => object): unknown =>
  Array.isArray(value)
    ? value.map((item: unknown) => walked(item, each))
    : typeof value === "object" && value !== null
    ? each(value)
    : value

const below = (paths: Paths, name: string): Paths =>
  paths.filter((path) => path[0] === name && path.length > 1).map((path) => path.slice(1))

const isWhole = (paths: Paths, name: string): boolean => paths.some((path) => path[0] === name && path.length === 1)

const picked = (object: object, paths: Paths): object =>
  Object.fromEntries(
    Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
      if (isWhole(paths, name)) return [[name, value]]
      const rest = below(paths, name)
      return rest.length === 0 ? [] : [[name, walked(value, (one) => picked(one, rest))]]
    })
  )

const omitted = (object: object, paths: Paths): object =>
  Object.fromEntries(
    Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
      if (isWhole(paths, name)) return []
      const rest = below(paths, name)
      return [[name, rest.length === 0 ? value : walked(value, (one) => omitted(one, rest))]]
    })
  )
