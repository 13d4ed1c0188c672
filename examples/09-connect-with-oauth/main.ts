/**
 * Ada connects her account at another service: she is sent there, agrees, and comes back. From then on the program calls
 * that service in her name. Then somebody else opens the address that she came back to, and at last she disconnects.
 *
 * Both servers are here, and so is Ada's browser.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Console, Context, Effect, Layer, Logger, LogLevel, Redacted, Ref, Schema } from "effect"
import {
  Auth,
  Credentials,
  CredentialStore,
  Holdfast,
  Integration,
  IntegrationContext,
  OAuth2Client,
  OAuth2Transactions,
  Provider
} from "holdfast"
import * as OAuth2Routes from "holdfast/auth/OAuth2Routes"
import { createServer } from "node:http"
import * as Other from "./provider.js"

// --- the other service as an integration, see example 03

const list = HttpApiEndpoint.get("list", "/contacts").addSuccess(Schema.Array(Schema.Struct({ name: Schema.String })))

const definition = Integration.define({
  id: "rolodex",
  name: "Rolodex",
  version: "1",
  baseUrl: "https://rolodex.example.com",
  api: HttpApi.make("rolodex").add(HttpApiGroup.make("contacts").add(list)),
  auth: Auth.bearer,
  policy: { retry: false }
})

class Rolodex extends Context.Tag("app/Rolodex")<Rolodex, Integration.Client<typeof definition>>() {}

// --- the program: who is signed in is known from its own session, here a cookie

const authorize: OAuth2Routes.Options["authorize"] = () =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ cookies }) =>
    cookies.user === undefined
      ? new OAuth2Routes.Denied({ message: "Sign in first.", status: 401 })
      : Effect.succeed({ tenantId: cookies.user, userId: cookies.user }))

const routes = (publicUrl: string, provider: string) =>
  OAuth2Routes.make({
    authorize,
    client: {
      authentication: OAuth2Client.SecretPost({ secret: Redacted.make("fake-secret") }),
      authorizationEndpoint: `${provider}/authorize`,
      clientId: "fake-client",
      issuer: provider,
      issuerInCallback: true,
      revocationEndpoint: `${provider}/revoke`,
      scopes: ["contacts"],
      tokenEndpoint: `${provider}/token`
    },
    integration: definition.id,
    publicUrl
  })

/** On a free port of this machine. */
const serve = <E, R>(appAt: (url: string) => HttpApp.Default<E, R>) =>
  Effect.gen(function*() {
    const server = yield* NodeHttpServer.make(createServer, { host: "127.0.0.1", port: 0 })
    if (server.address._tag !== "TcpAddress") return yield* Effect.dieMessage("a port")
    const url = `http://127.0.0.1:${server.address.port}`
    yield* server.serve(appAt(url))
    return url
  })

// --- a browser, one redirect at a time

const browserOf = (user: string) =>
  Effect.gen(function*() {
    const cookies = yield* Ref.make(new Map([["user", user]]))
    const http = yield* HttpClient.HttpClient
    return (request: HttpClientRequest.HttpClientRequest) =>
      Effect.gen(function*() {
        const sent = Array.from(yield* Ref.get(cookies), ([name, value]) => `${name}=${value}`).join("; ")
        const response = yield* http.execute(HttpClientRequest.setHeader(request, "cookie", sent))
        yield* Ref.update(cookies, (all) => {
          for (const { name, value } of Object.values(response.cookies.cookies)) all.set(name, value)
          return all
        })
        yield* Effect.ignore(response.text)
        return { location: response.headers.location ?? "", status: response.status }
      }).pipe(Effect.scoped)
  })

const pathOf = (url: string): string => new URL(url).pathname

const callsOf = (tenantId: string) =>
  Effect.gen(function*() {
    const { contacts } = yield* Rolodex
    const names = yield* contacts.list()
    yield* Console.log(`the program, for ${tenantId}: ${names.map(({ name }) => name).join(", ")}`)
  }).pipe(
    IntegrationContext.provide({ tenantId }),
    Effect.catchAll(({ _tag, message }) => Console.log(`the program, for ${tenantId}: ${_tag}, ${message}`))
  )

const program = Effect.gen(function*() {
  const provider = yield* serve(Other.make)
  const app = yield* serve((url) => HttpRouter.concat(HttpRouter.empty, routes(url, provider)))
  const rolodex = Provider.layer(Rolodex, definition, { baseUrl: provider, credentials: Credentials.layerStore() })

  yield* Effect.gen(function*() {
    const [ada, mallory] = [yield* browserOf("ada"), yield* browserOf("mallory")]
    yield* callsOf("ada")

    const there = yield* ada(HttpClientRequest.get(`${app}/oauth/rolodex/connect?returnTo=/settings`))
    yield* Console.log(`ada connects: ${there.status}, to ${pathOf(there.location)} of the provider`)
    const back = yield* ada(HttpClientRequest.get(there.location))
    yield* Console.log(`she agrees: ${back.status}, back to ${pathOf(back.location)}`)

    const stolen = yield* mallory(HttpClientRequest.get(back.location))
    yield* Console.log(`mallory opens that address: ${stolen.status}`)
    const done = yield* ada(HttpClientRequest.get(back.location))
    yield* Console.log(`ada does: ${done.status}, to ${pathOf(done.location)}`)
    yield* callsOf("ada")
    yield* callsOf("mallory")

    const disconnect = HttpClientRequest.post(`${app}/oauth/rolodex/disconnect`)
    const forged = yield* ada(HttpClientRequest.setHeader(disconnect, "origin", "https://evil.example"))
    yield* Console.log(`a page of somebody else disconnects: ${forged.status}`)
    const out = yield* ada(HttpClientRequest.setHeader(disconnect, "origin", app))
    yield* Console.log(`ada disconnects: ${out.status}`)
    yield* callsOf("ada")
  }).pipe(Effect.provide(rolodex))
})

program.pipe(
  Effect.scoped,
  Effect.provide(Layer.mergeAll(
    CredentialStore.layerMemory,
    OAuth2Transactions.layerMemory,
    Holdfast.layerMemory,
    Logger.minimumLogLevel(LogLevel.None),
    NodeHttpClient.layerUndici
  )),
  NodeRuntime.runMain
)
