/**
 * What Twilio's error bodies say, and what the error of a message means that was not delivered.
 *
 * Source: the exceptions of Twilio's own SDK (twilio 6.2.0) and its dictionary of errors.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import { Body, type Classification } from "holdfast"

/** A number in Twilio's bodies, a text in the parameters of its callbacks. */
const codeOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value)
    ? value
    : typeof value === "string" && /^\d+$/.test(value)
    ? Number(value)
    : undefined

/** Codes that say more than the status they come with. */
const tags: ReadonlyMap<number, Classification.ResponseTag> = new Map([
  [20_003, "AuthenticationError"],
  [20_404, "NotFoundError"],
  [20_429, "RateLimitError"],
  [20_500, "ServerError"],
  [20_503, "ServerError"],
  // not allowed to this account, whatever the message
  [21_408, "AuthorizationError"],
  [21_608, "AuthorizationError"]
])

/** Which parameter a refusal is about. */
const parameters: ReadonlyMap<number, string> = new Map([
  [21_211, "To"],
  [21_212, "From"],
  [21_408, "To"],
  [21_606, "From"],
  [21_608, "To"],
  [21_610, "To"],
  [21_614, "To"],
  [21_617, "Body"],
  [21_659, "From"]
])

/** Where an error of the newer kind says what it is about: `{ detail, pointer }`. */
const pointed = (errors: unknown): NonNullable<Classification.Classification["issues"]> =>
  (Array.isArray(errors) ? errors : []).flatMap((one: unknown) => {
    const error = Body.record(one)
    const message = Body.text(error?.detail) ?? Body.text(error?.message)
    return message === undefined
      ? []
      : [{ path: Body.text(error?.pointer) ?? Body.text(error?.parameter) ?? "", message }]
  })

/**
 * Twilio's reading of its own answers. The body counts first: its `code` is the error's `code`, a number as text.
 *
 * - 20429, whatever the status: too many requests at once, retryable
 * - 20003: the credential; 20404: nothing there; 21408 and 21608: not allowed to this account
 * - what is wrong with a message: `issues` names the parameter
 *
 * Both bodies that Twilio has are read: `{ code, message, more_info, status }`, and that of RFC 9457 of its newer APIs.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status >= 200 && status < 300) return undefined
  const error = Body.record(body)
  const code = codeOf(error?.code)
  if (error === undefined || code === undefined) return undefined
  const sentence = Body.text(error.message) ?? Body.text(error.detail) ?? Body.text(error.title)
  const help = Body.text(error.more_info)
  const path = parameters.get(code)
  return {
    code: String(code),
    issues: path === undefined ? pointed(error.errors) : [{ path, message: sentence ?? `error ${code}` }],
    message: sentence === undefined
      ? `error ${code}, https://www.twilio.com/docs/errors/${code}`
      : help === undefined
      ? sentence
      : `${sentence} (${help})`,
    tag: tags.get(code)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// messages that were not delivered
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What became of a message, and whether to send it again: `yes`, `no`, or `perhaps` where it may have arrived or may fail
 * in the same way.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  readonly meaning: string
  readonly resend: "yes" | "perhaps" | "no"
}

const deliveries: ReadonlyMap<number, Delivery> = new Map([
  [30_001, { meaning: "the queue of the sender was full", resend: "yes" }],
  [30_003, { meaning: "the telephone could not be reached: off, or out of range", resend: "perhaps" }],
  [30_004, { meaning: "the recipient, or the carrier, blocks the message", resend: "no" }],
  [30_005, { meaning: "the number is not known, or no longer", resend: "no" }],
  [30_006, { meaning: "a landline, or a carrier that cannot be reached", resend: "no" }],
  [30_007, { meaning: "the carrier filtered the message", resend: "no" }],
  [30_008, { meaning: "the carrier gave no reason", resend: "perhaps" }],
  [30_034, { meaning: "the sender is not registered for A2P 10DLC", resend: "no" }]
])

/**
 * What the `error_code` of a message means, or the `ErrorCode` of a status callback. None of a code that is not known here:
 * Twilio's dictionary has it, `https://www.twilio.com/docs/errors/30001`.
 *
 * @example
 * ```ts
 * import { Option } from "effect"
 * import { TwilioErrors } from "holdfast/providers/twilio"
 *
 * const mayGoAgain = (errorCode: string | number) =>
 *   Option.exists(TwilioErrors.delivery(errorCode), ({ resend }) => resend === "yes")
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const delivery = (code: number | string): Option.Option<Delivery> =>
  Option.flatMapNullable(Option.fromNullable(codeOf(code)), (code) => deliveries.get(code))
