/**
 * A message that is sent, by its type.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Fingerprint } from "./Ids.js"

/**
 * On whose behalf something is done. `type` is `website` for the workspace itself, `participant` for another person.
 *
 * @since 0.1.0
 * @category sent
 */
export const UserInput = Schema.Struct({
  type: Field.may(Schema.NonEmptyString),
  user_id: Field.may(Schema.NonEmptyString),
  nickname: Field.may(Schema.NonEmptyString),
  avatar: Field.may(Schema.NonEmptyString)
})

const Value = Schema.Union(Schema.String, Schema.JsonNumber, Schema.Boolean)

/**
 * Values by name, of a message, a conversation or a person.
 *
 * @since 0.1.0
 * @category sent
 */
export const Values = Schema.Record({ key: Schema.String, value: Value })

/**
 * An empty text is no message.
 */
const text = Schema.String.pipe(Schema.filter((content) => content.trim() !== "" || "an empty message is none"))

const Choice = Schema.Struct({
  value: Schema.NonEmptyString,
  label: Schema.NonEmptyString,
  selected: Schema.Boolean,
  icon: Field.may(Schema.String),
  action: Field.may(Schema.Struct({ type: Schema.NonEmptyString, target: Schema.NonEmptyString }))
})

const Target = Schema.Struct({
  title: Schema.NonEmptyString,
  description: Schema.String,
  image: Field.may(Schema.NonEmptyString),
  actions: Field.may(Schema.Array(Schema.Struct({ label: Schema.NonEmptyString, url: Schema.NonEmptyString })))
})

const typed = <const Type extends string, Content extends Schema.Schema.Any>(type: Type, content: Content) =>
  Schema.Struct({
    type: Schema.Literal(type),
    content,
    from: Schema.Literal("user", "operator"),
    // `chat`, `email`, or a URN of one's own
    origin: Schema.NonEmptyString,
    fingerprint: Field.may(Fingerprint),
    user: Field.may(UserInput),
    references: Field.may(
      Schema.Array(Schema.Struct({
        type: Schema.NonEmptyString,
        name: Schema.NonEmptyString,
        target: Schema.NonEmptyString
      }))
    ),
    original: Field.may(Schema.Struct({ original_id: Schema.NonEmptyString })),
    properties: Field.may(Values),
    timestamp: Field.may(Schema.NonNegativeInt),
    stealth: Field.may(Schema.Boolean),
    translated: Field.may(Schema.Boolean),
    automated: Field.may(Schema.Boolean)
  })

const file = { name: Schema.NonEmptyString, url: Schema.NonEmptyString, type: Schema.NonEmptyString }

/**
 * A message. `content` is a text in a `text` and a `note`, which only operators see, and an object in all others. Without a
 * `fingerprint` Crisp chooses one; a `timestamp` is in milliseconds.
 *
 * @since 0.1.0
 * @category sent
 */
export const MessageInput = Schema.Union(
  typed("text", text),
  Schema.extend(
    typed("note", text),
    Schema.Struct({ mentions: Field.may(Schema.Array(Schema.NonEmptyString)) })
  ),
  typed("file", Schema.Struct(file)),
  typed("animation", Schema.Struct({ url: file.url, type: file.type })),
  typed("audio", Schema.Struct({ url: file.url, type: file.type, duration: Schema.NonNegative })),
  typed(
    "picker",
    Schema.Struct({
      id: Schema.NonEmptyString,
      text,
      choices: Schema.NonEmptyArray(Choice),
      required: Field.may(Schema.Boolean)
    })
  ),
  typed(
    "field",
    Schema.Struct({
      id: Schema.NonEmptyString,
      text,
      explain: Field.may(Schema.String),
      value: Field.may(Schema.String),
      required: Field.may(Schema.Boolean)
    })
  ),
  typed("carousel", Schema.Struct({ text, targets: Schema.NonEmptyArray(Target) })),
  typed("event", Schema.Struct({ namespace: Schema.NonEmptyString, text: Field.may(Schema.String) }))
)

/**
 * @since 0.1.0
 * @category sent
 */
export type MessageInput = typeof MessageInput.Type
