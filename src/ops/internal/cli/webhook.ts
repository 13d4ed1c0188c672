/** `webhook verify | sign | schemes`: what a receiver does with a request, by hand. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as WebhookScheme from "../../../webhook/WebhookScheme.js"
import * as Exit from "./exit.js"
import * as Files from "./files.js"
import * as Flags from "./flags.js"
import * as Screen from "./screen.js"
import * as StoreChoice from "./storeChoice.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const variable = "HOLDFAST_WEBHOOK_SECRET"

const request = {
  body: Options.text("body").pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription("The body, to the byte: a file, or - for what is piped in")
  ),
  header: Options.text("header").pipe(
    Options.withPseudoName("NAME:VALUE"),
    Options.withDescription("A header of the request; may be given several times"),
    Options.repeated
  ),
  hmacAlgorithm: Options.choice("hmac-algorithm", ["sha1", "sha256", "sha512"]).pipe(
    Options.withDescription("With --scheme hmac (default: sha256)"),
    Options.optional
  ),
  hmacEncoding: Options.choice("hmac-encoding", ["hex", "base64", "base64url"]).pipe(
    Options.withDescription("With --scheme hmac (default: hex)"),
    Options.optional
  ),
  hmacHeader: Flags.text("hmac-header", "NAME", "With --scheme hmac: where the signature is (default: x-signature)"),
  hmacPrefix: Flags.text("hmac-prefix", "TEXT", "With --scheme hmac: what stands before it there, such as sha256="),
  json: Flags.json,
  method: Options.text("method").pipe(
    Options.withDescription("Of the request (default: POST)"),
    Options.withDefault("POST")
  ),
  now: Flags.text(
    "now",
    "WHEN",
    "As if it were then: a date such as 2026-11-26T08:00:00Z, or how long ago, such as 2h"
  ),
  scheme: Options.choice("scheme", WebhookScheme.all.map(({ id }) => id)).pipe(
    Options.withDescription("Who sends: holdfast webhook schemes lists them")
  ),
  url: Flags.text("url", "URL", "As the sender has it, to the letter; needed where the scheme signs it")
}

interface RequestFlags {
  readonly body: string
  readonly header: ReadonlyArray<string>
  readonly hmacAlgorithm: Option.Option<"sha1" | "sha256" | "sha512">
  readonly hmacEncoding: Option.Option<"hex" | "base64" | "base64url">
  readonly hmacHeader: Option.Option<string>
  readonly hmacPrefix: Option.Option<string>
  readonly json: boolean
  readonly method: string
  readonly now: Option.Option<string>
  readonly scheme: string
  readonly url: Option.Option<string>
}

const schemeOf = (flags: RequestFlags): Effect.Effect<WebhookScheme.Scheme, Exit.CliError> => {
  const { hmacAlgorithm, hmacEncoding, hmacHeader, hmacPrefix } = flags
  const isShaped = [hmacAlgorithm, hmacEncoding, hmacHeader, hmacPrefix].some(Option.isSome)
  if (isShaped && flags.scheme !== "hmac") return Exit.usage("the flags that begin with --hmac- are for --scheme hmac")
  return isShaped
    ? Effect.succeed(WebhookScheme.hmac({
      algorithm: Option.getOrUndefined(Option.map(hmacAlgorithm, (digest) => `hmac-${digest}` as const)),
      encoding: Option.getOrUndefined(hmacEncoding),
      header: Option.getOrUndefined(hmacHeader),
      prefix: Option.getOrUndefined(hmacPrefix)
    }))
    : Effect.mapError(WebhookScheme.byId(flags.scheme), () => Exit.notFound(`there is no scheme ${flags.scheme}`))
}

/** One that is given twice comes twice: what becomes of that is for the scheme to say. */
const headersOf = (
  lines: ReadonlyArray<string>
): Effect.Effect<WebhookScheme.WebhookRequest["headers"], Exit.CliError> =>
  Effect.map(
    Effect.reduce(lines, new Map<string, Array<string>>(), (headers, line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)$/s.exec(line) ?? []
      if (name === undefined || value === undefined) return Exit.usage("a --header is a name, a colon and a value")
      headers.set(name.toLowerCase(), [...headers.get(name.toLowerCase()) ?? [], value.trim()])
      return Effect.succeed(headers)
    }),
    (headers) => Object.fromEntries(headers)
  )

