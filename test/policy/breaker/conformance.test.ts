import { CircuitBreaker } from "holdfast"
import * as Conformance from "../../../src/testing/conformance/CircuitBreaker.js"
import { isLong, runs } from "../../campaign.js"

Conformance.suite("memory", CircuitBreaker.layerMemory, { numRuns: runs(200) })

// as a store with a clock of its own has to be waited for
if (isLong) {
  Conformance.suite("memory, on a real clock", CircuitBreaker.layerMemory, { clock: "live", unit: "200 millis" })
}
