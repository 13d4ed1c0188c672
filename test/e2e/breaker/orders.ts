import type { CircuitBreaker } from "holdfast"
import type * as CircuitBreakerRedis from "holdfast/policy/CircuitBreaker/Redis"

export type Store =
  | { readonly _tag: "redis"; readonly url: string; readonly prefix: string }
  | { readonly _tag: "postgres"; readonly url: string }
  | { readonly _tag: "sqlite"; readonly filename: string }

export interface Setting {
  readonly store: Store
  readonly breaker: CircuitBreaker.Options
  readonly sharing?: Omit<CircuitBreakerRedis.Options, "prefix"> | undefined
  /** Whether it makes a call when it hears that it is open, and tells whether that was refused. Default: it does not. */
  readonly callsWhenOpen?: boolean | undefined
}

/** What a process of the fleet is told. A URL `ok` or `fails` needs no server. */
export type Order =
  | { readonly _tag: "call"; readonly id: number; readonly url: string; readonly times: number }
  | { readonly _tag: "loop"; readonly url: string; readonly pause: number }
  | { readonly _tag: "halt" }
  | { readonly _tag: "reset" }
  | { readonly _tag: "forceOpen"; readonly reason: string }
  | { readonly _tag: "look"; readonly id: number }

/** And what it tells. `at`: milliseconds of the machine's clock. */
export type Told =
  | { readonly _tag: "ready" }
  | { readonly _tag: "became"; readonly id: number; readonly at: number; readonly became: ReadonlyArray<string> }
  | {
    readonly _tag: "changed"
    readonly at: number
    readonly from: string
    readonly to: string
    readonly reason: string
    /** Open, it has refused a call by then: where it makes one. */
    readonly refused: boolean
  }
  | {
    readonly _tag: "looks"
    readonly id: number
    readonly state: string
    readonly mode: string
    readonly stats: { readonly calls: number; readonly refused: number; readonly slowest: number }
  }
  | { readonly _tag: "warned"; readonly message: string }