const requestOf = (flags: RequestFlags, scheme: WebhookScheme.Scheme) =>
  Effect.gen(function*() {
    if (Option.isNone(flags.url) && scheme.usesUrl) {
      return yield* Exit.usage(`${scheme.title} signs the URL: give it as the provider has it, with --url`)
    }
    const headers = yield* headersOf(flags.header)
    const body = yield* Files.bytes(flags.body)
    const url = Option.getOrElse(flags.url, () => "http://localhost/")
    return { body, headers, method: flags.method, url }
  })

const nowOf = (flags: RequestFlags): Effect.Effect<DateTime.Utc, Exit.CliError> =>
  Effect.gen(function*() {
    const now = yield* DateTime.now
    if (Option.isNone(flags.now)) return now
    return yield* Effect.mapError(
      Text.parseMoment(flags.now.value, now),
      () => Exit.usage(`--now is "${Option.getOrElse(flags.now, () => "")}": give a date such as 2026-11-26T08:00:00Z`)
    )
  })

/** The flag goes before the variable, as everywhere. */
const secretsOf = (flags: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Redacted.Redacted>> =>
  flags.length > 0
    ? Effect.succeed(flags.map((text) => Redacted.make(text)))
    : Effect.map(StoreChoice.variable(variable), (text) => Option.toArray(Option.map(text, Redacted.make)))

const secretHelp = `(default: ${variable}). It can be seen by others on this machine: rather set the variable`

const acceptedLine = (
  { secret, timestamp }: WebhookScheme.Accepted,
  secrets: number,
  now: DateTime.Utc
): string =>
  [
    "accepted",
    ...(secrets === 1 ? [] : [`signed with secret ${secret + 1} of ${secrets}`]),
    Option.match(timestamp, {
      onNone: () => "this scheme has no timestamp: a repeated request looks the same",
      onSome: (at) => `signed at ${Text.time(at)}, ${Text.age(at, now)} ago`
    })
  ].join("; ")

const eventsOf = (request: WebhookScheme.WebhookRequest, scheme: WebhookScheme.Scheme) =>
  Effect.mapError(
    WebhookScheme.events(request, scheme),
    ({ message }) => Exit.failed(`the signature is right, but ${message}`)
  )

const eventLines = (events: ReadonlyArray<WebhookScheme.WebhookEvent>): ReadonlyArray<string> =>
  events.map(({ id }) => `event ${Option.getOrElse(id, () => "without an id")}`)

const verify = Command.make("verify", {
  ...request,
  secret: Options.text("secret").pipe(
    Options.withDescription(`Of this side; may be given several times ${secretHelp}`),
    Options.repeated
  )
}, (flags) =>
  Effect.gen(function*() {
    const scheme = yield* schemeOf(flags)
    const request = yield* requestOf(flags, scheme)
    const now = yield* nowOf(flags)
    const secrets = yield* secretsOf(flags.secret)
    const challenge = WebhookScheme.challenge(request, scheme)
    const result = WebhookScheme.verify(request, { now, scheme, secrets })
    if (Option.isSome(challenge)) {
      const { name, signed } = challenge.value
      yield* Screen.note(
        `it is a challenge (${name}), ${signed ? "answered when it is accepted" : "answered unsigned"}`
      )
    }
    if (Either.isLeft(result)) {
      const { by, message, reason } = result.left
      const byMs = by === undefined ? null : Duration.toMillis(by)
      const named = Option.getOrNull(Option.map(challenge, ({ name }) => name))
      yield* flags.json
        ? Screen.json({ accepted: false, scheme: scheme.id, reason, message, byMs, challenge: named })
        : Screen.line(`refused: ${reason}: ${Screen.inline(message)}`)
      return yield* Exit.silently(Exit.codes.failed)
    }
    const events = Option.isSome(challenge) ? [] : yield* eventsOf(request, scheme)
    yield* flags.json
      ? Screen.json({
        accepted: true,
        scheme: scheme.id,
        secret: result.right.secret,
        timestamp: Option.getOrNull(Option.map(result.right.timestamp, Text.time)),
        challenge: Option.getOrNull(Option.map(challenge, ({ name }) => name)),
        events: events.map(({ id }) => ({ id: Option.getOrNull(id) }))
      })
      : Screen.line(
        [acceptedLine(result.right, secrets.length, now), ...eventLines(events)].map(Screen.inline).join("\n")
      )
  })).pipe(Command.withDescription("Whether a request is the provider's; ends with 1 where it is not, and says why"))

const sign = Command.make("sign", {
  ...request,
  id: Flags.text("id", "ID", "Of the message, where the scheme signs one (default: made from the body)"),
  secret: Options.text("secret").pipe(
    Options.withDescription(`To sign with; of sendgrid, and of v1a, the private key ${secretHelp}`),
    Options.optional
  )
}, (flags) =>
  Effect.gen(function*() {
    const scheme = yield* schemeOf(flags)
    const request = yield* requestOf(flags, scheme)
    const now = yield* nowOf(flags)
    const [secret] = yield* secretsOf(Option.toArray(flags.secret))
    if (secret === undefined) return yield* Exit.usage(`there is no secret: --secret or ${variable}`)
    const signed = yield* Effect.mapError(
      WebhookScheme.sign(request, { id: Option.getOrUndefined(flags.id), now, scheme, secret }),
      ({ message }) => Exit.usage(`the secret for ${scheme.title} cannot be used: ${message}`)
    )
    const added = Object.entries(signed.headers).filter(([name]) => !(name in request.headers))
    if (flags.json) {
      return yield* Screen.json({
        scheme: scheme.id,
        method: signed.method,
        url: Option.isNone(flags.url) ? null : signed.url,
        headers: Object.fromEntries(added)
      })
    }
    const lines = added.map(([name, value]) => `${name}: ${String(value)}`)
    yield* Screen.line([...(signed.url === request.url ? [] : [signed.url]), ...lines].join("\n"))
  })).pipe(Command.withDescription("What the provider would add to a request: headers, and where it does, another URL"))

const toleranceOf = ({ tolerance }: WebhookScheme.Scheme): string =>
  Option.match(tolerance, { onNone: () => "-", onSome: Duration.format })

const columns: ReadonlyArray<Table.Column<WebhookScheme.Scheme>> = [
  { title: "ID", value: ({ id }) => id },
  { title: "SENDER", value: ({ title }) => title },
  { right: true, title: "TOLERANCE", value: toleranceOf },
  { title: "ALGORITHM", value: ({ algorithm }) => algorithm },
  { title: "SIGNS", value: ({ signs }) => signs }
]

const schemes = Command.make("schemes", { json: Flags.json }, (flags) =>
  Effect.gen(function*() {
    const screen = yield* Screen.Terminal
    yield* flags.json
      ? Screen.json({
        schemes: WebhookScheme.all.map(
          ({ algorithm, headers, id, protectsBody, secret, signs, title, tolerance, usesUrl }) => ({
            id,
            title,
            headers,
            algorithm,
            signs,
            secret,
            toleranceMs: Option.getOrNull(Option.map(tolerance, Duration.toMillis)),
            usesUrl,
            protectsBody
          })
        )
      })
      : Screen.line(Table.render(columns, WebhookScheme.all, screen.columns))
  })).pipe(Command.withDescription("Who can be verified, and what each signs"))

export const webhook = Command.make("webhook").pipe(
  Command.withDescription("Requests of providers, as a receiver sees them"),
  Command.withSubcommands([verify, sign, schemes])
)
