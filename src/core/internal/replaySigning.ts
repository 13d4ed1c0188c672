/** A dead letter is stored without the secrets of its query: whoever signs the replay puts them back. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import { placeholder } from "../../internal/secretQuery.js"
import type { Call } from "../Call.js"
import { AuthenticationError } from "../IntegrationError.js"
import type { Authenticate } from "./arrival.js"

type Request = HttpClientRequest.HttpClientRequest

const isMissing = ([, value]: readonly [string, string]): boolean => value === placeholder

/** As parameters, which one of the same name takes the place of. */
const withParams = (request: Request): Request => {
  const [path = "", query = ""] = request.url.split(/\?(.*)/s)
  return HttpClientRequest.appendUrlParams(HttpClientRequest.setUrl(request, path), new URLSearchParams(query))
}

const checked = (request: Request, call: Call): Effect.Effect<Request, AuthenticationError> => {
  const missing = request.urlParams.filter(isMissing).map(([name]) => name)
  if (missing.length === 0) return Effect.succeed(request)
  return Effect.fail(
    new AuthenticationError({
      ...call.errorFields,
      message:
        `nothing was sent: no secret is kept with a dead letter, and the query lacks its ${missing.join(", ")}: ` +
        "let the integration's auth set it (Auth.query), or edit the letter"
    })
  )
}

const isStripped = (request: Request, call: Call): boolean => call.isReplay && request.url.includes(`=${placeholder}`)

export const make = (authenticate: Authenticate): Authenticate => {
  const sign = (request: Request, call: Call) =>
    isStripped(request, call)
      ? Effect.flatMap(authenticate(withParams(request), call), (signed) => checked(signed, call))
      : authenticate(request, call)
  const { again } = authenticate
  return again === undefined ? sign : Object.assign(sign, {
    again: (request: Request, refused: Request, call: Call) =>
      again(isStripped(request, call) ? withParams(request) : request, refused, call)
  })
}
