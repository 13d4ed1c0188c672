/** What the files in peers/ give: the rest of the benchmark type-checks where they are not installed. */

type Operation = () => Promise<unknown>

export interface Overhead {
  readonly policies: Readonly<Record<string, Operation>>
  /** A call that an open breaker refuses, with its error handled. */
  readonly rejections: Readonly<Record<string, Operation>>
  readonly close: () => void
}

export interface Http {
  readonly once: Readonly<Record<string, Operation>>
  readonly close: () => Promise<void>
}

/** Runs every job behind so many permits. */
export type Waiters = Readonly<
  Record<string, (jobs: number, permits: number, job: () => Promise<void>) => Promise<unknown>>
>

export interface Limiter {
  /** Ends once the caller has been let through. */
  readonly acquire: () => Promise<unknown>
  readonly close: () => Promise<unknown>
}

export type Limiters = Readonly<Record<string, (perSecond: number) => Limiter>>

export interface Queues {
  /** Each makes one message durable. */
  readonly add: Readonly<Record<string, (data: object) => Promise<unknown>>>
  readonly close: () => Promise<void>
}

interface Files {
  readonly http: (origin: string) => Promise<Http>
  readonly limiters: () => Promise<Limiters>
  readonly overhead: () => Promise<Overhead>
  readonly queues: (urls: { readonly postgres: string; readonly redis: string }) => Promise<Queues>
  readonly redisLimiter: (url: string) => Promise<Limiter>
  readonly waiters: () => Promise<Waiters>
}

export const load = async <Name extends keyof Files>(name: Name): Promise<Files[Name]> =>
  (await import(`./peers/${name}.js`)).make
