/** A process that captures, discards, edits, parks, replays and purges dead letters, and says what was acknowledged. */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Context, Duration, Effect, Layer, Logger, LogLevel, Schema } from "effect"
import { Auth, DeadLetterQueue, Holdfast, Integration, Provider, Transport } from "holdfast"
import * as fs from "node:fs"
import * as Delivery from "../../delivery/store.js"
import * as points from "./faultPoints.js"

export interface Options extends points.Options {
  readonly store: string
  readonly provider: string
  /** What is acknowledged goes there, and is on the disk before anything else happens. */
  readonly ledger: string
}

export const definitionOf = (baseUrl: string) =>
  Integration.define({
    api: HttpApi.make("shop").add(
      HttpApiGroup.make("items").add(
        HttpApiEndpoint.post("create", "/items").setPayload(Schema.Struct({ name: Schema.String })).addSuccess(
          Schema.Struct({ name: Schema.String })
        )
      )
    ),
    auth: Auth.none,
    baseUrl,
    id: "shop",
    name: "Shop",
    policy: { circuitBreaker: false, idempotencyKey: { header: "idempotency-key" }, retry: false },
    version: "1"
  })

class Shop extends Context.Tag("test/Shop")<Shop, Integration.Client<ReturnType<typeof definitionOf>>>() {}

/** Dead letters over the store, and a client whose letters they are. */
export const program = (store: string, baseUrl: string) =>
  Provider.layer(Shop, definitionOf(baseUrl)).pipe(
    Layer.provideMerge(DeadLetterQueue.layer({ lease: "1 second" })),
    Layer.provide(Delivery.queue(store)),
    Layer.provideMerge(Holdfast.layerMemory),
    Layer.provide(Transport.layer),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )

const run = ({ ledger, provider, store, ...at }: Options) => {
  if (store.includes("://")) points.onSocket(Number(new URL(store).port), at)
  else points.inSqlite(at)
  const file = fs.openSync(ledger, "a")
  const say = (line: string) =>
    Effect.sync(() => {
      fs.writeSync(file, `${line}\n`)
      fs.fsyncSync(file)
    })
  const step = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
    say(`${name} begins`).pipe(Effect.zipRight(effect), Effect.tap(() => say(`${name} ends`)))

  return Effect.gen(function*() {
    const { items } = yield* Shop
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    points.begin()
    const ids: Array<string> = []
    for (const name of ["a", "b", "c", "d", "e"]) {
      yield* say(`capture ${name} begins`)
      const error = yield* Effect.flip(items.create({ payload: { name } }))
      if (error.deadLettered !== true) return yield* Effect.dieMessage(`not stored: ${error.message}`)
      yield* say(`capture ${name} ends`)
      ids.push(error.deadLetterId!)
    }
    const [a = "", b = "", c = "", d = ""] = ids
    yield* step("discard a", queue.discard(a, "not wanted"))
    yield* step(
      "edit b",
      queue.edit(b, { body: { _tag: "Text", value: JSON.stringify({ name: "b-edited" }) } }, { version: 1 })
    )
    yield* step("park c", queue.park(c, "later"))
    yield* step("unpark c", queue.unpark(c))
    yield* step("replay d", queue.replay(d))
    yield* step("replay", queue.replayAll())
    yield* step("purge", queue.purge({ filter: { state: "discarded" }, olderThan: Duration.zero }))
    yield* say(`all ${points.counted()}`)
    process.exit(0)
  }).pipe(Effect.provide(program(store, provider)))
}

if (process.argv[2] !== undefined) {
  Effect.runPromise(run(JSON.parse(process.argv[2]) as Options)).catch((error: unknown) => {
    process.stderr.write(String(error))
    process.exit(1)
  })
}
