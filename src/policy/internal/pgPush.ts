/**
 * Pushes by PostgreSQL's LISTEN, over a connection of its own. The client's `listen` does not say when its connection has
 * died; so the sockets of this one are watched, and it is asked from time to time to hear itself.
 */
import type * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as net from "node:net"
import type { Duplex } from "node:stream"
import type { View } from "./breaker/mirrorCore.js"
import { StoreError, type Subscription } from "./breaker/store.js"

export const channel = "holdfast_breakers_1"

/** PostgreSQL takes no notice of more. */
const longest = 7_900

/** Of a view that is too long, its reasons are the only part that can be. */
export const text = (space: string, key: string, view: string): string => {
  const whole = JSON.stringify([space, key, view])
  if (Buffer.byteLength(whole) <= longest) return whole
  const { modeReason, reason, ...rest } = JSON.parse(view) as View
  return JSON.stringify([
    space,
    key,
    JSON.stringify({ ...rest, modeReason: modeReason.slice(0, 500), reason: reason.slice(0, 500) })
  ])
}

export const canListen = (sql: SqlClient.SqlClient): sql is PgClient.PgClient =>
  Predicate.hasProperty(sql, "listen") && Predicate.hasProperty(sql, "config")

const away = (message: string, cause?: unknown) => new StoreError({ cause, message, reason: "away" })

/** `on`: the channel, for what is not of breakers. */
export const subscribe = <A = View>(
  { config }: PgClient.PgClient,
  space: string,
  onPush: (key: string, told: A) => void,
  on = channel
): Effect.Effect<Subscription, StoreError, Scope.Scope> =>
  Effect.gen(function*() {
    const lost = yield* Deferred.make<StoreError>()
    const sockets = new Set<Duplex>()
    const stream = () => {
      const socket = config.stream?.() ?? new net.Socket()
      sockets.add(socket)
      socket.once("close", () => Deferred.unsafeDone(lost, Effect.succeed(away("the connection for pushes broke"))))
      return socket
    }
    const Pg = yield* Effect.promise(() => import("@effect/sql-pg/PgClient"))
    const context = yield* Effect.mapError(
      Layer.build(Pg.layer({ ...config, applicationName: "holdfast breakers", maxConnections: 1, stream })),
      (cause) => away("no connection for pushes", cause)
    )
    const client = Context.get(context, Pg.PgClient)
    const own = `${on}_${crypto.randomUUID().replaceAll("-", "")}`
    let heard = ""
    let onHeard = () => {}
    const hear = (told: string) => {
      heard = told
      onHeard()
    }
    const listen = (channel: string, take: (text: string) => void) =>
      Effect.forkScoped(
        Effect.matchCauseEffect(Stream.runForEach(client.listen(channel), (told) => Effect.sync(() => take(told))), {
          onFailure: (cause) => Deferred.succeed(lost, away("pushes cannot be listened to", cause)),
          onSuccess: () => Deferred.succeed(lost, away("pushes have ended"))
        })
      )
    yield* listen(on, (told) => {
      const values = parse(told)
      if (values === undefined) return
      if (values[0] === own) return hear(values[1])
      if (values[0] === space) onPush(values[1], JSON.parse(values[2]) as A)
    })
    yield* listen(own, hear)
    // whatever state it is in: it does not hold up the end, nor keep the process alive
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
      })
    )
    let echoes = 0
    const echo = (channel: string) =>
      Effect.suspend(() => {
        const word = String(++echoes)
        const told = channel === own ? word : JSON.stringify([own, word, ""])
        return Effect.zipRight(
          // NOTIFY itself takes no parameters
          Effect.mapError(
            client`SELECT pg_notify(${channel}, ${told})`,
            (cause) => away("the database cannot be told", cause)
          ),
          Effect.async<void>((resume) => {
            onHeard = () => heard === word && resume(Effect.void)
            onHeard()
          })
        )
      })
    // who hears itself on a channel hears all that comes after
    for (const name of [on, own]) {
      yield* Effect.repeat(Effect.timeoutOption(echo(name), "100 millis"), { until: Option.isSome })
    }
    return { check: echo(own), lost: Deferred.await(lost) }
  })

const parse = (told: string): readonly [space: string, key: string, view: string] | undefined => {
  try {
    const values: unknown = JSON.parse(told)
    return Array.isArray(values) && values.length === 3 && values.every((value) => typeof value === "string")
      // `every` has looked at all three, and does not narrow a tuple
      ? values as unknown as readonly [string, string, string]
      : undefined
  } catch {
    return undefined
  }
}
