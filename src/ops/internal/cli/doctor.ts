/** `doctor`: is all well, and if not, what is to be done? */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { DeadLetterQueue } from "../../../delivery/DeadLetterQueue.js"
import { LeaseQueue } from "../../../delivery/LeaseQueue.js"
import { Outbox } from "../../../delivery/Outbox.js"
import * as Client from "./client.js"
import * as DoctorModule from "./doctorModule.js"
import * as DoctorStore from "./doctorStore.js"
import * as Exit from "./exit.js"
import * as Finding from "./finding.js"
import * as Flags from "./flags.js"
import * as Parts from "./parts.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as StoreChoice from "./storeChoice.js"
import type { UserModule } from "./userModule.js"

type Findings = ReadonlyArray<Finding.Finding>

const storeMend = "see that the URL is right, that the server runs, and that this machine and this user may reach it"

/** What the layers of a module stand on, as far as it can be had. */
const belowOf = (
  clients: DoctorStore.Looked,
  module: UserModule | undefined
): Effect.Effect<Context.Context<never>, Exit.CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const cipher = yield* Session.cipherOf(module)
    const queue = yield* Parts.queueOf(clients.letters)
    const shared = yield* Effect.flatMap(
      Parts.sharedOf(clients.state),
      Option.match({ onNone: () => Parts.localShared, onSome: Effect.succeed })
    )
    return Context.make(DeadLetterQueue, yield* Parts.lettersOf(queue, cipher)).pipe(
      Context.add(LeaseQueue, queue),
      Context.add(Outbox, yield* Parts.outboxOf(queue, cipher)),
      Context.merge(yield* Parts.idempotencyOf(clients.letters)),
      Context.merge(shared),
      Context.merge(yield* Session.own)
    )
  })

const openAll = (
  { letters, state }: StoreChoice.Stores
): Effect.Effect<DoctorStore.Looked, Exit.CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const first = yield* Client.open(letters, { make: false })
    const second = letters === state ? first : yield* Client.open(state, { make: false })
    return { letters: first, spill: yield* StoreChoice.variable("HOLDFAST_SPILL_FILE"), state: second }
  })

const examine = (flags: Flags.Common & { readonly offline: boolean }) =>
  Effect.gen(function*() {
    const found: Array<Finding.Finding> = []
    const tell = (findings: Findings) => {
      for (const finding of findings) found.push(finding)
    }
    const stores = yield* StoreChoice.choose(flags.store)
    const module = yield* Effect.either(Session.chosenModule(flags))
    if (Option.isNone(stores) && Either.isRight(module) && module.right === undefined) return yield* Session.noStore
    let below: Context.Context<never> | undefined = Context.empty()
    if (Option.isSome(stores)) {
      const clients = yield* Effect.either(openAll(stores.value))
      if (Either.isLeft(clients)) {
        tell([Finding.fail("store", clients.left.message, storeMend)])
        below = undefined
      } else {
        tell(yield* DoctorStore.check(clients.right))
        const stood = yield* Effect.either(belowOf(clients.right, Option.getOrUndefined(Either.getRight(module))))
        // what is wrong with the store has been said
        if (Either.isLeft(stood) && found.every(({ status }) => status !== "fail")) {
          tell([Finding.fail("module", stood.left.message, "mend what is named, and look again")])
        }
        below = Option.getOrUndefined(Either.getRight(stood))
      }
    }
    if (Either.isLeft(module)) {
      tell([Finding.fail("module", module.left.message, "see that the file is there, and that it runs by itself")])
    } else if (module.right !== undefined && below !== undefined) {
      tell(yield* DoctorModule.check(module.right, below, flags))
    } else if (module.right === undefined) {
      tell([
        Finding.warn(
          "module",
          "no module is given: credentials, replays and reachability are not looked at",
          "--module FILE or HOLDFAST_MODULE"
        )
      ])
    } else {
      tell([Finding.warn("module", "not looked at, as its layers stand on the store", "mend the store first")])
    }
    return found
  })

const toText = (found: Findings): string => {
  const width = found.reduce((width, { check }) => Math.max(width, check.length), 0)
  return found.map(({ check, detail, mend, status }) =>
    [
      `${status.padEnd(4)}  ${check.padEnd(width)}  ${Screen.inline(detail)}`,
      ...(mend === undefined ? [] : [`${" ".repeat(8 + width)}mend: ${mend}`])
    ].join("\n")
  ).join("\n")
}

export const doctor = Command.make("doctor", {
  ...Flags.common,
  offline: Options.boolean("offline").pipe(Options.withDescription("Do not look for the servers of integrations"))
}, (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const found = yield* examine(flags)
    const isWell = found.every(({ status }) => status !== "fail")
    yield* flags.json ? Screen.json({ ok: isWell, checks: found }) : Screen.line(toText(found))
    if (!isWell) return yield* Exit.silently(Exit.codes.failed)
  }))).pipe(
    Command.withDescription(
      "Looks at store, tables, clocks, dead letters, circuits, credentials and servers, and says how to mend what is wrong"
    )
  )
