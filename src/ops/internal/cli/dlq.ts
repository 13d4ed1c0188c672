/** `dlq`: dead letters. */
import * as Command from "@effect/cli/Command"
import * as Decide from "./dlqDecide.js"
import { edit } from "./dlqEdit.js"
import * as Move from "./dlqMove.js"
import * as Read from "./dlqRead.js"
import { replay } from "./dlqReplay.js"

export const dlq = Command.make("dlq").pipe(
  Command.withDescription("Dead letters: calls that failed for good"),
  Command.withSubcommands([
    Read.list,
    Read.show,
    Read.stats,
    replay,
    edit,
    Decide.park,
    Decide.unpark,
    Decide.discard,
    Decide.purge,
    Move.exportLetters,
    Move.importLetters
  ])
)
