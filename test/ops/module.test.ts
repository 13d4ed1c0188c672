/** What the user's own layers bring: a store, a cipher, a command line of one's own. */
import * as Command from "@effect/cli/Command"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option, Redacted, Stream } from "effect"
import { Catalog, CircuitBreaker, DeadLetterCipher, DeadLetterQueue } from "holdfast"
import * as Cli from "holdfast/ops/Cli"
import * as fs from "node:fs"
import * as path from "node:path"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"
import * as files from "../delivery/files.js"
import * as delivery from "../delivery/store.js"
import { cli, json, lettersIn, lines, replaying } from "./kit.js"

const key = Buffer.alloc(32, 7).toString("base64")

describe("layers that bring a store", () => {
  it.scopedLive("are enough: commands work on what they provide", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      const id = yield* (yield* lettersIn(file)).capture(letter())
      const layer = replaying(() => Effect.void).pipe(
        Layer.provideMerge(Layer.provide(DeadLetterQueue.layer(), delivery.queue(file)))
      )
      assert.deepStrictEqual(lines((yield* cli(["dlq", "list", "--json"], { layer })).out).map(({ id }) => id), [id])
      const replayed = yield* cli(["dlq", "replay", id, "--yes", "--json"], { layer })
      assert.strictEqual(replayed.code, 0, replayed.err)
      const outbox = yield* cli(["outbox", "stats"], { layer })
      assert.strictEqual(outbox.code, 1)
      assert.include(outbox.err, "there is no Outbox: the layers of this program do not provide it")
    }))

  it.scopedLive("their circuits are those that are meant", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(CircuitBreaker.layerMemory)
      const layer = Layer.succeedContext(context)
      assert.strictEqual((yield* cli(["breaker", "open", "hubspot", "--reason", "x"], { layer })).code, 0)
      const breakers = Context.get(context, CircuitBreaker.CircuitBreakers)
      assert.deepStrictEqual(yield* breakers.state("hubspot"), Option.some("open"))
      assert.strictEqual(json((yield* cli(["breaker", "list", "--json"], { layer })).out).circuits.length, 1)
    }))

  it.scopedLive("what they need and nobody gives is named", () =>
    Effect.gen(function*() {
      const { code, err } = yield* cli(["dlq", "list"], { layer: replaying(() => Effect.void) })
      assert.strictEqual(code, 1)
      assert.include(err, "need holdfast/DeadLetterQueue")
    }))
})

describe("a module", () => {
  it.scopedLive("that is none is told of", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      yield* lettersIn(file)
      const folder = path.dirname(file)
      const module = (name: string, text: string) => {
        fs.writeFileSync(path.join(folder, name), text)
        return cli(["dlq", "replay", "--all", "--store", `sqlite:${file}`, "--module", path.join(folder, name)])
      }
      const empty = yield* module("empty.mjs", "export const layers = 1")
      assert.strictEqual(empty.code, 2)
      assert.include(empty.err, "exports no Layer")
      const broken = yield* module("broken.mjs", "throw new Error('it is broken')")
      assert.strictEqual(broken.code, 1)
      assert.include(broken.err, "it is broken")
      assert.strictEqual((yield* cli(["doctor", "--store", `sqlite:${file}`, "--module", "./none.mjs"])).code, 1)
    }))
})

describe("bodies that are encrypted", () => {
  const stored = Effect.gen(function*() {
    const file = yield* files.file
    const cipher = DeadLetterCipher.layer({ current: { id: "test", key: Redacted.make(key) } })
    const context = yield* Layer.build(
      DeadLetterQueue.layer().pipe(Layer.provide(Layer.merge(delivery.queue(file), cipher)))
    )
    const queue = Context.get(context, DeadLetterQueue.DeadLetterQueue)
    const id = yield* queue.capture(letter())
    return { env: { HOLDFAST_DEAD_LETTER_KEY: `test:${key}`, HOLDFAST_STORE_URL: `sqlite:${file}` }, id, queue }
  })

  it.scopedLive("are shown, exported, edited and sent where there is a key, and nowhere else", () =>
    Effect.gen(function*() {
      const { env, id, queue } = yield* stored
      const { HOLDFAST_DEAD_LETTER_KEY: _, ...without } = env
      const blind = yield* cli(["dlq", "show", id], { env: without })
      assert.strictEqual(blind.code, 0)
      assert.include(blind.out, "encrypted with the key \"test\"")
      assert.notInclude(blind.out, "Zoë")
      assert.include((yield* cli(["dlq", "show", id], { env })).out, "{\"name\":\"Zoë\"}")
      assert.notInclude((yield* cli(["dlq", "export"], { env })).out, "Zoë")
      assert.include((yield* cli(["dlq", "export", "--reveal"], { env })).out, "Zoë")
      const layer = replaying(() => Effect.void)
      const unsent = yield* cli(["dlq", "replay", id, "--yes", "--json"], { env: without, layer })
      assert.strictEqual(unsent.code, 1)
      assert.deepStrictEqual(json(unsent.out).plan.ineligible.map(({ reason }: any) => reason), ["encrypted"])
      const edited = yield* cli(["dlq", "edit", id, "--body", "-"], { env, input: "{\"name\":\"Ada\"}" })
      assert.strictEqual(edited.code, 0, edited.err)
      assert.strictEqual((yield* queue.get(id)).request.body?._tag, "Encrypted")
      assert.strictEqual((yield* cli(["dlq", "replay", id, "--yes"], { env, layer })).code, 0)
    }))

  it.scopedLive("a key that is none is told of, and not repeated", () =>
    Effect.gen(function*() {
      const { env, id } = yield* stored
      const { code, err } = yield* cli(["dlq", "show", id], {
        env: { ...env, HOLDFAST_DEAD_LETTER_KEY: "obviously-fake" }
      })
      assert.strictEqual(code, 1)
      assert.include(err, "HOLDFAST_DEAD_LETTER_KEY")
      assert.notInclude(err, "obviously-fake")
    }))
})

describe("Cli.make", () => {
  it.scopedLive("is a command beside those of one's own", () =>
    Effect.gen(function*() {
      let out = ""
      const terminal: Cli.Terminal = {
        color: false,
        confirm: () => Effect.succeedNone,
        err: () => Effect.void,
        input: Stream.empty,
        isLive: false,
        out: (text) => Effect.sync(() => void (out += text))
      }
      const app = Command.make("app").pipe(
        Command.withSubcommands([Cli.make({ catalog: Catalog.make([]), layer: CircuitBreaker.layerMemory, terminal })])
      )
      const run = (...argv: ReadonlyArray<string>) =>
        Command.run(app, { name: "app", version: "1" })(["node", "app", ...argv]).pipe(
          Effect.provide(NodeContext.layer)
        )
      yield* run("holdfast", "breaker", "list", "--json")
      assert.deepStrictEqual(json(out), { circuits: [] })
      out = ""
      yield* run("holdfast", "providers", "list", "--json")
      assert.deepStrictEqual(json(out), { providers: [] })
      const refused = yield* Effect.exit(run("holdfast", "breaker", "close", "hubspot"))
      assert.isTrue(Exit.isFailure(refused))
      const error: Cli.Error | undefined = Exit.isFailure(refused) && refused.cause._tag === "Fail" &&
          refused.cause.error._tag === "CliError"
        ? refused.cause.error
        : undefined
      assert.strictEqual(error?.code, 3)
    }))
})
