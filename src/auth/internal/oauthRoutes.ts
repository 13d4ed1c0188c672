/** What the routes do. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { CredentialStore } from "../CredentialStore.js"
import * as OAuth2 from "../OAuth2.js"
import type { Client } from "../OAuth2Client.js"
import type { ExchangeError } from "../OAuth2Tokens.js"
import { OAuth2Transactions, type OAuth2TransactionsError, type Transaction } from "../OAuth2Transactions.js"
import type { CredentialStoreError, Ref } from "../StoredCredential.js"
import * as Pages from "./oauthPages.js"

interface Subject {
  readonly tenantId?: string | undefined
  readonly connectionId?: string | undefined
  readonly userId?: string | undefined
}

interface Denied {
  readonly _tag: "Denied"
  readonly message: string
  readonly status?: number
  readonly response?: HttpServerResponse.HttpServerResponse
}

export interface Settings<R> {
  readonly integration: string
  readonly client: Client
  readonly publicUrl: string
  readonly redirectUri: string
  /** An absolute URL. */
  readonly home: string
  readonly placeOf: (text: string) => string | undefined
  readonly authorize: (intent: {
    readonly action: "connect" | "callback" | "disconnect"
    readonly integration: string
    readonly connectionId: string | undefined
  }) => Effect.Effect<Subject, Denied, HttpServerRequest.HttpServerRequest | R>
  readonly accept:
    | ((answer: {
      readonly granted: OAuth2.Granted
      readonly parameters: URLSearchParams
      readonly subject: Subject
    }) => Effect.Effect<{ readonly connectionId?: string | undefined }, Denied, R>)
    | undefined
}

type Response = HttpServerResponse.HttpServerResponse
type Failure = CredentialStoreError | Denied | ExchangeError | OAuth2TransactionsError

const parametersOf = ({ url }: HttpServerRequest.HttpServerRequest): URLSearchParams => {
  const query = url.indexOf("?")
  return new URLSearchParams(query === -1 ? "" : url.slice(query + 1))
}

const refOf = (integration: string, { connectionId, tenantId }: Subject): Ref => ({
  ...(connectionId === undefined ? undefined : { connectionId }),
  integration,
  ...(tenantId === undefined ? undefined : { tenantId })
})

/** Of a callback that is not the answer to the question. */
const ownCodes: ReadonlySet<string> = new Set(["invalid_callback", "invalid_issuer", "invalid_state"])

/** Of an error of ours the person reads a sentence of ours; what the program says of it is in the log. */
const told = <R>({ home: back, integration }: Settings<R>, error: Failure, title: string): Response => {
  const page = (status: number, text: string) => Pages.page({ back, status, text, title })
  const again = "Nothing was changed. Try again in a while."
  switch (error._tag) {
    case "Denied":
      return error.response ?? page(error.status ?? 403, error.message)
    case "ExchangeError":
      return error.code === "access_denied"
        ? page(403, `${integration} says that access was not given.`)
        : error.reason === "transient"
        ? page(503, `${integration} cannot be reached at the moment. ${again}`)
        : page(
          error.code !== undefined && ownCodes.has(error.code) ? 400 : 502,
          `${integration} has not given access${error.code === undefined ? "" : ` (${error.code})`}. Begin anew.`
        )
    case "CredentialStoreError":
      return error.reason === "quarantined"
        ? page(409, "What is stored of this connection cannot be read, and is not overwritten. Disconnect it first.")
        : page(503, `The connection cannot be stored at the moment. ${again}`)
    case "OAuth2TransactionsError":
      return page(503, again)
  }
}

const failed = <R>(settings: Settings<R>, title: string) => (error: Failure): Effect.Effect<Response> => {
  const response = told(settings, error, title)
  return error._tag === "Denied"
    ? Effect.succeed(response)
    : Effect.as(Effect.logWarning(`${title}: ${error.message}`), response)
}

const wrongPlace = <R>({ home: back }: Settings<R>): Response =>
  Pages.page({ back, status: 400, text: "returnTo is no place of this site.", title: "Not found" })

/** Where the person wants to go in the end; `undefined`: where nobody is sent from here. */
const returnOf = <R>(settings: Settings<R>, parameters: URLSearchParams): string | undefined => {
  const asked = parameters.get("returnTo")
  return asked === null ? settings.home : settings.placeOf(asked)
}

export const connect = <R>(settings: Settings<R>) => {
  const { client, integration, redirectUri } = settings
  const title = `Connect ${integration}`
  return Effect.gen(function*() {
    const parameters = parametersOf(yield* HttpServerRequest.HttpServerRequest)
    const transactions = yield* OAuth2Transactions
    const subject = yield* settings.authorize({
      action: "connect",
      connectionId: parameters.get("connectionId") ?? undefined,
      integration
    })
    const returnTo = returnOf(settings, parameters)
    if (returnTo === undefined) return wrongPlace(settings)
    const { pending, url } = yield* OAuth2.authorize(client, { redirectUri })
    const { userId } = subject
    const browser = yield* transactions.begin({
      pending,
      ref: refOf(integration, subject),
      returnTo,
      ...(userId === undefined ? undefined : { userId })
    })
    return Pages.withCookie(Pages.redirect(url), pending.state, browser)
  }).pipe(Effect.catchAll(failed(settings, title)))
}

