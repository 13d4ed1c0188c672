/** A program with its secrets in an emulated Vault; the clock of both is that of the test. */
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Logger, LogLevel, Redacted, Schedule, TestClock, TestServices } from "effect"
import { Secrets } from "holdfast"
import * as Vault from "holdfast/auth/Secrets/Vault"
import { inspect } from "node:util"
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
  TestServices.provideLive(Effect.gen(function*() {
    for (let tries = 0; !holds(); tries++) {
      if (tries === 2000) return yield* Effect.dieMessage(`never: ${what}`)
      yield* Effect.sleep("5 millis")
    }
  }))

/** Time goes by in steps, as it does: what is due in between has its answer before the next. */
export const pass = (seconds: number): Effect.Effect<void> =>
  Effect.forEach(
    Array.from({ length: seconds }),
    () => Effect.zipRight(TestClock.adjust("1 second"), TestServices.provideLive(Effect.sleep("8 millis"))),
    { discard: true }
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
        Layer.provide(NodeHttpClient.layerUndici),
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
