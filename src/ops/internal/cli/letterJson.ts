/** Dead letters as JSON, and as people read them. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Body, DeadLetter, LedgerEntry } from "../../../delivery/DeadLetterQueue.js"
import { type CliError, failed } from "./exit.js"
import { inline, plain } from "./screen.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const encode = Schema.encode(DeadLetter)

export const toJson = (letter: DeadLetter): Effect.Effect<object, CliError> =>
  Effect.mapBoth(encode(letter), {
    onFailure: () => failed(`dead letter ${letter.id} cannot be written as JSON`),
    onSuccess: (encoded) => ({ ...encoded, signature: letter.signature })
  })

export const historyToJson = Schema.encodeSync(Schema.Array(LedgerEntry))

export const columns = (now: DateTime.Utc): ReadonlyArray<Table.Column<DeadLetter>> => [
  { title: "ID", value: ({ id }) => id },
  { title: "STATE", value: ({ state }) => state },
  { title: "INTEGRATION", value: ({ integration }) => integration },
  { title: "OPERATION", value: ({ operation }) => operation },
  { right: true, title: "REPLAYS", value: ({ replays }) => String(replays) },
  { right: true, title: "AGE", value: ({ createdAt }) => Text.shortAge(createdAt, now) },
  { title: "ERROR", value: ({ error, signature }) => `${signature}: ${error.message}` }
]

const bodyText = (body: Body): string => {
  switch (body._tag) {
    case "Text":
      return plain(body.value)
    case "Base64":
      return `(in Base64) ${body.value}`
    case "Encrypted":
      return `(encrypted with the key "${
        plain(body.keyId)
      }": HOLDFAST_DEAD_LETTER_KEY, or a module that exports \`cipher\`, ` +
        "makes it readable)"
  }
}

const indent = (text: string): string => text.split("\n").map((line) => `  ${line}`).join("\n")

const requestText = ({ request }: DeadLetter): string => {
  const headers = {
    ...(request.contentType === undefined ? {} : { "content-type": request.contentType }),
    ...request.headers
  }
  return [
    inline(`${request.method} ${request.url}`),
    ...Object.entries(headers).map(([name, value]) => inline(`${name}: ${value}`)),
    ...(request.body === undefined ? [] : ["", bodyText(request.body)])
  ].join("\n")
}

export const toText = (letter: DeadLetter, history: ReadonlyArray<LedgerEntry>, now: DateTime.Utc): string => {
  const { error, request } = letter
  const at = (time: DateTime.Utc) => `${Text.time(time)} (${Text.age(time, now)} ago)`
  const about = Table.fields([
    ["id", letter.id],
    ["state", letter.state],
    ["integration", letter.integration],
    ["operation", letter.operation],
    ["captured", at(letter.createdAt)],
    ["last attempt", at(letter.lastAttemptAt)],
    ["attempts", `${letter.attempts}, and ${Text.count(letter.replays, "replay")}`],
    ["error", `${letter.signature}: ${error.message}`],
    ["correlation", letter.correlationId],
    ["tenant", letter.tenantId],
    ["connection", letter.connectionId],
    ["user", letter.userId],
    ["idempotency key", letter.idempotencyKey],
    ["partition key", letter.partitionKey],
    [
      "version",
      `${letter.version}${letter.earlier === undefined ? "" : `, edited ${Text.count(letter.earlier.length, "time")}`}`
    ],
    ["metadata", Object.keys(letter.metadata).length === 0 ? undefined : JSON.stringify(letter.metadata)],
    ["may have been", request.mayHaveBeenProcessed === true ? "acted on by the provider" : undefined],
    ["not stored", request.redacted?.join(", ")]
  ])
  const steps = history.length === 0 ? "  none" : indent(Table.render<LedgerEntry>(
    [
      { title: "AT", value: ({ at }) => Text.time(at) },
      { title: "OUTCOME", value: ({ outcome }) => outcome },
      { title: "BY", value: ({ owner }) => owner ?? "" },
      { title: "DETAIL", value: ({ detail }) => detail ?? "" }
    ],
    history,
    undefined
  ))
  return `${about}\n\nrequest\n${indent(requestText(letter))}\n\nhistory\n${steps}`
}
