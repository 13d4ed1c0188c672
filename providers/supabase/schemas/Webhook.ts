/**
 * What a database webhook sends.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Row } from "./Rows.js"

/**
 * A change of a row: `record` is what it is now, `old_record` what it was. Nothing signs it, it has no id, and it is sent once:
 * what it says is a reason to look, and proves nothing.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const DatabaseWebhook = Schema.Struct({
  type: Schema.Literal("INSERT", "UPDATE", "DELETE"),
  table: Schema.String,
  schema: Schema.String,
  record: Schema.NullOr(Row),
  old_record: Schema.NullOr(Row),
  user_id: Field.maybe(Schema.String)
})
