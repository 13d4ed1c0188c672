/**
 * What an emulated account begins with.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"

export const timezone = "America/Los_Angeles"

export const calendars = [
  {
    id: 1,
    name: "Ada",
    email: "ada@example.com",
    location: "Main Street",
    timezone,
    description: "",
    thumbnail: false
  },
  { id: 2, name: "Grace", email: "grace@example.com", location: "", timezone, description: "", thumbnail: false }
] satisfies ReadonlyArray<Schemas.Calendar>

const type = { active: true, calendarIDs: [1, 2], category: "", color: "#ED7087", private: false, type: "service" }

export const appointmentTypes = [
  { ...type, id: 11, name: "Introduction", duration: 30, price: "0.00", description: "Half an hour" },
  { ...type, id: 12, name: "Workshop", duration: 60, price: "90.00", description: "An hour", calendarIDs: [1] },
  { ...type, id: 13, name: "Former", active: false, duration: 30, price: "0.00", description: "No longer" }
] satisfies ReadonlyArray<Schemas.AppointmentType>

/** The questions of the one form there is, by id. */
export const questions: ReadonlyMap<number, string> = new Map([[7, "What about?"], [8, "How did you find us?"]])

export const labels: ReadonlyArray<typeof Schemas.Label.Type> = [
  { id: 21, name: "Checked in", color: "green" },
  { id: 22, name: "No-show", color: "red" }
]
