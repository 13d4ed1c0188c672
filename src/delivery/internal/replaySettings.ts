/** The options of a replay, checked, and which letters they leave. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ReplayAllOptions, State } from "../DeadLetter.js"
import { type Options, ReplayOptionsError, type Selection, type Settings } from "../ReplayPlan.js"
import * as codec from "./deadLetterCodec.js"

export const defaultExamine = 10_000

const checks: ReadonlyArray<readonly [option: string, holds: (options: Options) => boolean, must: string]> = [
  ["rate", ({ rate = 1 }) => Number.isFinite(rate) && rate > 0, "a number of letters per second above 0"],
  [
    "concurrency",
    ({ concurrency = 1 }) => Number.isSafeInteger(concurrency) && concurrency >= 1,
    "a whole number from 1"
  ],
  [
    "stopWhen.errorRatio",
    ({ stopWhen }) => !stopWhen || (stopWhen.errorRatio > 0 && stopWhen.errorRatio <= 1),
    "a share above 0 and up to 1, such as 0.5 for half of them; stopWhen: false never stops"
  ],
  [
    "stopWhen.over",
    ({ stopWhen }) => !stopWhen || (Number.isSafeInteger(stopWhen.over) && stopWhen.over >= 1),
    "a whole number from 1"
  ],
  ["maxPauses", ({ maxPauses = 0 }) => maxPauses >= 0, "a number from 0"],
  ["examine", ({ examine = 0 }) => examine >= 0, "a number from 0"],
  ["exclusive", ({ exclusive = "name" }) => exclusive !== "", "a name that is not empty"]
]

export const toSettings = (options: Options): Either.Either<Settings, ReplayOptionsError> => {
  const broken = checks.find(([, holds]) => !holds(options))
  if (broken !== undefined) {
    const [option, , must] = broken
    return Either.left(
      new ReplayOptionsError({ option, message: `the option ${option} of a replay has to be ${must}` })
    )
  }
  const { stopWhen = { errorRatio: 0.5, over: 20 } } = options
  return Either.right({
    rate: Option.fromNullable(options.rate),
    concurrency: options.concurrency ?? 4,
    force: options.force === true,
    uncertain: options.uncertain ?? "skip",
    stopWhen: stopWhen === false ? Option.none() : Option.some(stopWhen),
    maxPause: Duration.decode(options.maxPause ?? "1 minute"),
    maxPauses: options.maxPauses ?? 10,
    exclusive: Option.fromNullable(options.exclusive)
  })
}

/** Sends what it is asked to send, and goes on to the end. */
export const ofReplayAll = (options: ReplayAllOptions | undefined): Settings => ({
  rate: Option.none(),
  concurrency: options?.concurrency ?? 4,
  force: false,
  uncertain: "send",
  stopWhen: Option.none(),
  maxPause: Duration.decode(options?.maxPause ?? "1 minute"),
  maxPauses: options?.maxPauses ?? 10,
  exclusive: Option.none()
})

export const isIds = (selection: Selection): selection is ReadonlyArray<string> => Array.isArray(selection)

/** The states in which a letter of the selection is sent. */
export const sendable = (selection: Selection, settings: Settings): ReadonlyArray<State> => {
  const asked = isIds(selection) ? undefined : codec.statesOf(selection)
  const states: ReadonlyArray<State> = asked ?? (settings.force ? ["pending", "parked"] : ["pending"])
  return states.filter((state) => state === "pending" || state === "parked")
}
