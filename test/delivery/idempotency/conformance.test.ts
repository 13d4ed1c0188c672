import { Idempotency } from "holdfast"
import * as Conformance from "../../../src/testing/conformance/Idempotency.js"
import { isLong, runs } from "../../campaign.js"

Conformance.suite("memory", Idempotency.layerMemory, { numRuns: runs(200) })

if (isLong) Conformance.suite("memory, on a real clock", Idempotency.layerMemory, { clock: "live" })
