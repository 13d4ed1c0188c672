/** What the doctor looks at in a module: whether its layers can be built, what they send, and what they reach. */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { DeadLetterQueue } from "../../../delivery/DeadLetterQueue.js"
import * as Provider from "../../../platform/Provider.js"
import type { CliError } from "./exit.js"
import * as Finding from "./finding.js"
import { inline } from "./screen.js"
import * as Session from "./session.js"
import type { Target, UserModule } from "./userModule.js"

type Findings = ReadonlyArray<Finding.Finding>

const replayers = (context: Context.Context<never>): Effect.Effect<Findings> =>
  Option.match(Context.getOption(context, DeadLetterQueue), {
    onNone: () => Effect.succeed([]),
    onSome: (queue) =>
      Effect.gen(function*() {
        const found: Array<Finding.Finding> = []
        const { byIntegration } = yield* queue.stats({ state: ["pending"] })
        for (const [integration, count] of Object.entries(byIntegration)) {
          const plan = yield* queue.planReplay({ integration, state: ["pending"] }, { examine: 0 })
          found.push(
            plan.ineligible.some(({ reason }) => reason === "no-replayer")
              ? Finding.warn(
                "replay",
                `${count} letters of ${integration} have nobody who sends them: the module has no layer of it`,
                `let the module export the layer of ${integration}`
              )
              : Finding.ok("replay", `letters of ${integration} can be sent`)
          )
        }
        return found
      }).pipe(
        Effect.catchAll(({ message }) =>
          Effect.succeed([Finding.fail("replay", message, "see what is said of the store")])
        )
      )
  })

/** How long a server may take to say anything at all. */
const patience = 5_000

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "cause") && cause.cause !== undefined
    ? codeOf(cause.cause)
    : Predicate.hasProperty(cause, "code")
    ? String(cause.code)
    : cause instanceof Error
    ? cause.message
    : String(cause)

const mendOf = (code: string): string => {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "see that the name is right, and that this machine can resolve names"
    case "ECONNREFUSED":
      return "see that the server runs, and that the port is right"
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return "see whether a firewall or a proxy stands between"
    default:
      return /CERT|TLS|SSL/.test(code)
        ? "see that the certificate is valid, and that this Node trusts who signed it (NODE_EXTRA_CA_CERTS)"
        : "try it by hand from this machine: curl -I"
  }
}

/** With no credential: any answer at all shows that somebody is there. */
const reach = ({ definition }: Target): Effect.Effect<Finding.Finding> =>
  Effect.gen(function*() {
    const url = yield* Config.option(Provider.baseUrlConfig(definition)).pipe(
      Effect.orElseSucceed(Option.none<string>),
      Effect.map(Option.getOrElse(() => definition.baseUrl))
    )
    const { origin } = new URL(url)
    const [time, answer] = yield* Effect.timed(Effect.either(Effect.tryPromise({
      catch: codeOf,
      try: (signal) =>
        // the client of the program signs its requests, and is told of by its metrics
        // @effect-diagnostics-next-line globalFetchInEffect:off
        fetch(url, {
          method: "HEAD",
          redirect: "manual",
          signal: AbortSignal.any([signal, AbortSignal.timeout(patience)])
        })
    })))
    const check = "reachable"
    if (answer._tag === "Left") {
      return Finding.fail(
        check,
        `${definition.id}: ${origin} cannot be reached: ${inline(answer.left)}`,
        mendOf(answer.left)
      )
    }
    return Finding.ok(
      check,
      `${definition.id}: ${origin} answers (${answer.right.status}) after ${Math.round(Duration.toMillis(time))}ms`
    )
  })

export const check = (
  module: UserModule,
  below: Context.Context<never>,
  options: { readonly offline: boolean }
): Effect.Effect<Findings, never, Scope.Scope> =>
  Effect.gen(function*() {
    const built: Effect.Effect<Findings, CliError, Scope.Scope> = Effect.flatMap(
      Session.build(module, below),
      (context) =>
        Effect.map(
          replayers(Context.merge(below, context)),
          (found) => [Finding.ok("credentials", `the layers of ${module.name} have all that they ask for`), ...found]
        )
    )
    const found = yield* Finding.orFail(
      "credentials",
      "set what is missing where the program is started, and here",
      built
    )
    if (options.offline) return found
    if (module.integrations.length === 0) {
      return [
        ...found,
        Finding.warn(
          "reachable",
          `${module.name} exports no integrations: whether their servers can be reached is not known`,
          "export them as `integrations`, such as [HubSpot]"
        )
      ]
    }
    return [...found, ...(yield* Effect.forEach(module.integrations, reach, { concurrency: 8 }))]
  })
