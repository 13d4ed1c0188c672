/**
 * A process of its own, for seeing when it ends: `child.ts <base URL> [deadline]`. Makes one call through the standard
 * stack and says how it ended; nothing but the stack keeps the process alive.
 */
import { FetchHttpClient, HttpClientRequest } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Auth, Holdfast, IntegrationClient, Resilience } from "holdfast"
import * as fs from "node:fs"

const [baseUrl = ""] = process.argv.slice(2)

const stack = Resilience.layer({
  attemptTimeout: "1 hour",
  retry: { initialDelay: "300 millis", jitter: "none", maxAttempts: 2 },
  telemetry: { logs: false },
  totalTimeout: "2 hours"
}).pipe(
  Layer.provide(IntegrationClient.layer({ auth: Auth.none, baseUrl, id: "child", version: "1" })),
  Layer.provide(Holdfast.layerMemory),
  Layer.provide(FetchHttpClient.layer)
)

Effect.runFork(
  Effect.flatMap(IntegrationClient.IntegrationClient, (client) => client.execute(HttpClientRequest.get("/"))).pipe(
    Effect.match({
      onFailure: (error) => error._tag,
      onSuccess: (response) => `success ${response.status}`
    }),
    Effect.map((said) => void fs.writeSync(1, `${said}\n`)),
    Effect.provide(stack)
  )
)
