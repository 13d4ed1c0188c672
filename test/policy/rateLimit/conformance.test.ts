import { RateLimit } from "holdfast"
import * as Conformance from "../../../src/testing/conformance/RateLimit.js"
import { isLong, runs } from "../../campaign.js"
import { SharedMemory } from "./sharedMemory.js"

Conformance.suite("memory", RateLimit.layerMemory, { numRuns: runs(30) })

const { layer } = new SharedMemory()
Conformance.suite("a store that two processes share, in memory", layer, { numRuns: runs(30), peer: layer })

// as a store with a clock of its own has to be waited for
if (isLong) Conformance.suite("memory, on a real clock", RateLimit.layerMemory, { clock: "live", unit: "200 millis" })
