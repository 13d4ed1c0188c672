/** A program with the routes, on a port of its own. Who is signed in is said by a cookie, as tests have it. */
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Logger, LogLevel, type Scope } from "effect"
import type { OAuth2Client } from "holdfast"
import { CredentialStore, OAuth2Transactions } from "holdfast"
import * as OAuth2Routes from "holdfast/auth/OAuth2Routes"
import * as http from "node:http"
import { inspect } from "node:util"
import { listen } from "./listen.js"

export const signedIn = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ cookies }) =>
  cookies.user === undefined
    ? new OAuth2Routes.Denied({ message: "Sign in first.", status: 401 })
    : Effect.succeed({ tenantId: `team-of-${cookies.user}`, userId: cookies.user }))

export const authorize: OAuth2Routes.Options["authorize"] = ({ connectionId }) =>
  Effect.map(signedIn, (subject) => ({ ...subject, ...(connectionId === undefined ? {} : { connectionId }) }))

export type Stores = CredentialStore.CredentialStore | OAuth2Transactions.OAuth2Transactions

export const memory: Layer.Layer<Stores> = Layer.merge(CredentialStore.layerMemory, OAuth2Transactions.layerMemory)

export interface Options {
  readonly client: (redirectUri: string) => Effect.Effect<OAuth2Client.Client, never, Scope.Scope>
  readonly stores?: Layer.Layer<Stores, unknown>
  /** That of another server, of which this one is a further process. */
  readonly publicUrl?: string
  readonly more?: Partial<OAuth2Routes.Options>
}

export const serve = (options: Options) =>
  Effect.gen(function*() {
    const server = http.createServer()
    const url = yield* listen(server)
    const publicUrl = options.publicUrl ?? url
    const client = yield* options.client(`${publicUrl}/oauth/shop/callback`)
    const logs: Array<string> = []
    // what a logger prints; its fiber's context has the request in it
    const logger = Logger.make(({ annotations, cause, logLevel, message, spans }) => {
      logs.push(inspect([logLevel.label, message, cause, annotations, spans], { depth: 9 }))
    })
    const context = yield* Layer.build(Layer.fresh(Layer.mergeAll(
      options.stores ?? memory,
      NodeHttpClient.layerUndici,
      Logger.replace(Logger.defaultLogger, logger),
      Logger.minimumLogLevel(LogLevel.All)
    )))
    const routes = OAuth2Routes.make({ authorize, client, integration: "shop", publicUrl, ...options.more })
    const app = HttpRouter.empty.pipe(
      HttpRouter.get("/", HttpServerResponse.text("home")),
      HttpRouter.get("/settings", HttpServerResponse.text("settings")),
      HttpRouter.concat(routes)
    )
    const handler = yield* NodeHttpServer.makeHandler(app).pipe(
      Effect.provide(context),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
    server.on("request", handler)
    return { logs, store: Context.get(context, CredentialStore.CredentialStore), url }
  })