/** The code is in the address, and a span has the address in it. */
const hideAddress = Effect.flatMap(Effect.serviceOption(Tracer.ParentSpan), (span) =>
  Effect.sync(() => {
    if (Option.isNone(span) || span.value._tag !== "Span") return
    const { attributes } = span.value
    for (const name of ["url.full", "url.query"]) {
      if (attributes.has(name)) span.value.attribute(name, "REDACTED")
    }
  }))

const isSame = (subject: Subject, { ref, userId }: Transaction): boolean =>
  subject.tenantId === ref.tenantId && subject.connectionId === ref.connectionId && subject.userId === userId

/** What nobody keeps is ended, where that can be. */
const giveUp = (client: Client, { accessToken, refreshToken }: OAuth2.Granted) =>
  refreshToken === undefined
    ? Effect.ignore(OAuth2.revoke(client, accessToken, { hint: "access_token" }))
    : Effect.ignore(OAuth2.revoke(client, refreshToken, { hint: "refresh_token" }))

const finish = <R>(settings: Settings<R>, transaction: Transaction, parameters: URLSearchParams) =>
  Effect.gen(function*() {
    const { accept, client, integration } = settings
    const { ref, returnTo } = transaction
    const store = yield* CredentialStore
    const subject = yield* settings.authorize({
      action: "callback",
      connectionId: ref.connectionId,
      integration
    })
    if (!isSame(subject, transaction)) {
      return Pages.page({
        back: settings.home,
        status: 403,
        text: "Somebody else has signed in meanwhile. Begin anew.",
        title: `Connect ${integration}`
      })
    }
    const granted = yield* OAuth2.exchange(client, transaction.pending, parameters)
    yield* Effect.gen(function*() {
      const chosen = accept === undefined ? subject : yield* accept({ granted, parameters, subject })
      const credential = yield* OAuth2.toCredential(granted, client.scopes)
      // what was there before is another grant, and perhaps of another account: it does not stay for a grace
      yield* store.put(refOf(integration, { ...subject, connectionId: chosen.connectionId }), credential)
    }).pipe(Effect.tapError(() => giveUp(client, granted)))
    return Pages.redirect(returnTo)
  })

export const callback = <R>(settings: Settings<R>) => {
  const title = `Connect ${settings.integration}`
  return Effect.gen(function*() {
    yield* hideAddress
    const request = yield* HttpServerRequest.HttpServerRequest
    const transactions = yield* OAuth2Transactions
    const parameters = parametersOf(request)
    const states = parameters.getAll("state")
    const [state = ""] = states
    const browser = request.cookies[Pages.cookieOf(state)]
    // of several states none is chosen
    const taken = browser === undefined || state === "" || states.length > 1
      ? Option.none()
      : yield* transactions.take(state, browser)
    // what was begun with another provider does not end here, whoever has sent the person
    const found = Option.filter(
      taken,
      ({ pending, ref }) => ref.integration === settings.integration && pending.redirectUri === settings.redirectUri
    )
    if (Option.isNone(found)) {
      return Pages.page({
        back: settings.home,
        status: 400,
        text: "This address was used before, is too old, or belongs to another browser. Begin anew.",
        title
      })
    }
    const response = yield* Effect.catchAll(finish(settings, found.value, parameters), failed(settings, title))
    return Pages.withoutCookie(response, state)
  }).pipe(Effect.catchAll(failed(settings, title)))
}

/** `false`: the provider may not know of it. */
const endAtProvider = (client: Client, ref: Ref) =>
  Effect.gen(function*() {
    const { credential } = yield* (yield* CredentialStore).get(ref)
    if (credential._tag !== "OAuth2") return true
    const { accessToken, refreshToken } = credential
    return refreshToken === undefined
      ? yield* OAuth2.revoke(client, accessToken, { hint: "access_token" })
      : yield* OAuth2.revoke(client, refreshToken, { hint: "refresh_token" })
  }).pipe(
    Effect.catchTags({
      CredentialStoreError: (error) =>
        error.reason === "not-found"
          ? Effect.succeed(true)
          : error.reason === "quarantined"
          ? Effect.succeed(false)
          : Effect.fail(error),
      ExchangeError: (error) =>
        Effect.as(Effect.logWarning(`a token is removed, and was not ended at its provider: ${error.message}`), false)
    })
  )

export const disconnect = <R>(settings: Settings<R>) => {
  const { client, home, integration, publicUrl } = settings
  const title = `Disconnect ${integration}`
  return Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const store = yield* CredentialStore
    if (!Pages.isSameOrigin(request.headers, new URL(publicUrl).origin)) {
      return Pages.page({ back: home, status: 403, text: "This has to come from a page of this site.", title })
    }
    const parameters = parametersOf(request)
    const subject = yield* settings.authorize({
      action: "disconnect",
      connectionId: parameters.get("connectionId") ?? undefined,
      integration
    })
    const returnTo = returnOf(settings, parameters)
    if (returnTo === undefined) return wrongPlace(settings)
    const ref = refOf(integration, subject)
    const isEnded = yield* endAtProvider(client, ref)
    yield* Effect.catchIf(store.remove(ref), ({ reason }) => reason === "not-found", () => Effect.void)
    return isEnded ? Pages.redirect(returnTo) : Pages.page({
      back: returnTo,
      status: 200,
      text: `It is removed here. ${integration} could not be told: remove the access there, too.`,
      title
    })
  }).pipe(Effect.catchAll(failed(settings, title)))
}
