/**
 * What the Calendly emulator holds, and the rules that it obeys.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"

export type User = typeof Schemas.User.Type
export type EventType = typeof Schemas.EventType.Type
export type Event = typeof Schemas.Event.Type
export type Invitee = typeof Schemas.Invitee.Type
export type Webhook = typeof Schemas.Webhook.Type

interface NoShow {
  readonly uri: string
  readonly invitee: string
  readonly created_at: string
}

/** What a write is done with: the time, and where it is written down. */
export interface Write {
  readonly now: number
  readonly changed: Emulator.Exchange["changed"]
}

const root = "https://api.calendly.com"

const start = "2024-01-15T09:00:00.000000Z"

/** Calendly says microseconds. */
export const written = (millis: number): string => new Date(millis).toISOString().replace("Z", "000Z")

export const refuse = (status: number, message: string, issues: ReadonlyArray<Emulator.Issue> = []) =>
  new Emulator.EmulatorError({ status, message, issues })

export const notFound = () => refuse(404, "The server could not find the requested resource.")

export const forbidden = (message: string) => refuse(403, message)

const invalid = (path: string, message: string) =>
  refuse(400, "The supplied parameters are invalid.", [{ path, message }])

const minute = 60_000

const eventType = (uuid: string, name: string, duration: number, active: boolean, user: User): EventType => ({
  uri: `${root}/event_types/${uuid}`,
  name,
  active,
  slug: name.toLowerCase().replaceAll(" ", "-"),
  scheduling_url: `${user.scheduling_url ?? ""}/${name.toLowerCase().replaceAll(" ", "-")}`,
  duration,
  kind: "solo",
  type: "StandardEventType",
  color: "#0069ff",
  profile: { type: "User", name: user.name ?? "", owner: user.uri },
  secret: false,
  booking_method: "instant",
  custom_questions: [],
  created_at: start,
  updated_at: start
})

/**
 * One organization with one user, who has three event types, of which two are active, and is free on every day from 9 to
 * 17 o'clock, UTC.
 *
 * @since 0.1.0
 * @category models
 */
export class Account {
  readonly organization = `${root}/organizations/ORG0000000000001`
  readonly user: User = {
    uri: `${root}/users/USER000000000001`,
    name: "Ada Lovelace",
    slug: "ada",
    email: "ada@example.com",
    scheduling_url: "https://calendly.com/ada",
    timezone: "Europe/London",
    current_organization: this.organization,
    created_at: start,
    updated_at: start
  }
  readonly eventTypes: ReadonlyArray<EventType> = [
    eventType("TYPE000000000001", "Introduction", 30, true, this.user),
    eventType("TYPE000000000002", "Workshop", 60, true, this.user),
    eventType("TYPE000000000003", "Old Format", 45, false, this.user)
  ]
  readonly events = new Map<string, Event>()
  readonly invitees = new Map<string, Invitee>()
  readonly noShows = new Map<string, NoShow>()
  readonly webhooks = new Map<string, Webhook>()
  #last = 0

  constructor(readonly plan: "free" | "paid") {}

