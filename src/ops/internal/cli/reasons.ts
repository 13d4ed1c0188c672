/** Why letters are not sent, and what to do about it. */
import type { SkipReason } from "../../../delivery/Replay.js"

export const meaning: { readonly [R in SkipReason]: readonly [because: string, mend: string] } = {
  claimed: ["another worker replays it now", "wait"],
  encrypted: [
    "its body cannot be decrypted here",
    "set HOLDFAST_DEAD_LETTER_KEY, or export `cipher` from the module"
  ],
  final: ["it is replayed or discarded already", "nothing to do"],
  held: ["an older letter of its partition key is not sent either", "replay, edit or discard that one first"],
  "lease-lost": ["its lease ended before the replay did; it may have been sent", "look at the provider"],
  "no-replayer": ["no layer of its integration is there", "give a module with it: --module FILE"],
  "not-found": ["there is no letter of this id", "look at holdfast dlq list"],
  parked: ["it failed too often, or somebody parked it", "--force, or holdfast dlq unpark"],
  redacted: ["a part of the request was not stored", "put it back: holdfast dlq edit"],
  refused: ["its integration went on refusing calls here, as an open circuit does", "replay it later"],
  uncertain: [
    "it may have been acted on, and its operation is not idempotent",
    "look at the provider, then --uncertain send, or discard it"
  ],
  undecodable: ["its row cannot be read by this version", "update holdfast"]
}
