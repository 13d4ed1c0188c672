/**
 * Idempotency keys, as Stripe honours them: the first answer under a key is the answer to all that come after it, for a
 * day.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Emulator } from "holdfast/testing"
import { invalid, keyInUse, refusal } from "./Bodies.js"

const kept = Duration.toMillis("24 hours")

const maxLength = 255

interface Use {
  readonly operation: string
  readonly parameters: string
  readonly at: number
}

/**
 * The first use of each key.
 *
 * @since 0.1.0
 * @category models
 */
export class Keys {
  readonly #uses = new Map<string, Use>()

  find(key: string, now: number): Use | undefined {
    const use = this.#uses.get(key)
    if (use !== undefined && use.at + kept <= now) {
      this.#uses.delete(key)
      return undefined
    }
    return use
  }

  begin(key: string, use: Use): void {
    this.#uses.set(key, use)
  }

  forget(key: string): void {
    this.#uses.delete(key)
  }

  get size(): number {
    return this.#uses.size
  }
}

type Handler<Request, A> = (
  request: Request,
  exchange: Emulator.Exchange
) => Effect.Effect<A, Emulator.EmulatorError>

const refuse = (error: Emulator.EmulatorError) => Effect.fail(error)

const otherUse = (use: Use, operation: string, parameters: string): Emulator.EmulatorError | undefined =>
  use.operation === operation && use.parameters === parameters ? undefined : refusal(400, {
    message: use.operation === operation
      ? "This idempotency key was first used with other parameters."
      : `This idempotency key was first used for another endpoint (${use.operation}).`,
    type: "idempotency_error"
  })

/** What is refused for its parameters was never begun, and Stripe does not store it. */
const isBegun = (exit: Exit.Exit<unknown, Emulator.EmulatorError>): boolean =>
  Exit.isSuccess(exit) ||
  exit.cause._tag === "Fail" && exit.cause.error.status !== 404 && exit.cause.error.details?.param === undefined

const replayed = { "idempotent-replayed": "true" }

const replay = <A>(
  exit: Exit.Exit<A, Emulator.EmulatorError>
): Effect.Effect<Emulator.Reply<A>, Emulator.EmulatorError> =>
  Effect.matchEffect(exit, {
    onFailure: (error) =>
      Effect.fail(
        new Emulator.EmulatorError({
          status: error.status,
          message: error.message,
          headers: { ...error.headers, ...replayed },
          ...(error.code === undefined ? undefined : { code: error.code }),
          ...(error.details === undefined ? undefined : { details: error.details })
        })
      ),
    onSuccess: (value) => Effect.succeed(new Emulator.Reply({ headers: replayed, value }))
  })

/**
 * A handler that does its work once for a key. `takes`: for how long the work is under way, during which the key is in
 * use.
 *
 * @since 0.1.0
 * @category handlers
 */
export const once =
  (keys: Keys, takes: Duration.DurationInput) =>
  <Request, A>(handler: Handler<Request, A>): Handler<Request, A | Emulator.Reply<A>> => {
    const answers = new Map<string, Exit.Exit<A, Emulator.EmulatorError>>()
    const work: Handler<Request, A> = Duration.toMillis(takes) > 0
      ? (request, exchange) => Effect.zipRight(Effect.sleep(takes), handler(request, exchange))
      : handler
    return (request, exchange) =>
      Effect.suspend((): Effect.Effect<A | Emulator.Reply<A>, Emulator.EmulatorError> => {
        const sent = exchange.headers["idempotency-key"]
        if (sent === undefined || sent === "") return work(request, exchange)
        if (sent.length > maxLength) return refuse(invalid(`An idempotency key has at most ${maxLength} characters.`))
        // each connected account has keys of its own
        const key = `${exchange.headers["stripe-account"] ?? ""} ${sent}`
        const { now, operation } = exchange
        const parameters = JSON.stringify(request)
        const use = keys.find(key, now)
        if (use !== undefined) {
          const other = otherUse(use, operation, parameters)
          if (other !== undefined) return refuse(other)
          const answer = answers.get(key)
          if (answer !== undefined) return replay(answer)
          return refuse(
            refusal(409, { message: "", ...keyInUse.error }, { "stripe-should-retry": "true" })
          )
        }
        answers.delete(key)
        keys.begin(key, { at: now, operation, parameters })
        return Effect.flatMap(Effect.exit(work(request, exchange)), (exit) => {
          if (isBegun(exit)) answers.set(key, exit)
          else keys.forget(key)
          return exit
        })
      })
  }
