/**
 * The mail provider was down last night. What could not be sent is in a file, `mail.db`; in the morning somebody looks at
 * what failed and why, mends what can be mended, gives up what nobody wants any more, and has the rest sent, at a pace that
 * the provider can bear. Every mail arrives once.
 *
 * The same is done by hand with the command line: `holdfast dlq …`, see `docs/cli.md`.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FileSystem from "@effect/platform/FileSystem"
import { Console, Context, Duration, Effect, Layer, Logger, LogLevel, Redacted, Schema } from "effect"
import { Auth, Credentials, DeadLetterQueue, Holdfast, Integration, Provider, Replay } from "holdfast"
import { Emulator, Faults } from "holdfast/testing"

// --- the provider, as an integration of one's own: see example 03

const Draft = Schema.Struct({ subject: Schema.String, to: Schema.String })
const send = HttpApiEndpoint.post("send", "/mails").setPayload(Draft).addSuccess(Draft, { status: 202 })

const definition = Integration.define({
  id: "mail",
  name: "Mail",
  version: "1",
  baseUrl: "https://mail.example.com",
  api: HttpApi.make("mail").add(HttpApiGroup.make("mails").add(send)),
  auth: Auth.apiKey("x-api-key"),
  policy: { idempotencyKey: { header: "idempotency-key" }, retry: false, circuitBreaker: false }
})

class MailClient extends Context.Tag("app/MailClient")<MailClient, Integration.Client<typeof definition>>() {
  static readonly layer = Provider.layer(MailClient, definition, {
    credentials: Credentials.layer(Credentials.ApiKey({ key: Redacted.make("fake") }))
  })
}

const drafts = [
  { subject: "Your order 1", to: "ada@example.com" },
  { subject: "Your order 2", to: "grace.example.com" }, // refused for good: that is for its caller to mend
  { subject: "Your order 3", to: "alan@exmaple.com" },
  { subject: "Only today!", to: "alan@example.com" },
  { subject: "Your order 4", to: "edsger@example.com" }
]

// --- in the night

const night = Effect.gen(function*() {
  const { mails } = yield* MailClient
  for (const draft of drafts) {
    yield* mails.send({ payload: draft }).pipe(
      Effect.zipRight(Console.log(`${draft.subject}: sent`)),
      // the error says whether the call is stored: its caller need not keep it
      Effect.catchAll((error) => Console.log(`${draft.subject}: ${error._tag}, stored: ${error.deadLettered === true}`))
    )
  }
})

// --- in the morning, and in another process

const subjectOf = ({ request: { body } }: DeadLetterQueue.DeadLetter): string =>
  body?._tag === "Text" ? JSON.parse(body.value).subject : "?"

const morning = Effect.gen(function*() {
  const queue = yield* DeadLetterQueue.DeadLetterQueue
  const letters = Array.from((yield* queue.list({ state: "pending" })).items)
  const called = (subject: string) => Effect.fromNullable(letters.find((letter) => subjectOf(letter) === subject))

  yield* Console.log("what fails, the most frequent first:")
  for (const { count, errorTag, operation } of yield* queue.groups()) {
    yield* Console.log(`  ${count} × ${operation}: ${errorTag}`)
  }

  const offer = yield* called("Only today!")
  yield* queue.discard(offer.id, "yesterday's offer")
  const mistyped = yield* called("Your order 3")
  yield* queue.edit(
    mistyped.id,
    { body: { _tag: "Text", value: JSON.stringify({ subject: "Your order 3", to: "alan@example.com" }) } },
    { reason: "the address had a typo", version: mistyped.version }
  )

  const plan = yield* Replay.plan({ integration: "mail" }, { concurrency: 2, rate: 20 })
  yield* Console.log(`${plan.eligible} of ${plan.selected} letters would be sent`)
  const job = yield* Replay.run(plan)
  const { ended, failed, replayed } = yield* job.await
  yield* Console.log(`${ended._tag}: ${replayed} sent, ${failed} failed`)

  for (const { id } of [offer, mistyped]) {
    const { state } = yield* queue.get(id)
    const steps = Array.from(yield* queue.history(id), ({ outcome }) => outcome)
    yield* Console.log(`${subjectOf(yield* queue.get(id))}: ${state} (${steps.join(", ")})`)
  }
  // what is done with is kept for a while, and then removed
  const { purged } = yield* queue.purge({ dryRun: true, olderThan: Duration.zero })
  yield* Console.log(`a purge would remove ${purged}`)
}).pipe(Effect.scoped)

const program = Effect.gen(function*() {
  const emulator = yield* Emulator.make({
    integration: definition,
    state: () => new Map<string, typeof Draft.Type>(),
    handlers: (byKey) => ({
      mails: {
        send: ({ payload }, { headers: { "idempotency-key": key = "" } }) =>
          Effect.sync(() => byKey.get(key) ?? byKey.set(key, payload).get(key)!)
      }
    }),
    error: ({ message }) => ({ body: { message } })
  }, {
    faults: Faults.script([Faults.ok, Faults.status(422), Faults.status(503), Faults.status(503), Faults.resetAfter])
  })

  const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  const process = MailClient.layer.pipe(
    Layer.provideMerge(Holdfast.layerSqlite({ filename: `${folder}/mail.db` })),
    Layer.provide(Emulator.layerHttpClient(emulator)),
    Layer.provide(Logger.minimumLogLevel(LogLevel.Error))
  )
  yield* Effect.provide(night, process)
  yield* Console.log("good morning")
  yield* Effect.provide(morning, process)
  const mails = Array.from((yield* emulator.state).values(), ({ subject, to }) => `${subject} → ${to}`)
  yield* Console.log(`the provider has sent:\n  ${mails.sort().join("\n  ")}`)
})

program.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
