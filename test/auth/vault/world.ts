/** A program with its secrets in an emulated Vault; the clock of both is that of the test. */
import { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Logger, LogLevel, Redacted, Schedule, TestClock, TestServices } from "effect"
import { Secrets } from "holdfast"
import * as Vault from "holdfast/auth/Secrets/Vault"
import { inspect } from "node:util"
import { comes } from "../../comes.js"
import { turn } from "../../turn.js"
import * as Emulator from "./emulator.js"

export const secretId = "secret-id-fake-planted"
export const role = (more: Partial<Emulator.Role> = {}): Emulator.Role => ({
  policy: Emulator.anything,
  roleId: "role-id-fake",
  secretId,
  ttl: 60,
  ...more
})

/** What really happens, beside the clock of the test: an answer on the wire. */
export const until = (what: string, holds: () => boolean): Effect.Effect<void> =>
  TestServices.provideLive(comes(what, Effect.repeat(Effect.sleep("5 millis"), { until: holds })))

let underWay = 0

/** The client of every world: `pass` waits for what it has under way. */
export const client = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    HttpClient.transform((answer) =>
      Effect.acquireUseRelease(
        Effect.sync(() => void underWay++),
        () => answer,
        () => Effect.sync(() => void underWay--)
      )
    )
  )
).pipe(Layer.provide(NodeHttpClient.layerUndici))

/** Waits until no request has been under way for some turns of the event loop: what is left is waiting for the clock. */
const settled: Effect.Effect<void> = Effect.gen(function*() {
  for (let quiet = 0; quiet < 25; quiet++) {
    yield* turn
    if (underWay > 0) quiet = 0
  }
})

/** Time goes by in steps, as it does: what is due in between has its answer before the next. */
export const pass = (seconds: number): Effect.Effect<void> =>
  Effect.zipRight(
    settled,
    Effect.replicateEffect(Effect.zipRight(TestClock.adjust("1 second"), settled), seconds, { discard: true })
  )

export const approle = Vault.AppRole({ roleId: "role-id-fake", secretId: Redacted.make(secretId) })
export const never = Schedule.recurs(0)

export const world = (options: Partial<Vault.Options> = {}, more: Partial<Emulator.Role> = {}) =>
  Effect.gen(function*() {
    const { address, vault } = yield* Emulator.serve
    vault.roles.push(role(more))
    const logs: Array<string> = []
    const logger = Logger.make(({ annotations, cause, logLevel, message }) => {
      logs.push(`${logLevel.label} ${inspect([message, cause, annotations], { depth: 9 })}`)
    })
    const context = yield* Layer.build(
      Vault.layer({ address, login: approle, ...options }).pipe(
        Layer.provide(client),
        Layer.provide(Logger.replace(Logger.defaultLogger, logger)),
        Layer.provide(Logger.minimumLogLevel(LogLevel.All))
      )
    )
    const secrets = Context.get(context, Secrets.Secrets)
    const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All)
      )
    return {
      address,
      client: Context.get(context, Vault.Vault),
      get: (name: string) => logged(Effect.map(secrets.get(name), Redacted.value)),
      logs,
      vault
    }
  })