  #uri(kind: Schemas.Kind, prefix: string): string {
    return `${root}/${kind}/${prefix}${String(++this.#last).padStart(16 - prefix.length, "0")}`
  }

  /** One's own, or a refusal: nobody sees what another organization has. */
  own(params: { readonly user?: string; readonly organization?: string }): void {
    if (params.user !== undefined && params.user !== this.user.uri) throw forbidden("Permission Denied")
    if (params.organization !== undefined && params.organization !== this.organization) {
      throw forbidden("Permission Denied")
    }
  }

  typeOf(uri: string): EventType {
    const found = this.eventTypes.find((type) => type.uri === uri)
    if (found === undefined) throw notFound()
    return found
  }

  eventOf(uuid: string): Event {
    const found = this.events.get(`${root}/scheduled_events/${uuid}`)
    if (found === undefined) throw notFound()
    return found
  }

  inviteesOf(event: string): ReadonlyArray<Invitee> {
    return [...this.invitees.values()].filter((invitee) => invitee.event === event)
  }

  #isFree(from: number, to: number): boolean {
    return [...this.events.values()].every((event) =>
      event.status !== "active" || Date.parse(event.end_time) <= from || Date.parse(event.start_time) >= to
    )
  }

  #isOpen(from: number, duration: number): boolean {
    const { length } = this.#slots(from, from + 1, duration)
    return length === 1
  }

  /** Every half hour of the working day at which there is room for it. */
  #slots(from: number, to: number, duration: number): ReadonlyArray<number> {
    const half = 30 * minute
    const slots: Array<number> = []
    for (let at = Math.ceil(from / half) * half; at < to; at += half) {
      const ofDay = (at % (24 * 60 * minute)) / minute
      if (ofDay >= 9 * 60 && ofDay + duration <= 17 * 60) slots.push(at)
    }
    return slots
  }

  availableTimes(uri: string, from: number, to: number, now: number) {
    const type = this.typeOf(uri)
    if (from < now) throw invalid("start_time", "must be in the future")
    return this.#slots(from, to, type.duration)
      .filter((at) => this.#isFree(at, at + type.duration * minute))
      .map((at) => ({
        status: "available",
        invitees_remaining: 1,
        start_time: new Date(at).toISOString(),
        scheduling_url: `${type.scheduling_url}/${new Date(at).toISOString()}`
      }))
  }

  book(input: typeof Schemas.BookInput.Type, { changed, now }: Write): Invitee {
    if (this.plan === "free") throw forbidden("Please upgrade your Calendly account to book by API.")
    const type = this.typeOf(input.event_type)
    if (!type.active) throw invalid("event_type", "is not active")
    const from = input.start_time.epochMillis
    const to = from + type.duration * minute
    if (from <= now) throw invalid("start_time", "must be in the future")
    if (!this.#isOpen(from, type.duration)) throw invalid("start_time", "is not a time at which this can be booked")
    if (!this.#isFree(from, to)) {
      throw new Emulator.EmulatorError({ status: 400, code: "already_filled", message: "is no longer available" })
    }
    const at = written(now)
    const event: Event = {
      uri: this.#uri("scheduled_events", "EVENT"),
      ...(type.name === undefined ? undefined : { name: type.name }),
      status: "active",
      start_time: written(from),
      end_time: written(to),
      event_type: type.uri,
      location: input.location ?? { type: "custom", location: "to be said" },
      invitees_counter: { total: 1, active: 1, limit: 1 },
      event_memberships: [{ user: this.user.uri }],
      event_guests: (input.event_guests ?? []).map((email) => ({ email, created_at: at, updated_at: at })),
      created_at: at,
      updated_at: at
    }
    const uri = `${event.uri}/invitees/INVITEE${String(this.#last).padStart(9, "0")}`
    const uuid = uri.slice(uri.lastIndexOf("/") + 1)
    const { email, first_name, last_name, name, text_reminder_number, timezone } = input.invitee
    const full = name ?? [first_name, last_name].filter((part) => part !== undefined).join(" ")
    const invitee: Invitee = {
      uri,
      email,
      name: full,
      ...(first_name === undefined ? undefined : { first_name }),
      ...(last_name === undefined ? undefined : { last_name }),
      ...(text_reminder_number === undefined ? undefined : { text_reminder_number }),
      status: "active",
      event: event.uri,
      timezone,
      questions_and_answers: input.questions_and_answers ?? [],
      tracking: input.tracking ?? {},
      rescheduled: false,
      cancel_url: `https://calendly.com/cancellations/${uuid}`,
      reschedule_url: `https://calendly.com/reschedulings/${uuid}`,
      created_at: at,
      updated_at: at
    }
    this.events.set(event.uri, event)
    this.invitees.set(uri, invitee)
    changed({ resource: "invitees", kind: "created", key: email })
    return invitee
  }

  cancel(uuid: string, reason: string | undefined, { changed, now }: Write) {
    const event = this.eventOf(uuid)
    if (event.status !== "active") throw forbidden("Event is already canceled")
    const at = written(now)
    const cancellation = {
      canceled_by: this.user.name ?? "",
      ...(reason === undefined ? undefined : { reason }),
      canceler_type: "host",
      created_at: at
    }
    this.events.set(event.uri, {
      ...event,
      status: "canceled",
      invitees_counter: { total: 1, active: 0, limit: 1 },
      cancellation,
      updated_at: at
    })
    for (const invitee of this.inviteesOf(event.uri)) {
      this.invitees.set(invitee.uri, { ...invitee, status: "canceled", cancellation, updated_at: at })
      changed({ resource: "invitees", kind: "canceled", key: invitee.email })
    }
    return cancellation
  }

  markNoShow(uri: string, { changed, now }: Write): NoShow {
    const invitee = this.invitees.get(uri)
    if (invitee === undefined) throw notFound()
    if (invitee.status !== "active") throw invalid("invitee", "is canceled")
    if (invitee.no_show !== undefined) throw refuse(409, "The invitee is marked as a no-show already.")
    const noShow = { uri: this.#uri("invitee_no_shows", "NOSHOW"), invitee: uri, created_at: written(now) }
    this.noShows.set(noShow.uri, noShow)
    this.invitees.set(uri, { ...invitee, no_show: { uri: noShow.uri, created_at: noShow.created_at } })
    changed({ resource: "noShows", kind: "created", key: invitee.email })
    return noShow
  }

  unmarkNoShow(uuid: string, { changed }: Write): void {
    const noShow = this.noShows.get(`${root}/invitee_no_shows/${uuid}`)
    const invitee = noShow === undefined ? undefined : this.invitees.get(noShow.invitee)
    if (noShow === undefined || invitee === undefined) throw notFound()
    const { no_show: _, ...rest } = invitee
    this.noShows.delete(noShow.uri)
    this.invitees.set(invitee.uri, rest)
    changed({ resource: "noShows", kind: "deleted", key: invitee.email })
  }

  makeLink(owner: string, { changed }: Write) {
    const type = this.typeOf(owner)
    const link = `https://calendly.com/d/link-${++this.#last}/${type.slug ?? ""}`
    changed({ resource: "links", kind: "created", key: link })
    return { booking_url: link, owner, owner_type: "EventType" }
  }

  subscribe(input: typeof Schemas.WebhookInput.Type, { changed, now }: Write): Webhook {
    this.own(input)
    const { events, organization, scope, url, user } = input
    const same = [...this.webhooks.values()].some((one) => one.callback_url === url && one.scope === scope)
    if (same) throw refuse(409, "Hook with this url already exists")
    const at = written(now)
    const webhook: Webhook = {
      uri: this.#uri("webhook_subscriptions", "HOOK"),
      callback_url: url,
      state: "active",
      events,
      scope,
      organization,
      ...(user === undefined ? undefined : { user }),
      creator: this.user.uri,
      created_at: at,
      updated_at: at
    }
    this.webhooks.set(webhook.uri, webhook)
    changed({ resource: "webhooks", kind: "created", key: url })
    return webhook
  }

  unsubscribe(uuid: string, { changed }: Write): void {
    const uri = `${root}/webhook_subscriptions/${uuid}`
    const webhook = this.webhooks.get(uri)
    if (webhook === undefined) throw notFound()
    this.webhooks.delete(uri)
    changed({ resource: "webhooks", kind: "deleted", key: webhook.callback_url })
  }
}

/** A token that says nothing to anybody else. */
const tokenOf = (offset: number): string => Buffer.from(`after:${offset}`).toString("base64url")

const offsetOf = (token: string): number => {
  const found = /^after:(\d+)$/.exec(Buffer.from(token, "base64url").toString())
  if (found === null) throw invalid("page_token", "is invalid")
  return Number(found[1])
}

/** A page of a list that is held whole. */
export const pageOf = <A>(
  all: ReadonlyArray<A>,
  path: string,
  { count = 20, page_token }: { readonly count?: number; readonly page_token?: string }
) => {
  const from = page_token === undefined ? 0 : offsetOf(page_token)
  const collection = all.slice(from, from + count)
  const link = (offset: number) => `${root}${path}?count=${count}&page_token=${tokenOf(offset)}`
  const next = from + count < all.length ? from + count : undefined
  const previous = from > 0 ? Math.max(0, from - count) : undefined
  return {
    collection,
    pagination: {
      count: collection.length,
      ...(next === undefined ? undefined : { next_page: link(next), next_page_token: tokenOf(next) }),
      ...(previous === undefined
        ? undefined
        : { previous_page: link(previous), previous_page_token: tokenOf(previous) })
    }
  }
}
