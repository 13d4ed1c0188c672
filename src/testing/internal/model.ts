/**
 * The models of an emulator; public as part of the module `Emulator`.
 */
import type * as HttpApi from "@effect/platform/HttpApi"
import type { HttpApiEndpoint } from "@effect/platform/HttpApiEndpoint"
import type { HttpApiGroup } from "@effect/platform/HttpApiGroup"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Simplify } from "effect/Types"
import type * as Faults from "../Faults.js"
import type * as Ledger from "../Ledger.js"
import type { Quota, QuotaView } from "./quota.js"

// ---------------------------------------------------------------------------------------------------------------------
// handlers
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A handler refuses a request; `Spec.error` writes it in the provider's own words.
 *
 * @since 0.1.0
 * @category errors
 */
export class EmulatorError extends Data.TaggedError("EmulatorError")<{
  readonly status: number
  /** The provider's own code, `CONFLICT`. */
  readonly code?: string
  readonly message: string
  readonly issues?: ReadonlyArray<Issue>
  /** Whatever else the provider's error body holds. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}> {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Issue {
  readonly path: string
  readonly message: string
}

/**
 * A success with a status or headers other than the endpoint's first.
 *
 * @since 0.1.0
 * @category models
 */
export class Reply<out A> extends Data.TaggedClass("Reply")<{
  readonly value: A
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}> {}

/**
 * What a handler knows of the request besides its decoded parts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Exchange {
  readonly operation: string
  readonly headers: Readonly<Record<string, string>>
  /** All of it, also what the endpoint does not declare. */
  readonly query: Ledger.Entry["query"]
  /** Epoch milliseconds of the emulator's clock. */
  readonly now: number
  /** Writes into the ledger what the handler changes. */
  readonly changed: (change: Ledger.Change) => void
}

/**
 * The decoded parts of a request that its endpoint declares.
 *
 * @since 0.1.0
 * @category models
 */
export type HandlerRequest<Path, UrlParams, Payload, Headers> = Simplify<
  & ([Path] extends [void] ? {} : { readonly path: Path })
  & ([UrlParams] extends [never] ? {} : { readonly urlParams: UrlParams })
  & ([Headers] extends [never] ? {} : { readonly headers: Headers })
  & ([Payload] extends [never] ? {} : { readonly payload: Payload })
>

/**
 * Answers one endpoint. What it does to the state it must do in one step, without a pause in between: requests are
 * served concurrently.
 *
 * @since 0.1.0
 * @category models
 */
export type Handler<Endpoint> = [Endpoint] extends [
  HttpApiEndpoint<
    infer _Name,
    infer _Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer Headers,
    infer Success,
    infer _Error,
    infer _R,
    infer _RE
  >
] ? (
    request: HandlerRequest<Path, UrlParams, Payload, Headers>,
    exchange: Exchange
  ) => Effect.Effect<Success | Reply<Success>, EmulatorError>
  : never

/**
 * A handler for every endpoint of an `HttpApi`, by group.
 *
 * @since 0.1.0
 * @category models
 */
export type Handlers<Api> = Api extends HttpApi.HttpApi<infer _Id, infer Groups, infer _E, infer _R>
  ? HandlersOf<Groups>
  : never

/**
 * @since 0.1.0
 * @category models
 */
export type HandlersOf<Groups extends HttpApiGroup.Any> = Simplify<
  & {
    readonly [Group in Extract<Groups, { readonly topLevel: false }> as HttpApiGroup.Name<Group>]: {
      readonly [Endpoint in HttpApiGroup.Endpoints<Group> as HttpApiEndpoint.Name<Endpoint>]: Handler<Endpoint>
    }
  }
  & {
    readonly [
      Endpoint in HttpApiGroup.Endpoints<Extract<Groups, { readonly topLevel: true }>> as HttpApiEndpoint.Name<Endpoint>
    ]: Handler<Endpoint>
  }
>

// ---------------------------------------------------------------------------------------------------------------------
// what a provider's emulator is made of
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A request that is refused, for the provider to put into its own words.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failure {
  readonly kind:
    /** A handler said so. */
    | "handler"
    /** No such path; no such method on this path. */
    | "route"
    | "method"
    | "unauthorized"
    /** The body is not even JSON; the input does not fit its Schema. */
    | "malformed"
    | "invalid"
    | "rateLimit"
    /** By plan. */
    | "fault"
    /** The emulator itself is at fault: a handler died, or gave what its Schema refuses. */
    | "defect"
  readonly status: number
  readonly code: string | undefined
  readonly message: string
  readonly issues: ReadonlyArray<Issue>
  readonly details: Readonly<Record<string, unknown>>
  /** The limit that was passed. */
  readonly quota: QuotaView | undefined
  readonly operation: string
  /** A UUID, the same for the same request of the same run. */
  readonly requestId: string
}

/**
 * Looks at the headers of a request, and at its query, where some providers have the credential.
 *
 * @since 0.1.0
 * @category models
 */
export type Authorize = (headers: Readonly<Record<string, string>>, query: Ledger.Entry["query"]) => boolean

/**
 * A request before the Schemas look at it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Heard {
  readonly operation: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: Ledger.Entry["query"]
  /** As JSON was read, or a form; `undefined` where the operation takes no body. */
  readonly body: unknown
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ErrorAnswer {
  /** Default: the failure's own. */
  readonly status?: number
  /** A string is sent as text, all else as JSON. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Spec<Api, State> {
  /** An `Integration.Definition` is one. */
  readonly integration: { readonly id: string; readonly version: string; readonly api: Api }
  /** Made at the start and at every reset. */
  readonly state: () => State
  readonly handlers: (state: State) => Handlers<Api>
  /** The provider's own error body. */
  readonly error: (failure: Failure) => ErrorAnswer
  /** Headers of every answer, such as how much of a quota is left. Default none. */
  readonly headers?: (view: {
    readonly operation: string
    readonly requestId: string
    readonly quotas: ReadonlyArray<QuotaView>
    /** Requests under way, this one included. */
    readonly active: number
    /** Epoch milliseconds of the emulator's clock. */
    readonly now: number
  }) => Readonly<Record<string, string>>
  /** Whether the credential is good. Default: all are. */
  readonly authorize?: Authorize
  /** Other ways in which the provider takes the same request, put into the one that the Schemas know. Default: as it is. */
  readonly hears?: (heard: Heard) => Omit<Heard, "operation">
  /** The body of a success as the request would have it. Default: as the Schemas write it. */
  readonly says?: (body: unknown, heard: Pick<Heard, "operation" | "query">) => unknown
  /** What `/__emulator/state` shows of the state, as JSON. Default: the state itself. */
  readonly snapshot?: (state: State) => unknown
  /** Headers that hold a credential, besides `authorization`, `cookie` and `x-api-key`. */
  readonly secretHeaders?: ReadonlyArray<string>
  /** Parameters of the query that hold a credential. */
  readonly secretQuery?: ReadonlyArray<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: none. */
  readonly faults?: Faults.Plan | undefined
  /** Default: none. */
  readonly rateLimit?: Quota | ReadonlyArray<Quota> | undefined
  /** Requests under way at once: one more is refused with a 429 as it arrives. Default: no limit. */
  readonly concurrency?: number | undefined
  /** Whether the credential is good. Default: the provider's own rule. */
  readonly authorize?: Authorize | undefined
}
