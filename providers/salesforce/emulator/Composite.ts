/**
 * Requests within a request, as the Salesforce emulator does them.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import * as Bodies from "./Bodies.js"
import type { Queries } from "./Queries.js"
import * as Records from "./Records.js"
import { type Org, refuse, type Values, type Write } from "./Store.js"

interface Request {
  readonly method: string
  readonly url: string
  readonly body: unknown
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

interface World {
  readonly org: Org
  readonly queries: Queries
  readonly base: string
}

const valuesOf = (body: unknown): Values =>
  // the values are checked where they are written
  typeof body === "object" && body !== null && !Array.isArray(body) ? body as Values : {}

/** What a request within a request may ask for: records and queries. */
const dispatch = ({ base, org, queries }: World, request: Request, write: Write): Answer => {
  const url = new URL(request.url, "http://emulator")
  const segments = url.pathname.slice(base.length + 1).split("/").map(decodeURIComponent)
  const [kind, type = "", id, value] = segments
  const { method } = request
  if (kind === "query" && method === "GET") {
    return {
      status: 200,
      body: segments.length === 1
        ? queries.run(url.searchParams.get("q") ?? "", { all: false })
        : queries.more(type)
    }
  }
  if (kind !== "sobjects" || type === "") throw refuse(404, "NOT_FOUND", "The requested resource does not exist")
  const fields = valuesOf(request.body)
  switch (`${method} ${segments.length}`) {
    case "POST 2":
      return { status: 201, body: Records.made(org.create(type, fields, write)) }
    case "GET 3":
      return {
        status: 200,
        body: Records.shown(org, org.get(type, id ?? ""), url.searchParams.get("fields")?.split(","), base)
      }
    case "PATCH 3":
      org.update(type, id ?? "", fields, write)
      return { status: 204, body: null }
    case "DELETE 3":
      org.delete(type, id ?? "", write)
      return { status: 204, body: null }
    case "PATCH 4": {
      const result = org.upsert(type, id ?? "", value ?? "", fields, write)
      return { status: result.created ? 201 : 200, body: Records.upserted(result) }
    }
  }
  throw refuse(405, "METHOD_NOT_ALLOWED", `HTTP Method '${method}' not allowed. Allowed are HEAD,GET,POST,PATCH,DELETE`)
}

const refused = (error: Emulator.EmulatorError): Answer => ({
  status: error.status,
  body: error.status === 300
    ? error.details?.urls
    : Bodies.list(
      error.code ?? "UNKNOWN_EXCEPTION",
      error.message,
      Array.isArray(error.details?.fields) ? error.details.fields : undefined
    )
})

const answerOf = (world: World, request: Request, write: Write): Answer => {
  try {
    return dispatch(world, request, write)
  } catch (error) {
    if (error instanceof Emulator.EmulatorError) return refused(error)
    throw error
  }
}

const reference = /@\{(\w+)((?:\.\w+|\[\d+\])*)\}/g

/** `@{account.id}`, and `@{found.records[0].Id}`. */
const resolved = (text: string, answers: ReadonlyMap<string, Answer>): string =>
  text.replace(reference, (whole, name: string, path: string) => {
    const answer = answers.get(name)
    if (answer === undefined) {
      throw refuse(400, "PROCESSING_HALTED", `Invalid reference specified. No value for ${whole.slice(2, -1)} found`)
    }
    let value: unknown = answer.body
    // whatever it is, it has this part or it has not
    for (const [, field, index] of path.matchAll(/\.(\w+)|\[(\d+)\]/g)) {
      value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[field ?? index ?? ""]
    }
    if (value === undefined || value === null) {
      throw refuse(400, "PROCESSING_HALTED", `Invalid reference specified. No value for ${whole.slice(2, -1)} found`)
    }
    return String(value)
  })

const filled = (body: unknown, answers: ReadonlyMap<string, Answer>): unknown => {
  if (typeof body === "string") return resolved(body, answers)
  if (Array.isArray(body)) return body.map((one) => filled(one, answers))
  if (typeof body !== "object" || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, filled(value, answers)]))
}

const isGood = ({ status }: Answer): boolean => status < 300

const halted: Answer = {
  status: 400,
  body: Bodies.list(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed."
  )
}

class Undone extends Error {
  constructor(readonly answers: ReadonlyArray<Answer>) {
    super("undone")
  }
}

/**
 * One after the other; the answer to each, with status 200 for the whole.
 *
 * @since 0.1.0
 * @category composite
 */
export const run = (
  world: World,
  input: typeof Schemas.CompositeInput.Type,
  write: Write
): typeof Schemas.CompositeResult.Type => {
  const each = (write: Write): ReadonlyArray<Answer> => {
    const answers = new Map<string, Answer>()
    for (const { body, method, referenceId, url } of input.compositeRequest) {
      let answer: Answer
      try {
        const request = { method, url: resolved(url, answers), body: filled(body, answers) }
        answer = answerOf(world, request, write)
      } catch (error) {
        if (!(error instanceof Emulator.EmulatorError)) throw error
        answer = refused(error)
      }
      answers.set(referenceId, answer)
    }
    return [...answers.values()]
  }
  const whole = (): ReadonlyArray<Answer> => {
    if (input.allOrNone !== true) return each(write)
    try {
      return world.org.transaction(write, (write) => {
        const answers = each(write)
        if (answers.every(isGood)) return answers
        throw new Undone(answers.map((answer) => isGood(answer) ? halted : answer))
      })
    } catch (error) {
      if (error instanceof Undone) return error.answers
      throw error
    }
  }
  const answers = whole()
  return {
    compositeResponse: input.compositeRequest.map(({ referenceId }, index) => ({
      body: answers[index]?.body,
      httpHeaders: {},
      httpStatusCode: answers[index]?.status ?? 500,
      referenceId
    }))
  }
}

/**
 * Each for itself. With `haltOnError` those after the first that fails are not done.
 *
 * @since 0.1.0
 * @category composite
 */
export const batch = (
  world: World,
  input: typeof Schemas.BatchInput.Type,
  write: Write
): typeof Schemas.BatchResult.Type => {
  let stopped = false
  const results = input.batchRequests.map(({ method, richInput, url }) => {
    if (stopped) {
      return {
        statusCode: 412,
        result: Bodies.list(
          "BATCH_PROCESSING_HALTED",
          "Batch processing halted because of an error in an earlier request"
        )
      }
    }
    const path = url.replace(/^\/?(?:services\/data\/)?v[\d.]+/, world.base)
    const answer = answerOf(world, { method, url: path, body: richInput }, write)
    stopped = input.haltOnError === true && !isGood(answer)
    return { statusCode: answer.status, result: answer.body }
  })
  return { hasErrors: results.some(({ statusCode }) => statusCode >= 300), results }
}
