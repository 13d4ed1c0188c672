/**
 * The members of the Mailchimp emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { subscriberHash } from "../SubscriberHash.js"
import { refusal } from "./Bodies.js"
import { type Audience, getFrom, isoOf, type State, type Stored, within } from "./Store.js"

/**
 * As Mailchimp shows it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const rendered = ({ complied: _, ...stored }: Stored): Schemas.Member => ({
  ...stored,
  tags_count: stored.tags.length
})

const put = (audience: Audience, exchange: Emulator.Exchange, stored: Stored, kind: string): Stored => {
  audience.members.set(stored.id, stored)
  exchange.changed({ resource: "members", kind, key: stored.email_address })
  return stored
}

/**
 * The member of a hash, archived or not.
 *
 * @since 0.1.0
 * @category accessors
 */
export const get = (audience: Audience, hash: string): Stored => getFrom(audience.members, hash)

const tagged = (state: State, names: ReadonlyArray<string>): Stored["tags"] =>
  names.map((name) => {
    const id = state.tagIds.get(name) ?? state.nextId()
    state.tagIds.set(name, id)
    return { id, name }
  })

type Fields = Omit<typeof Schemas.MemberUpdate.Type, "email_address" | "marketing_permissions" | "status">

/** What is sent of these replaces what was there; merge fields and interests do so one by one. */
const changed = (before: Stored | undefined, fields: Fields, at: string) => {
  const { email_type, ip_opt, ip_signup, language, location, timestamp_opt, timestamp_signup, vip } = fields
  return {
    email_type: email_type ?? before?.email_type ?? "html",
    interests: { ...before?.interests, ...fields.interests },
    ip_opt: ip_opt ?? before?.ip_opt ?? "",
    ip_signup: ip_signup ?? before?.ip_signup ?? "",
    language: language ?? before?.language ?? "",
    last_changed: at,
    merge_fields: { FNAME: "", LNAME: "", ...before?.merge_fields, ...fields.merge_fields },
    timestamp_opt: timestamp_opt ?? before?.timestamp_opt ?? at,
    timestamp_signup: timestamp_signup ?? before?.timestamp_signup ?? "",
    vip: vip ?? before?.vip ?? false,
    ...(location === undefined ? undefined : { location })
  }
}

/** No API brings these back. */
const refuseComplied = (before: Stored | undefined, status: string | undefined): void => {
  if (before?.complied === true && status === "subscribed") {
    throw refusal(
      400,
      "Member In Compliance State",
      `${before.email_address} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`
    )
  }
}

/** Who is not there, or is in the archive, is new. */
const make = (
  state: State,
  audience: Audience,
  exchange: Emulator.Exchange,
  email: string,
  status: string,
  fields: Fields & { readonly tags?: ReadonlyArray<string> }
): Stored => {
  const hash = subscriberHash(email)
  if (audience.forgotten.has(hash)) {
    throw refusal(
      400,
      "Forgotten Email Not Subscribed",
      `${email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`
    )
  }
  const before = audience.members.get(hash)
  refuseComplied(before, status)
  const number = before?.web_id ?? state.nextId()
  return put(audience, exchange, {
    ...before,
    contact_id: before?.contact_id ?? `c${number}`,
    email_address: email,
    id: hash,
    list_id: audience.id,
    source: "API - Generic",
    status,
    tags: tagged(state, fields.tags ?? before?.tags.map(({ name }) => name) ?? []),
    unique_email_id: before?.unique_email_id ?? `u${number}`,
    web_id: number,
    ...changed(before, fields, isoOf(exchange.now))
  }, before === undefined ? "created" : "updated")
}

const isThere = (before: Stored | undefined): before is Stored => before !== undefined && before.status !== "archived"

/**
 * @since 0.1.0
 * @category handlers
 */
export const add = (
  state: State,
  audience: Audience,
  exchange: Emulator.Exchange,
  input: typeof Schemas.MemberInput.Type
): Stored => {
  if (isThere(audience.members.get(subscriberHash(input.email_address)))) {
    throw refusal(
      400,
      "Member Exists",
      `${input.email_address} is already a list member. Use PUT to insert or update list members.`
    )
  }
  return make(state, audience, exchange, input.email_address, input.status, input)
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const update = (
  audience: Audience,
  exchange: Emulator.Exchange,
  hash: string,
  input: typeof Schemas.MemberUpdate.Type
): Stored => {
  const before = get(audience, hash)
  refuseComplied(before, input.status)
  const email = input.email_address ?? before.email_address
  const id = subscriberHash(email)
  if (id !== hash && audience.members.has(id)) {
    throw refusal(400, "Member Exists", `${email} is already a list member.`)
  }
  // whoever has another address has another name; who keeps it keeps their place in the list
  if (id !== hash) audience.members.delete(hash)
  return put(audience, exchange, {
    ...before,
    email_address: email,
    id,
    status: input.status ?? before.status,
    ...changed(before, input, isoOf(exchange.now))
  }, "updated")
}

/**
 * By the hash in the path: who is there is changed, who is not is made with `status_if_new`.
 *
 * @since 0.1.0
 * @category handlers
 */
export const upsert = (
  state: State,
  audience: Audience,
  exchange: Emulator.Exchange,
  hash: string,
  input: typeof Schemas.MemberUpsert.Type
): Stored =>
  isThere(audience.members.get(hash))
    ? update(audience, exchange, hash, input)
    : make(state, audience, exchange, input.email_address, input.status_if_new, input)

/**
 * @since 0.1.0
 * @category handlers
 */
export const archive = (audience: Audience, exchange: Emulator.Exchange, hash: string): void => {
  const before = get(audience, hash)
  put(audience, exchange, { ...before, last_changed: isoOf(exchange.now), status: "archived" }, "archived")
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const deletePermanent = (audience: Audience, exchange: Emulator.Exchange, hash: string): void => {
  const { email_address } = get(audience, hash)
  audience.members.delete(hash)
  audience.forgotten.add(hash)
  exchange.changed({ resource: "members", kind: "deleted", key: email_address })
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const tag = (
  state: State,
  audience: Audience,
  exchange: Emulator.Exchange,
  hash: string,
  input: typeof Schemas.TagsInput.Type
): void => {
  const before = get(audience, hash)
  const names = new Set(before.tags.map(({ name }) => name))
  for (const { name, status } of input.tags) {
    if (status === "active") names.add(name)
    else names.delete(name)
  }
  put(audience, exchange, { ...before, last_changed: isoOf(exchange.now), tags: tagged(state, [...names]) }, "tagged")
}

/**
 * Those that are asked for, in the order that is asked for: by default as they came.
 *
 * @since 0.1.0
 * @category accessors
 */
export const listed = (audience: Audience, params: typeof Schemas.MemberListParams.Type): ReadonlyArray<Stored> => {
  const { sort_dir, sort_field, status, unsubscribed_since } = params
  const found = [...audience.members.values()].filter((one) =>
    (status === undefined ? one.status !== "archived" : one.status === status) &&
    within(one.last_changed, params.since_last_changed, params.before_last_changed) &&
    within(one.timestamp_opt, params.since_timestamp_opt, params.before_timestamp_opt) &&
    (unsubscribed_since === undefined ||
      (one.status === "unsubscribed" && within(one.last_changed, unsubscribed_since, undefined)))
  )
  const ascending = sort_field === undefined
    ? found
    : found.sort((one, other) => (Date.parse(one[sort_field] ?? "") || 0) - (Date.parse(other[sort_field] ?? "") || 0))
  return sort_dir === "DESC" ? ascending.toReversed() : ascending
}
