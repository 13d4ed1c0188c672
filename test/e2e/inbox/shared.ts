/** What the receivers and their sender have in common. */
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import { DateTime, Layer, Redacted, Schema } from "effect"
import { Webhook, WebhookScheme } from "holdfast"
import { client as smallClient } from "../../delivery/store.js"

export const secret = Redacted.make("fake-secret-of-the-campaign")

export const Change = Schema.Struct({ entity: Schema.String, id: Schema.String, number: Schema.Number })

export const webhook = Webhook.define({
  entity: (event) => event.entity,
  id: "shop",
  schema: Change,
  scheme: WebhookScheme.stripe,
  secrets: secret,
  time: (event) => DateTime.unsafeMake(event.number),
  type: () => "changed"
})

/** With as many connections as handlers and requests can do something with. */
export const client = (store: string): Layer.Layer<SqlClient.SqlClient> =>
  store.startsWith("postgres:")
    ? Layer.orDie(PgClient.layer({ maxConnections: 8, url: Redacted.make(store) }))
    : smallClient(store)
