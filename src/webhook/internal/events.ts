/** How the events of a request are told apart, and told again. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import * as Form from "./form.js"
import { elements } from "./jsonArray.js"
import type { Scheme, WebhookEvent, WebhookRequest } from "./model.js"
import { fault, isForm, json, textAt } from "./read.js"

type Events = Scheme["events"]

const digest = (body: Uint8Array): string => `sha256:${createHash("sha256").update(body).digest("hex")}`

const one = (request: WebhookRequest, id: string | undefined): ReadonlyArray<WebhookEvent> => [
  { body: request.body, id: Option.some(id ?? digest(request.body)) }
]

/** One event; the header's value, else the body's own digest. */
export const byHeader = (...names: ReadonlyArray<string>): Events => (request, headers) =>
  Either.map(
    Either.all(names.map((name) => headers.optional(name))),
    (values) => one(request, values.find((value) => value !== undefined && value !== ""))
  )

/** One event, with the header's value; the scheme sees to it that it is there. */
export const byField = (...path: ReadonlyArray<string>): Events => (request) =>
  Either.right(one(request, Option.getOrUndefined(Option.map(json(request.body), (body) => textAt(body, ...path)))))

/** Parts of what may hold the separator are told from others by being JSON. */
const composite = (parts: ReadonlyArray<string | undefined>): string => JSON.stringify(parts.map((part) => part ?? ""))

/** One event by several fields; by the body's digest where one that is needed is not there. */
export const byFields = (
  needed: ReadonlyArray<ReadonlyArray<string>>,
  further: ReadonlyArray<ReadonlyArray<string>> = []
): Events =>
(request) => {
  const body = Option.getOrUndefined(json(request.body))
  const parts = needed.map((path) => textAt(body, ...path))
  return Either.right(one(
    request,
    parts.includes(undefined)
      ? undefined
      : composite([...parts, ...further.map((path) => textAt(body, ...path))])
  ))
}

/** One event by several fields of a form. */
export const byFormFields =
  (needed: ReadonlyArray<string>, further: ReadonlyArray<string> = []): Events => (request) => {
    const fields = isForm(request) ? Form.fieldsOf(request.body) : []
    const parts = needed.map((name) => Form.first(fields, name))
    return Either.right(one(
      request,
      parts.includes(undefined) ? undefined : composite([...parts, ...further.map((name) => Form.first(fields, name))])
    ))
  }

/** The first way that finds an id, before the digest. */
export const firstOf = (...ways: ReadonlyArray<Events>): Events => (request, headers) => {
  const fallback = digest(request.body)
  let last: ReturnType<Events> = Either.right(one(request, undefined))
  for (const way of ways) {
    last = way(request, headers)
    const isFound = Either.isRight(last) && last.right.some(({ id }) => Option.getOrUndefined(id) !== fallback)
    if (isFound) return last
  }
  return last
}

/** One event that comes again in the same words when it happens again. */
export const withoutId: Events = (request) => Either.right([{ body: request.body, id: Option.none() }])

/** Each by itself: one that is not as the others are has an id as well, and fails alone. */
export const splitArray = (
  body: Uint8Array,
  idOf: (event: unknown) => string | undefined
): ReturnType<Events> =>
  Option.match(Option.filter(json(body), Array.isArray), {
    onNone: () => fault("request-malformed", "the body is not an array of events in JSON"),
    onSome: (events: ReadonlyArray<unknown>) =>
      Either.right(
        elements(body).map((element, index) => ({
          body: element,
          id: Option.some(idOf(events[index]) ?? digest(element))
        }))
      )
  })

/** An array by these fields of each event; by the digest of an event where one that is needed is not there. */
export const arrayByFields = (
  needed: ReadonlyArray<string>,
  further: ReadonlyArray<string> = []
): Events =>
(request) =>
  splitArray(request.body, (event) => {
    const parts = needed.map((name) => textAt(event, name))
    if (parts.includes(undefined)) return undefined
    return parts.length === 1 && further.length === 0
      ? parts[0]
      : composite([...parts, ...further.map((name) => textAt(event, name))])
  })
