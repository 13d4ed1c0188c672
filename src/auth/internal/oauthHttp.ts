/** One request to an OAuth2 endpoint: how much of an answer is read, and for how long. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { ResponseError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RetryAfter from "../../core/RetryAfter.js"
import { decodeText } from "../../internal/bytes.js"
import { readBody } from "../../internal/readBody.js"
import { ExchangeError } from "../OAuth2Tokens.js"

export interface Request {
  readonly url: string
  readonly method: "GET" | "POST"
  /** In small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly text: string; readonly type: string } | undefined
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfter: Duration.Duration | undefined
}

export interface Limits {
  readonly timeout: Duration.Duration
  readonly maxResponseBytes: number
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** A secret is sent there: encrypted on its way, or it does not leave the machine. */
export const isSafe = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { hash, hostname, password, protocol, username } = new URL(url)
  return hash === "" && username === "" && password === "" &&
    (protocol === "https:" || (protocol === "http:" && loopback.test(hostname)))
}

const codeOf = (cause: unknown): string | undefined => {
  for (let at = cause, depth = 0; typeof at === "object" && at !== null && depth < 5; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code
    at = "cause" in at ? at.cause : undefined
  }
  return undefined
}

/** `undefined`: it is longer than that, and was not read on. */
const read = (response: HttpClientResponse, limit: number): Effect.Effect<string | undefined, ResponseError> =>
  Effect.map(readBody(response, limit), ({ bytes, complete }) => complete ? decodeText(bytes) : undefined)

/** An answer without a body has no stream in some clients. */
const hasBody = ({ headers, status }: HttpClientResponse): boolean =>
  status !== 204 && status !== 304 && headers["content-length"] !== "0"

const isRedirect = (status: number): boolean => status >= 300 && status < 400

const followNone: RequestInit = { redirect: "manual" }

/** `where`: for messages, `the token endpoint of id.example`. Nothing of a request and of an answer is in a message. */
export const send = (
  request: Request,
  where: string,
  { maxResponseBytes, timeout }: Limits
): Effect.Effect<Answer, ExchangeError, HttpClient.HttpClient> => {
  const fail = (reason: ExchangeError["reason"], message: string) =>
    new ExchangeError({ message: `${where} ${message}`, reason })
  const { body, headers, method, url } = request
  const bare = HttpClientRequest.make(method)(url, { headers })
  const made = body === undefined ? bare : HttpClientRequest.bodyText(bare, body.text, body.type)
  return Effect.flatMap(HttpClient.HttpClient, (client) => client.execute(made)).pipe(
    // a client that takes a status for an error has its answer in there
    Effect.catchTag(
      "ResponseError",
      (error) => error.reason === "StatusCode" ? Effect.succeed(error.response) : Effect.fail(error)
    ),
    Effect.flatMap((response) => {
      const { headers, status } = response
      // what it says elsewhere is not asked for: the secret would go along
      if (isRedirect(status)) {
        return Effect.zipRight(
          Effect.ignore(read(response, 0)),
          fail(
            "inconclusive",
            `sends its callers elsewhere (HTTP ${status}), which is not followed: give its own address`
          )
        )
      }
      const text = hasBody(response) ? read(response, maxResponseBytes) : Effect.succeed("")
      return Effect.flatMap(Effect.zip(text, Clock.currentTimeMillis), ([text, now]) =>
        text === undefined
          ? fail(
            "inconclusive",
            `answers with more than ${maxResponseBytes} bytes (HTTP ${status}), and is not read on`
          )
          : Effect.succeed({ retryAfter: RetryAfter.fromHeaders(headers, now), status, text }))
    }),
    Effect.catchTags({
      RequestError: (error) => fail("transient", `cannot be reached (${codeOf(error.cause) ?? error.reason})`),
      ResponseError: (error) => fail("transient", `broke off its answer (${codeOf(error.cause) ?? error.reason})`)
    }),
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () => fail("transient", `has not answered in full within ${Duration.format(timeout)}`)
    }),
    Effect.scoped,
    Effect.provideService(FetchHttpClient.RequestInit, followNone),
    // a span would carry what is sent
    Effect.withTracerEnabled(false)
  )
}
