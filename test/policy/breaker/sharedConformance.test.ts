/** The driver of the shared breakers, over a store that runs on the clock of the specs. */
import { Layer } from "effect"
import { CircuitBreaker } from "holdfast"
import * as Fleet from "../../../src/policy/internal/breaker/fleet.js"
import * as Conformance from "../../../src/testing/conformance/CircuitBreaker.js"
import { runs } from "../../campaign.js"
import { MemoryStore } from "./memoryStore.js"

const store = new MemoryStore()
const layer = Layer.scoped(CircuitBreaker.CircuitBreakers, Fleet.make(store, {}))

Conformance.suite("a store in memory", layer, { latency: "60 millis", numRuns: runs(8), peer: layer })
