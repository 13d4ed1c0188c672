/**
 * Where the events of the inbox come from.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Feed } from "./internal/inbox.js"
import { type Read, reader, type Unreadable } from "./internal/source.js"

/**
 * What the events of a source are, and how they are told apart.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceOptions<A> {
  /** The provider's id, `hubspot`. Two sources of one id are one. */
  readonly id: string
  /**
   * Of one event. It reads the JSON of the body, else the fields of a form, else the text. An event that it refuses is kept
   * as `dead`; the others of its batch are not concerned. Default: anything.
   */
  readonly schema?: Schema.Schema<A, any> | undefined
  /** A name from a short list, for filters and metrics: `contact.creation`. Default none. */
  readonly type?: ((event: A) => string | undefined) | undefined
  /**
   * By which a repeat is known. Default: as the webhook's scheme finds it, or as it is offered. One for both makes what is
   * pulled the same as what was sent.
   */
  readonly eventId?: ((event: A) => string | undefined) | undefined
  /** What the event is about: events of one entity are handled one at a time. Default: each by itself. */
  readonly entity?: ((event: A) => string | undefined) | undefined
  /** When it happened, by the provider. With an entity it tells what is stale. */
  readonly time?: ((event: A) => DateTime.DateTime | undefined) | undefined
  /**
   * What becomes of an event of an entity of which a newer one has been handled. `skip`: it is ignored. `handle`: its handler
   * gets it with `isStale`. Default `skip`: most webhooks say how something is now.
   */
  readonly stale?: "skip" | "handle" | undefined
  /**
   * For how long the id of an event is remembered after it came: longer than its sender tries again. Default `7 days`, which
   * is beyond the horizon of each provider that is known here (the longest is about 76 hours).
   */
  readonly remember?: Duration.DurationInput | undefined
  /** What a dead event does to those of its entity that come after it. Default `skip`: they are handled. */
  readonly onDead?: "skip" | "block" | undefined
}

/**
 * Where events come from. `Inbox.source` makes one; a `Webhook` is one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source<out A> extends Feed {
  readonly id: string
  readonly stale: "skip" | "handle"
  readonly remember: Duration.Duration
  readonly onDead: "skip" | "block"
  /** Whether an event is surely the provider's: not of webhooks that are not signed. */
  readonly isProven: boolean
  /** @internal */
  readonly read: (body: Uint8Array, contentType: string) => Effect.Effect<Read<A>, Unreadable>
}

/**
 * @example
 * ```ts
 * import { DateTime, Schema } from "effect"
 * import { Inbox } from "holdfast"
 *
 * const orders = Inbox.source({
 *   id: "shop",
 *   schema: Schema.Struct({ at: Schema.Number, id: Schema.String, order: Schema.String, state: Schema.String }),
 *   entity: (event) => event.order,
 *   eventId: (event) => event.id,
 *   time: (event) => DateTime.unsafeMake(event.at)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const source = <A = unknown>(options: SourceOptions<A>): Source<A> => ({
  id: options.id,
  isProven: true,
  onDead: options.onDead ?? "skip",
  read: reader(options),
  remember: Duration.decode(options.remember ?? "7 days"),
  stale: options.stale ?? "skip"
})
