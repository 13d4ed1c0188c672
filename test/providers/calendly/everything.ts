/** Every operation of Calendly, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Redacted } from "effect"
import * as Kit from "./kit.js"

/** Every operation once or more. */
export const everything = Effect.fnUntraced(function*(calendly: Kit.Client) {
  const { resource: me } = yield* calendly.users.me()
  strictEqual(me.email, "ada@example.com")
  const organization = me.current_organization

  const types = yield* calendly.eventTypes.list({ urlParams: { active: true, sort: "name:desc", user: me.uri } })
  deepStrictEqual(types.collection.map((type) => type.name), ["Workshop", "Introduction"])
  const free = yield* calendly.eventTypes.availableTimes({
    urlParams: { end_time: Kit.at("05T10:00"), event_type: Kit.typeUri("1"), start_time: Kit.at("05T09:00") }
  })
  deepStrictEqual(free.collection.map((one) => one.start_time), [
    "1970-01-05T09:00:00.000Z",
    "1970-01-05T09:30:00.000Z"
  ])

  const { resource: invitee } = yield* calendly.invitees.book({
    payload: {
      event_guests: ["guest@example.com"],
      event_type: Kit.typeUri("1"),
      invitee: {
        email: "grace@example.com",
        first_name: "Grace",
        last_name: "Hopper",
        text_reminder_number: "+1 888-888-8888",
        timezone: "America/New_York"
      },
      location: { kind: "physical", location: "Main Street" },
      questions_and_answers: [{ answer: "ships", position: 0, question: "What about?" }],
      start_time: Kit.at("05T09:00"),
      tracking: { utm_source: "spec" }
    }
  })
  deepStrictEqual([invitee.name, invitee.status, invitee.tracking?.utm_source], ["Grace Hopper", "active", "spec"])

  const events = yield* calendly.events.list({
    urlParams: {
      count: 10,
      invitee_email: "grace@example.com",
      max_start_time: Kit.at("06T00:00"),
      min_start_time: Kit.at("05T00:00"),
      organization,
      sort: "start_time:asc",
      status: "active"
    }
  })
  deepStrictEqual(events.collection.map((event) => event.uri), [invitee.event])
  // by its URI, and by the last part of it
  const uuid = invitee.event.split("/").pop() ?? ""
  const { resource: event } = yield* calendly.events.get({ path: { event: invitee.event } })
  strictEqual((yield* calendly.events.get({ path: { event: uuid } })).resource.uri, event.uri)
  strictEqual(event.event_guests?.[0]?.email, "guest@example.com")
  const invitees = yield* calendly.invitees.list({
    path: { event: invitee.event },
    urlParams: { email: "grace@example.com", sort: "created_at:desc", status: "active" }
  })
  deepStrictEqual(invitees.collection.map((one) => one.uri), [invitee.uri])

  const { resource: noShow } = yield* calendly.noShows.create({ payload: { invitee: invitee.uri } })
  strictEqual(noShow.invitee, invitee.uri)
  yield* calendly.noShows.delete({ path: { noShow: noShow.uri } })
  const { resource: cancellation } = yield* calendly.events.cancel({
    path: { event: invitee.event },
    payload: { reason: "ill" }
  })
  deepStrictEqual([cancellation.reason, cancellation.canceler_type], ["ill", "host"])
  strictEqual((yield* calendly.events.get({ path: { event: uuid } })).resource.status, "canceled")

  const { resource: link } = yield* calendly.links.create({
    payload: { max_event_count: 1, owner: Kit.typeUri("1"), owner_type: "EventType" }
  })
  assertTrue(link.booking_url.startsWith("https://calendly.com/d/"))

  const { resource: webhook } = yield* calendly.webhooks.create({
    payload: {
      events: ["invitee.created", "invitee.canceled"],
      organization,
      scope: "user",
      signing_key: Redacted.make("fake-signing-key"),
      url: "https://app.example.com/hooks/calendly",
      user: me.uri
    }
  })
  strictEqual(webhook.state, "active")
  const webhooks = yield* calendly.webhooks.list({ urlParams: { organization, scope: "user", user: me.uri } })
  deepStrictEqual(webhooks.collection.map((one) => one.uri), [webhook.uri])
  yield* calendly.webhooks.delete({ path: { webhook: webhook.uri } })
})
