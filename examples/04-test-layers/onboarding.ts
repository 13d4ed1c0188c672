/**
 * The program under test: it knows HubSpot by its service alone, and not what stands behind it.
 */
import { Cause, Effect, Option, Schedule } from "effect"
import { HubSpot, HubSpotErrors } from "holdfast/providers/hubspot"

/** The id of the customer's contact, which is made if it is not there. */
export const ensureContact = (email: string) =>
  HubSpot.pipe(
    Effect.flatMap(({ contacts }) => contacts.create({ payload: { properties: { email } } })),
    Effect.map((contact) => contact.id),
    Effect.catchTag("ConflictError", (error) =>
      Option.match(HubSpotErrors.existingId(error), {
        onNone: () => Effect.fail(error),
        onSome: Effect.succeed
      }))
  )

/** Looks every minute whether sales has given the contact an owner, for an hour. */
export const awaitOwner = (id: string) =>
  HubSpot.pipe(
    Effect.flatMap(({ contacts }) => contacts.get({ path: { id }, urlParams: { properties: ["hubspot_owner_id"] } })),
    Effect.flatMap((contact) => Option.fromNullable(contact.properties.hubspot_owner_id)),
    // only the missing owner is waited for: what HubSpot fails with, the stack beneath has retried already
    Effect.retry({ schedule: Schedule.spaced("1 minute"), times: 60, while: Cause.isNoSuchElementException }),
    Effect.optionFromOptional
  )
