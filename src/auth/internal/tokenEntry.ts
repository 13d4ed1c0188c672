/** An OAuth2 credential that was read, and for how long it is good; times are monotonic milliseconds of this process. */
import * as DateTime from "effect/DateTime"
import * as Exit from "effect/Exit"
import type { Stored } from "../StoredCredential.js"
import type { Credential } from "./credential.js"
import type { OAuth2 } from "./tokenExchange.js"

/** Milliseconds. */
export interface Settings {
  /** How long before its end it is refreshed, at the most. */
  readonly ahead: number | undefined
  readonly timeToLive: number
}

/** Of the life of a token, where it is shorter than the default. */
const share = 0.1
const defaultAhead = 300_000
/** However short its life is: the rest of it is for calls. */
const largestShare = 0.5
/** So that not all are refreshed at once, nor by all processes. */
const spread = 0.5

/** What a request takes on its way, and clocks are apart. */
const guard = 5000
const guardShare = 0.01

/** Why there is no fresh one for now. */
export interface Failure<E> {
  readonly error: E
  readonly until: number
  /** The access token had ended by then. */
  readonly hasEnded: boolean
}

export class Entry<E> {
  readonly exit: Exit.Exit<Credential>
  readonly credential: Credential
  readonly version: number
  /** The credential, where it is one that may be refreshed or end. */
  readonly oauth: OAuth2 | undefined
  readonly servesUntil: number
  readUntil: number
  /** Age of the credential when it was read. */
  readonly age: number
  #refreshAt: number
  #failure: Failure<E> | undefined
  /** Until then it is given without a further look. */
  freshUntil = 0

  constructor(
    readonly stored: Stored,
    readonly readAt: number,
    settings: Settings,
    /** Of one that the store does not have yet: the version that it was got with. */
    readonly successorOf?: number
  ) {
    const { credential } = stored
    this.credential = credential
    this.exit = Exit.succeed(credential)
    this.version = stored.version
    this.oauth = credential._tag === "OAuth2" ? credential : undefined
    this.readUntil = readAt + settings.timeToLive
    const now = DateTime.toEpochMillis(stored.readAt)
    const since = DateTime.toEpochMillis(stored.updatedAt)
    this.age = now - since
    if (this.oauth?.expiresAt === undefined) {
      this.servesUntil = this.#refreshAt = Number.POSITIVE_INFINITY
    } else {
      const end = DateTime.toEpochMillis(this.oauth.expiresAt)
      const life = Math.max(0, end - since)
      const ahead = Math.min(settings.ahead ?? Math.min(defaultAhead, life * share), life * largestShare)
      const endsAt = readAt + end - now
      this.servesUntil = endsAt - Math.min(guard, life * guardShare)
      this.#refreshAt = endsAt - ahead * (1 + spread * (Math.random() - 0.5))
    }
    this.keepFor(this.readUntil)
  }

  /** What was learned of the same version stays known; of another one, nothing is. */
  learnFrom(before: Entry<E> | undefined): this {
    if (before?.version === this.version) {
      this.#refreshAt = before.#refreshAt
      this.#failure = before.#failure
      this.#look()
    }
    return this
  }

  #look(): void {
    const wait = this.#failure === undefined ? this.#refreshAt : Math.max(this.#refreshAt, this.#failure.until)
    this.freshUntil = Math.min(this.readUntil, this.servesUntil, this.canRefresh ? wait : Number.POSITIVE_INFINITY)
  }

  /** Whoever has written nothing down has nothing to begin with. */
  get canRefresh(): boolean {
    return this.oauth?.refreshToken !== undefined && this.successorOf === undefined
  }

  /** It is time to get another one, while this one serves. */
  isDue(now: number): boolean {
    return this.canRefresh && now >= this.#refreshAt && (this.#failure === undefined || now >= this.#failure.until)
  }

  failure(now: number): Failure<E> | undefined {
    return this.#failure !== undefined && now < this.#failure.until ? this.#failure : undefined
  }

  failed(error: E, until: number, now: number): void {
    this.#failure = { error, hasEnded: now >= this.servesUntil, until }
    this.#look()
  }

  /** The store need not be read before. */
  keepFor(time: number): void {
    this.readUntil = this.successorOf === undefined ? time : Math.min(time, this.servesUntil)
    this.#look()
  }

  /** Something was written: it has to be read again. */
  outdate(): void {
    this.keepFor(0)
  }
}
