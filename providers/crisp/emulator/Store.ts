/**
 * What the Crisp emulator holds, and the rules that it obeys.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"

export type Conversation = typeof Schemas.Conversation.Type
export type Message = typeof Schemas.Message.Type
export type Profile = typeof Schemas.Profile.Type

/** A website that has the plugin, and since when it is as it is. */
export interface Plugged {
  readonly since: number
  readonly website: typeof Schemas.PluginWebsite.Type
}

/** What a write is done with: the time, and where it is written down. */
export interface Write {
  readonly now: number
  readonly changed: Emulator.Exchange["changed"]
}

/** The website of the emulated workspace. */
export const websiteId = "5a1c0de0-0000-4000-8000-000000000001"

export const refuse = (status: number, message: string) => new Emulator.EmulatorError({ message, status })

const idOf = (prefix: string, number: number): string =>
  `${prefix}00000000-0000-4000-8000-${String(number).padStart(12, "0")}`

/** So many messages are given at once. */
const messagesAtOnce = 20

type Card = typeof Schemas.PeopleInput.Type

/** What is written of a person; `active` is a time there, and more than that as it is read. */
const cardOf = ({ active, company, email, notepad, person, segments = [] }: Card) => ({
  ...(email === undefined ? undefined : { email }),
  ...(person === undefined ? undefined : {
    person: { ...person, locales: person.locales ?? [], profiles: person.profiles ?? [] }
  }),
  ...(company === undefined ? undefined : { company }),
  ...(notepad === undefined ? undefined : { notepad }),
  ...(active === undefined ? undefined : { active: { last: active, now: false } }),
  segments
})

/**
 * One workspace with a plugin, and neither conversations nor people.
 *
 * @since 0.1.0
 * @category models
 */
export class Workspace {
  readonly website = {
    website_id: websiteId,
    name: "Analytical Engines",
    domain: "engines.example.com",
    logo: "",
    verified: true
  }
  readonly pluginId = idOf("", 900)
  readonly plugged: Array<Plugged> = [{
    since: 0,
    website: { website_id: websiteId, plan: { id: "unlimited", name: "Unlimited" }, settings: { greeting: "Hello" } }
  }]
  readonly conversations = new Map<string, Conversation>()
  readonly messages = new Map<string, Array<Message>>()
  readonly people = new Map<string, Profile>()
  #last = 0

  /** Nobody sees what is in the websites of others. */
  own({ website_id }: { readonly website_id: string }): void {
    if (website_id !== websiteId) throw refuse(403, "the token is not for this website")
  }

  conversationOf(path: { readonly website_id: string; readonly session_id: string }): Conversation {
    this.own(path)
    const found = this.conversations.get(path.session_id)
    if (found === undefined) throw refuse(404, "there is no such conversation")
    return found
  }

