/**
 * The users of an emulated project.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import type { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { refuseAuth } from "./Bodies.js"

export type User = typeof Schemas.User.Type
type Input = typeof Schemas.UserInput.Type
type Update = typeof Schemas.UserUpdate.Type

/** What a write is done with. */
export interface Write {
  readonly now: number
  readonly changed: Emulator.Exchange["changed"]
}

export const written = (millis: number): string => new Date(millis).toISOString()

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, ms: 1, ns: 1e-6, s: 1000, us: 1e-3 }

const millisOf = (duration: string): number =>
  [...duration.matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0),
    0
  )

export class Users {
  readonly all = new Map<string, User>()
  #last = 0

  #id(): string {
    return `00000000-0000-4000-9000-${(++this.#last).toString(16).padStart(12, "0")}`
  }

  get(id: string): User {
    const user = this.all.get(id)
    if (user === undefined) throw refuseAuth(404, "user_not_found", "User not found")
    return user
  }

  byEmail(email: string): User | undefined {
    return [...this.all.values()].find((user) => user.email === email && user.deleted_at === undefined)
  }

  /** The newest first, as is the default. */
  page(page: number, perPage: number) {
    const all = [...this.all.values()].reverse()
    return { total: all.length, users: all.slice((page - 1) * perPage, page * perPage) }
  }

  #unique({ email, phone }: Update, id: string | undefined): void {
    for (const user of this.all.values()) {
      if (user.id === id || user.deleted_at !== undefined) continue
      if (email !== undefined && user.email === email) {
        throw refuseAuth(422, "email_exists", "A user with this email address has already been registered")
      }
      if (phone !== undefined && user.phone === phone) {
        throw refuseAuth(422, "phone_exists", "A user with this phone number has already been registered")
      }
    }
  }

  #password({ password }: Update): void {
    if (password !== undefined && Redacted.value(password).length < 6) {
      throw refuseAuth(422, "weak_password", "Password should be at least 6 characters.")
    }
  }

  /** The fields that say something of the user. */
  #fields({ aud, ban_duration, email, email_confirm, phone, phone_confirm, role, ...rest }: Update, now: number) {
    return {
      ...(aud === undefined ? undefined : { aud }),
      ...(role === undefined ? undefined : { role }),
      ...(email === undefined ? undefined : { email }),
      ...(phone === undefined ? undefined : { phone }),
      ...(email_confirm === true ? { email_confirmed_at: written(now) } : undefined),
      ...(phone_confirm === true ? { phone_confirmed_at: written(now) } : undefined),
      ...(ban_duration === undefined || ban_duration === "none"
        ? undefined
        : { banned_until: written(now + millisOf(ban_duration)) }),
      app_metadata: rest.app_metadata ?? {},
      user_metadata: rest.user_metadata ?? {}
    }
  }

  create(input: Input, { changed, now }: Write): User {
    this.#unique(input, undefined)
    this.#password(input)
    const id = input.id ?? this.#id()
    if (this.all.has(id)) throw refuseAuth(409, "conflict", "A user with this id exists already")
    const user: User = {
      id,
      aud: "authenticated",
      role: "authenticated",
      identities: [],
      is_anonymous: false,
      created_at: written(now),
      updated_at: written(now),
      ...this.#fields(input, now)
    }
    this.all.set(id, user)
    changed({ resource: "users", kind: "created", key: user.email ?? user.phone ?? id })
    return user
  }

  update(id: string, input: Update, { changed, now }: Write): User {
    const before = this.get(id)
    this.#unique(input, id)
    this.#password(input)
    const fields = this.#fields(input, now)
    const { banned_until, ...rest } = before
    const user: User = {
      ...(input.ban_duration === "none" || banned_until === undefined ? rest : { ...rest, banned_until }),
      ...fields,
      app_metadata: { ...before.app_metadata, ...fields.app_metadata },
      user_metadata: { ...before.user_metadata, ...fields.user_metadata },
      updated_at: written(now)
    }
    this.all.set(id, user)
    changed({ resource: "users", kind: "updated", key: user.email ?? user.phone ?? id })
    return user
  }

  delete(id: string, soft: boolean, { changed, now }: Write): void {
    const user = this.get(id)
    if (soft) this.all.set(id, { ...user, deleted_at: written(now) })
    else this.all.delete(id)
    changed({ resource: "users", kind: "deleted", key: user.email ?? user.phone ?? id })
  }

  invite(email: string, data: User["user_metadata"], write: Write): User {
    const before = this.byEmail(email)
    if (before?.email_confirmed_at !== undefined) {
      throw refuseAuth(422, "email_exists", "A user with this email address has already been registered")
    }
    const user = {
      ...(before ?? this.create({ email, ...(data === undefined ? undefined : { user_metadata: data }) }, write)),
      invited_at: written(write.now)
    }
    this.all.set(user.id, user)
    write.changed({ resource: "invitations", kind: "sent", key: email })
    return user
  }

  link(input: typeof Schemas.LinkInput.Type, redirectTo: string | undefined, write: Write) {
    const before = this.byEmail(input.email)
    const makes = input.type === "signup" || input.type === "invite" || input.type === "magiclink"
    if (before === undefined && !makes) throw refuseAuth(404, "user_not_found", "User with this email not found")
    if (before !== undefined && (input.type === "signup" || input.type === "invite")) {
      throw refuseAuth(422, "email_exists", "A user with this email address has already been registered")
    }
    const user = before ?? this.create({
      email: input.email,
      ...("password" in input ? { password: input.password } : undefined),
      ...("data" in input && input.data !== undefined ? { user_metadata: input.data } : undefined)
    }, write)
    const token = `fake-token-${++this.#last}`
    const redirect = redirectTo ?? "http://localhost:3000"
    write.changed({ resource: "links", kind: input.type, key: input.email })
    return {
      ...user,
      action_link: Redacted.make(
        `https://project.supabase.invalid/auth/v1/verify?token=${token}&type=${input.type}&redirect_to=${redirect}`
      ),
      email_otp: Redacted.make("123456"),
      hashed_token: Redacted.make(token),
      redirect_to: redirect,
      verification_type: input.type
    }
  }
}
