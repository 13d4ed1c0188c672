/** The command line in this process, with all that it writes caught. */
import { NodeContext } from "@effect/platform-node"
import { ConfigProvider, Context, Effect, Layer, Option, type Scope, Stream } from "effect"
import { DeadLetterQueue, type LeaseQueue } from "holdfast"
import * as Cli from "holdfast/ops/Cli"
import * as delivery from "../delivery/store.js"

export interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Given {
  readonly env?: Record<string, string>
  readonly layer?: Layer.Layer<never, any, any>
  readonly integrations?: Cli.Options["integrations"]
  readonly catalog?: Cli.Options["catalog"]
  /** What somebody answers who is asked; absent: there is nobody. */
  readonly answer?: boolean
  readonly input?: string
  readonly columns?: number
  readonly isLive?: boolean
}

export const cli = (argv: ReadonlyArray<string>, given: Given = {}): Effect.Effect<Result> =>
  Effect.gen(function*() {
    const screen = { err: "", out: "" }
    const code = yield* Cli.run(argv, {
      catalog: given.catalog,
      integrations: given.integrations,
      layer: given.layer,
      terminal: {
        color: false,
        columns: given.columns,
        confirm: (question) =>
          Effect.sync(() => {
            screen.err += `${question}\n`
            return Option.fromNullable(given.answer)
          }),
        err: (text) => Effect.sync(() => void (screen.err += text)),
        input: Stream.make(new TextEncoder().encode(given.input ?? "")),
        isLive: given.isLive === true,
        out: (text) => Effect.sync(() => void (screen.out += text))
      }
    }).pipe(
      Effect.provide(NodeContext.layer),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(given.env ?? {}))))
    )
    return { code, err: screen.err, out: screen.out }
  })

export const json = (text: string): any => JSON.parse(text)

export const lines = (text: string): ReadonlyArray<any> =>
  text.trim() === "" ? [] : text.trim().split("\n").map((line) => JSON.parse(line))

/** Dead letters over a queue of `test/delivery/store.ts`, as a program has them. */
export const letters = (
  queue: Layer.Layer<LeaseQueue.LeaseQueue, LeaseQueue.LeaseQueueError>
): Effect.Effect<DeadLetterQueue.DeadLetterQueue["Type"], LeaseQueue.LeaseQueueError, Scope.Scope> =>
  Effect.map(
    Layer.build(Layer.provide(DeadLetterQueue.layer(), queue)),
    (context) => Context.get(context, DeadLetterQueue.DeadLetterQueue)
  )

export const lettersIn = (store: string) => letters(delivery.queue(store))

/** A layer of the user's which sends the letters of an integration. */
export const replaying = (
  replayer: DeadLetterQueue.Replayer,
  integration = "hubspot"
): Layer.Layer<never, never, DeadLetterQueue.DeadLetterQueue> =>
  Layer.scopedDiscard(
    Effect.flatMap(DeadLetterQueue.DeadLetterQueue, (queue) => queue.register(integration, replayer))
  )
