/** Requests as people read them, in the form that tools for HTTP know. */
import type * as Ledger from "../../Ledger.js"

/** Of the client, or of one run. */
const left = new Set(["accept-encoding", "connection", "content-length", "host", "traceparent", "user-agent"])

const queryOf = (query: Ledger.Entry["query"]): string => {
  const fields = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => `${name}=${one}`))
  return fields.length === 0 ? "" : `?${fields.join("&")}`
}

const bodyOf = (body: unknown, headers: Ledger.Entry["headers"]): ReadonlyArray<string> => {
  if (body === undefined) return []
  const form = /urlencoded/.test(headers["content-type"] ?? "") && typeof body === "string"
  return [
    "",
    form
      ? [...new URLSearchParams(body)].map(([name, value]) => `${name}=${value}`).join("\n& ")
      : typeof body === "string"
      ? body
      : JSON.stringify(body, undefined, 2)
  ]
}

const one = ({ body, headers, method, operation, path, query }: Ledger.Entry): string =>
  [
    `### ${operation}`,
    `${method} ${path}${queryOf(query)}`,
    ...Object.entries(headers).filter(([name]) => !left.has(name)).sort().map(([name, value]) => `${name}: ${value}`),
    ...bodyOf(body, headers)
  ].join("\n")

/** Each once: a request that is the same as one before says nothing new. */
export const written = (entries: ReadonlyArray<Ledger.Entry>): string =>
  `${[...new Set(entries.map(one))].join("\n\n")}\n`
