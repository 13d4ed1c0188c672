/** What an alert looks like to people and to machines. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { createHmac } from "node:crypto"

export interface Alert {
  /** `first`: there was none of its kind within a window. `more`: those of a window that followed. */
  readonly kind: "first" | "more"
  readonly integration: string
  readonly operation: string
  /** What the errors have in common, `ServerError 503`. */
  readonly signature: string
  /** Letters that were captured, or parked after too many replays. */
  readonly count: number
  /** How many of them were parked. */
  readonly parked: number
  readonly since: DateTime.Utc
  readonly until: DateTime.Utc
  /** One of them, the latest. */
  readonly letterId: string
}

const letters = (count: number): string => count === 1 ? "1 dead letter" : `${count} dead letters`

export const text = (alert: Alert): string => {
  const { count, integration, kind, operation, parked, signature, since, until } = alert
  const what = `${integration} ${operation}: ${kind === "first" ? letters(count) : `${count} more dead letters`}`
  const when = kind === "first" ? "" : ` from ${DateTime.formatIso(since)} to ${DateTime.formatIso(until)}`
  return `${what} (${signature})${when}${parked === 0 ? "" : `, ${parked} of them parked`}`
}

export const fields = (alert: Alert) => ({
  ...alert,
  since: DateTime.formatIso(alert.since),
  until: DateTime.formatIso(alert.until)
})

export const json = (alert: Alert): string => JSON.stringify({ type: "dead-letters", ...fields(alert) })

/** The three characters that Slack gives a meaning. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

export const slack = (alert: Alert): string =>
  JSON.stringify({
    text: escaped(text(alert)),
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: `:warning: ${escaped(text(alert))}` } },
      { type: "context", elements: [{ type: "mrkdwn", text: `latest: \`${escaped(alert.letterId)}\`` }] }
    ]
  })

type Sign = (body: string) => Effect.Effect<Readonly<Record<string, string>>>

/** The headers of Standard Webhooks. Fails with what is wrong with the secret. */
export const signer = (secret: Redacted.Redacted | undefined): Effect.Effect<Sign, string> =>
  Effect.gen(function*() {
    if (secret === undefined) return () => Effect.succeed({})
    const bytes = Encoding.decodeBase64(Redacted.value(secret).replace(/^whsec_/, ""))
    if (Either.isLeft(bytes) || bytes.right.length === 0) {
      return yield* Effect.fail("the secret that signs alerts is not Base64: make one with \"openssl rand -base64 32\"")
    }
    const key = bytes.right
    return (body) =>
      Effect.gen(function*() {
        const id = `msg_${crypto.randomUUID()}`
        const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1000)
        const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")
        return {
          "webhook-id": id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": `v1,${signature}`
        }
      })
  })
