/** How an event of a source is read: untrusted bytes in, a value or the reason why it is none out. */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import * as Form from "./form.js"
import { json } from "./read.js"

/** What an event says of itself. */
export interface Read<out A> {
  readonly value: A
  readonly type: string
  readonly eventId: string | undefined
  readonly entity: string | undefined
  readonly time: DateTime.Utc | undefined
}

export class Unreadable extends Data.TaggedError("Unreadable")<{ readonly message: string }> {}

const decoder = new TextDecoder("utf-8", { fatal: true })

export const textOf: (body: Uint8Array) => Option.Option<string> = Option.liftThrowable((body: Uint8Array) =>
  decoder.decode(body)
)

const isForm = (contentType: string): boolean => /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)

const formOf = (body: Uint8Array): Record<string, string> =>
  Object.fromEntries(Form.fieldsOf(body).map(([name, value]) => [name.toString("utf8"), value.toString("utf8")]))

/** JSON, else the fields of a form, else a text, else the bytes. */
export const valueOf = (body: Uint8Array, contentType: string): unknown =>
  Option.getOrElse(json(body), () => isForm(contentType) ? formOf(body) : Option.getOrElse(textOf(body), () => body))

/** As long as a key of a store may well be: what is longer is known by its digest. */
const longest = 200

const short = (text: string): string =>
  text.length <= longest ? text : `sha256:${createHash("sha256").update(text).digest("hex")}`

const some = (text: string | undefined): string | undefined => text === undefined || text === "" ? undefined : text

export interface Reading<A> {
  readonly schema?: Schema.Schema<A, any> | undefined
  readonly type?: ((event: A) => string | undefined) | undefined
  readonly eventId?: ((event: A) => string | undefined) | undefined
  readonly entity?: ((event: A) => string | undefined) | undefined
  readonly time?: ((event: A) => DateTime.DateTime | undefined) | undefined
}

const describe = (error: unknown): string => error instanceof Error ? error.message : String(error)

export const reader = <A>(options: Reading<A>) => {
  // without a Schema, A is unknown: nothing is promised of it
  const decode = options.schema === undefined
    ? (value: unknown) => Either.right(value as A)
    : Schema.decodeUnknownEither(options.schema)
  return (body: Uint8Array, contentType: string): Effect.Effect<Read<A>, Unreadable> =>
    Effect.try({
      catch: (error) => new Unreadable({ message: `its source cannot read it: ${describe(error)}` }),
      // what the source's own functions make of a stranger's value may throw
      try: () =>
        Either.mapBoth(decode(valueOf(body, contentType)), {
          onLeft: (error) => new Unreadable({ message: `it is not as its Schema says: ${error.message}` }),
          onRight: (value): Read<A> => ({
            entity: Option.getOrUndefined(Option.map(Option.fromNullable(some(options.entity?.(value))), short)),
            eventId: Option.getOrUndefined(Option.map(Option.fromNullable(some(options.eventId?.(value))), short)),
            time: Option.getOrUndefined(Option.map(Option.fromNullable(options.time?.(value)), DateTime.toUtc)),
            type: (options.type?.(value) ?? "").slice(0, longest),
            value
          })
        })
    }).pipe(Effect.flatten)
}
