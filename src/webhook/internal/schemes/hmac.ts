import type * as Duration from "effect/Duration"
import type * as Signature from "../../../auth/Signature.js"
import * as Events from "../events.js"
import type { Scheme } from "../model.js"
import type { Unit } from "../read.js"
import { hmacKeys, inHeader } from "../shapes.js"

/**
 * @since 0.1.0
 * @category schemes
 */
export interface HmacOptions {
  /** Default `hmac`. */
  readonly id?: string | undefined
  /** Default `HMAC`. */
  readonly title?: string | undefined
  /** Where the signature is. Default `x-signature`. */
  readonly header?: string | undefined
  /** What stands before it there: `sha256=`. Default nothing. */
  readonly prefix?: string | undefined
  /** Default `hmac-sha256`. */
  readonly algorithm?: Extract<Signature.Algorithm, `hmac-${string}`> | undefined
  /** Default `hex`. */
  readonly encoding?: Signature.Encoding | undefined
  /** How the secret is written. Default `text`. */
  readonly form?: Signature.SecretForm | undefined
  /** Signed before the body. Default none: then an old request can be repeated. */
  readonly timestamp?: {
    readonly header: string
    /** Default `seconds`; `either` tells seconds from milliseconds by their size. */
    readonly unit?: Unit | undefined
    /** Between timestamp and body. Default `.`. */
    readonly separator?: string | undefined
    /** In both directions. Default 5 minutes. */
    readonly tolerance?: Duration.DurationInput | undefined
  } | undefined
  /** Which header tells one event from another. Default: none, and the digest of the body does. */
  readonly idHeader?: string | undefined
}

export const hmac = (options: HmacOptions = {}): Scheme => {
  const { algorithm = "hmac-sha256", encoding = "hex", header = "x-signature", id = "hmac", timestamp } = options
  return inHeader({
    algorithm,
    contents: ({ body }, stamp) => [timestamp === undefined ? [body] : [stamp, timestamp.separator ?? ".", body]],
    encoding,
    events: options.idHeader === undefined ? Events.byHeader() : Events.byHeader(options.idHeader.toLowerCase()),
    header: header.toLowerCase(),
    id,
    keys: hmacKeys(algorithm, options.form),
    prefix: options.prefix ?? "",
    secret: "the secret that both sides have",
    signs: timestamp === undefined ? "body" : `timestamp${timestamp.separator ?? "."}body`,
    title: options.title ?? "HMAC",
    ...(timestamp === undefined ? undefined : {
      timestamp: { header: timestamp.header.toLowerCase(), unit: timestamp.unit ?? "seconds" },
      tolerance: timestamp.tolerance ?? "5 minutes"
    })
  })
}
