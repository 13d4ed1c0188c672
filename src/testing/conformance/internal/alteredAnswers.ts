/** Clients whose answers are not quite what the server sent. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"

type Response = HttpClientResponse.HttpClientResponse

const isJson = ({ headers, status }: Response): boolean =>
  status !== 204 && /\bjson\b/.test(headers["content-type"] ?? "") && headers["content-length"] !== "0"

const withBody = (response: Response, body: string): Response =>
  HttpClientResponse.fromWeb(
    response.request,
    new Response(body, {
      headers: Object.fromEntries(Object.entries(response.headers).filter(([name]) => name !== "content-length")),
      status: response.status
    })
  )

const altered = (
  client: HttpClient.HttpClient,
  alter: (text: string, index: number) => string
): HttpClient.HttpClient => {
  let count = 0
  return HttpClient.transformResponse(
    client,
    Effect.flatMap((response) => {
      const index = count++
      return isJson(response)
        ? Effect.map(response.text, (text) => withBody(response, alter(text, index)))
        : Effect.succeed(response)
    })
  )
}

const extended = (value: unknown, maps: ReadonlySet<string>, isMap = false): unknown => {
  if (Array.isArray(value)) return value.map((item) => extended(item, maps))
  if (typeof value !== "object" || value === null) return value
  const fields = Object.entries(value).map(([name, field]) => [name, extended(field, maps, maps.has(name))])
  return { ...Object.fromEntries(fields), ...(isMap ? undefined : { fieldOfTheFuture: "of a later version" }) }
}

/** Every object has a field more. */
export const withUnknownFields = (client: HttpClient.HttpClient, maps: ReadonlyArray<string>): HttpClient.HttpClient =>
  altered(client, (text) => text === "" ? text : JSON.stringify(extended(JSON.parse(text), new Set(maps))))

/** The answer of that number, from 0, ends in the middle. */
export const withCutJson = (client: HttpClient.HttpClient, which: number): HttpClient.HttpClient =>
  altered(client, (text, index) => index === which ? text.slice(0, -1) : text)

/** Every answer is the first one again. */
export const repeated = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  let first: string | undefined
  return altered(client, (text) => first ??= text)
}

/** Knows which answers had JSON in them. */
export const recorder = (client: HttpClient.HttpClient) => {
  const json = new Set<number>()
  return {
    client: altered(client, (text, index) => {
      if (text !== "") json.add(index)
      return text
    }),
    isJson: (index: number): boolean => json.has(index)
  }
}