  create(path: { readonly website_id: string }, { changed, now }: Write): string {
    this.own(path)
    const session_id = idOf("session_", ++this.#last)
    this.conversations.set(session_id, {
      session_id,
      website_id: websiteId,
      state: "pending",
      status: 0,
      is_verified: false,
      is_blocked: false,
      availability: "offline",
      active: { now: false, last: now },
      last_message: "",
      participants: [],
      mentions: [],
      unread: { operator: 0, visitor: 0 },
      assigned: {},
      meta: { nickname: `visitor${this.#last}`, email: "", segments: [], data: {} },
      created_at: now,
      updated_at: now
    })
    this.messages.set(session_id, [])
    changed({ resource: "conversations", kind: "created", key: session_id })
    return session_id
  }

  change(conversation: Conversation, fields: Partial<Conversation>, { changed, now }: Write): void {
    const { session_id } = conversation
    this.conversations.set(session_id, { ...conversation, ...fields, updated_at: now })
    changed({ resource: "conversations", kind: "updated", key: session_id })
  }

  remove({ session_id }: Conversation, { changed }: Write): void {
    this.conversations.delete(session_id)
    this.messages.delete(session_id)
    changed({ resource: "conversations", kind: "deleted", key: session_id })
  }

  messagesOf({ session_id }: { readonly session_id: string }): Array<Message> {
    return this.messages.get(session_id) ?? []
  }

  /** The latest that there are, in the order of time. */
  window(conversation: Conversation, params: typeof Schemas.MessageListParams.Type): ReadonlyArray<Message> {
    const { timestamp_after: after, timestamp_around: around, timestamp_before: before } = params
    const all = this.messagesOf(conversation).toSorted((one, other) => (one.timestamp ?? 0) - (other.timestamp ?? 0))
    const found = all.filter(({ timestamp = 0 }) =>
      (before === undefined || timestamp < before) && (after === undefined || timestamp > after)
    )
    if (after !== undefined) return found.slice(0, messagesAtOnce)
    if (around === undefined) return found.slice(-messagesAtOnce)
    const later = found.findIndex(({ timestamp = 0 }) => timestamp >= around)
    const from = Math.max(0, (later === -1 ? found.length : later) - messagesAtOnce / 2)
    return found.slice(from, from + messagesAtOnce)
  }

  send(conversation: Conversation, input: Schemas.MessageInput, write: Write): number {
    const { session_id, unread } = conversation
    // a second one of the same number is a second one: that Crisp would know is not documented
    const fingerprint = input.fingerprint ?? 100_000_000 + ++this.#last
    const { content, from, origin, timestamp = write.now, type } = input
    this.messagesOf(conversation).push({
      session_id,
      website_id: websiteId,
      type,
      from,
      origin,
      content,
      fingerprint,
      timestamp,
      user: input.user ?? {},
      mentions: "mentions" in input && input.mentions !== undefined ? input.mentions : [],
      read: "",
      delivered: "",
      edited: false,
      automated: input.automated ?? false,
      ...(input.properties === undefined ? undefined : { properties: input.properties })
    })
    const counted = from === "user" ? "operator" : "visitor"
    this.change(conversation, {
      last_message: typeof content === "string" ? content : "",
      state: from === "user" ? "unresolved" : conversation.state ?? "pending",
      unread: { ...unread, [counted]: (unread?.[counted] ?? 0) + 1 },
      ...(from === "user" ? { waiting_since: timestamp } : undefined)
    }, write)
    write.changed({ resource: "messages", kind: "created", key: String(fingerprint) })
    return fingerprint
  }

  markRead(conversation: Conversation, input: typeof Schemas.ReadInput.Type, write: Write): void {
    const messages = this.messagesOf(conversation)
    messages.forEach((message, index) => {
      const isMeant = input.fingerprints?.includes(message.fingerprint ?? -1) ?? true
      if (isMeant && message.from === input.from) messages[index] = { ...message, read: input.origin }
    })
    const left = messages.filter(({ from, read }) => from === input.from && read === "").length
    const counted = input.from === "user" ? "operator" : "visitor"
    this.change(conversation, { unread: { ...conversation.unread, [counted]: left } }, write)
  }

  /** By id, or by e-mail address. */
  personOf(path: { readonly website_id: string; readonly people_id: string }): Profile {
    this.own(path)
    const found = this.people.get(path.people_id) ?? this.#byEmail(path.people_id)
    if (found === undefined) throw refuse(404, "there is no such person")
    return found
  }

  #byEmail(email: string): Profile | undefined {
    return [...this.people.values()].find((profile) => profile.email?.toLowerCase() === email.toLowerCase())
  }

  #claim(email: string | undefined, people_id?: string): void {
    const other = email === undefined ? undefined : this.#byEmail(email)
    if (other !== undefined && other.people_id !== people_id) throw refuse(409, "somebody has this e-mail address")
  }

  add(path: { readonly website_id: string }, card: Card, { changed, now }: Write): string {
    this.own(path)
    this.#claim(card.email)
    const people_id = idOf("", ++this.#last)
    this.people.set(people_id, { people_id, ...cardOf(card), score: 0, created_at: now, updated_at: now })
    changed({ resource: "people", kind: "created", key: card.email ?? people_id })
    return people_id
  }

  /** `save` puts the card in the place of all that was known, `update` over it. */
  write(profile: Profile, card: Card, how: "save" | "update", { changed, now }: Write): void {
    const { created_at = now, people_id, score = 0 } = profile
    this.#claim(card.email, people_id)
    const { person, ...fields } = cardOf(card)
    const before = how === "update" ? profile : { people_id, created_at, score }
    const personBefore = how === "update" ? profile.person : undefined
    this.people.set(people_id, {
      ...before,
      ...fields,
      segments: card.segments ?? (how === "update" ? profile.segments : []),
      ...(person === undefined && personBefore === undefined
        ? undefined
        : { person: { locales: [], profiles: [], ...personBefore, ...person } }),
      updated_at: now
    })
    changed({ resource: "people", kind: "updated", key: card.email ?? profile.email ?? people_id })
  }

  forget({ email, people_id }: Profile, { changed }: Write): void {
    this.people.delete(people_id)
    changed({ resource: "people", kind: "deleted", key: email ?? people_id })
  }
}
