/**
 * Users, as the administration of Auth is asked and answers.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const Metadata = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const email = Schema.String.pipe(Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" }))

const secret = Schema.Redacted(Schema.NonEmptyString)

/**
 * @since 0.1.0
 * @category read
 */
export const User = Schema.Struct({
  id: Schema.String,
  aud: Field.maybe(Schema.String),
  role: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  email_confirmed_at: Field.maybe(Schema.String),
  phone: Field.maybe(Schema.String),
  phone_confirmed_at: Field.maybe(Schema.String),
  invited_at: Field.maybe(Schema.String),
  last_sign_in_at: Field.maybe(Schema.String),
  app_metadata: Field.maybe(Metadata),
  user_metadata: Field.maybe(Metadata),
  identities: Field.maybe(Schema.Array(Schema.Unknown)),
  factors: Field.maybe(Schema.Array(Schema.Unknown)),
  is_anonymous: Field.maybe(Schema.Boolean),
  banned_until: Field.maybe(Schema.String),
  created_at: Field.maybe(Schema.String),
  updated_at: Field.maybe(Schema.String),
  deleted_at: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const UserPage = Schema.Struct({ users: Field.list(User), aud: Field.maybe(Schema.String) })

/** An empty one counts as none, which is how the SDK leaves it out. */
const number = (fallback: number, max: number) =>
  Schema.transform(Schema.String, Schema.Int.pipe(Schema.between(1, max)), {
    strict: true,
    decode: (text) => text === "" ? fallback : Number(text),
    encode: String
  })

/**
 * Both are always sent: a server that has the experimental cursors uses them where neither is there.
 *
 * @since 0.1.0
 * @category sent
 */
export const UserListParams = Schema.Struct({
  page: number(1, Number.MAX_SAFE_INTEGER),
  per_page: number(50, 1000),
  filter: Field.may(Schema.String),
  sort: Field.may(Schema.String)
})

const attributes = {
  email: Field.may(email),
  phone: Field.may(Schema.NonEmptyString),
  password: Field.may(secret),
  password_hash: Field.may(secret),
  aud: Field.may(Schema.String),
  role: Field.may(Schema.NonEmptyString),
  email_confirm: Field.may(Schema.Boolean),
  phone_confirm: Field.may(Schema.Boolean),
  user_metadata: Field.may(Metadata),
  app_metadata: Field.may(Metadata),
  /** As in `24h`; `none` lifts it. */
  ban_duration: Field.may(Schema.String.pipe(Schema.pattern(/^(?:none|(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+)$/)))
}

const onePassword = (user: { readonly password?: unknown; readonly password_hash?: unknown }) =>
  user.password === undefined || user.password_hash === undefined ? undefined : "a password, or its hash: not both"

/**
 * @since 0.1.0
 * @category sent
 */
export const UserInput = Schema.Struct({ id: Field.may(Schema.UUID), ...attributes }).pipe(
  Schema.filter((user) =>
    user.email === undefined && user.phone === undefined ? "a user has an email or a phone" : onePassword(user)
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const UserUpdate = Schema.Struct(attributes).pipe(Schema.filter(onePassword))

/**
 * @since 0.1.0
 * @category sent
 */
export const UserDelete = Schema.Struct({ should_soft_delete: Field.may(Schema.Boolean) })

/**
 * `redirect_to` is where the link of the e-mail leads in the end; one that the project does not allow is left out.
 *
 * @since 0.1.0
 * @category sent
 */
export const RedirectParams = Schema.Struct({ redirect_to: Field.may(Schema.String) })

/**
 * @since 0.1.0
 * @category sent
 */
export const InviteInput = Schema.Struct({ email, data: Field.may(Metadata) })

/**
 * A link without the e-mail in which it would be. `signup` has a `password`, the two of `email_change` a `new_email`.
 *
 * @since 0.1.0
 * @category sent
 */
export const LinkInput = Schema.Union(
  Schema.Struct({ type: Schema.Literal("signup"), email, password: secret, data: Field.may(Metadata) }),
  Schema.Struct({ type: Schema.Literal("invite", "magiclink"), email, data: Field.may(Metadata) }),
  Schema.Struct({ type: Schema.Literal("recovery"), email }),
  Schema.Struct({ type: Schema.Literal("email_change_current", "email_change_new"), email, new_email: email })
)

/**
 * The link beside the fields of its user. Whoever has `action_link`, `email_otp` or `hashed_token` signs in as them.
 *
 * @since 0.1.0
 * @category read
 */
export const Link = Schema.Struct({
  ...User.fields,
  action_link: Schema.Redacted(Schema.String),
  email_otp: Field.maybe(Schema.Redacted(Schema.String)),
  hashed_token: Field.maybe(Schema.Redacted(Schema.String)),
  redirect_to: Field.maybe(Schema.String),
  verification_type: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Health = Schema.Struct({
  version: Field.maybe(Schema.String),
  name: Field.maybe(Schema.String),
  description: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Settings = Schema.Struct({
  external: Field.maybe(Metadata),
  disable_signup: Field.maybe(Schema.Boolean),
  mailer_autoconfirm: Field.maybe(Schema.Boolean),
  phone_autoconfirm: Field.maybe(Schema.Boolean)
})
