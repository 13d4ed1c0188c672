/**
 * What Acuity answers, read tolerantly.
 *
 * @since 0.1.0
 */
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Time } from "./Times.js"

/** Numbers that Acuity writes as a text in one place and as a number in another. */
const TextOrNumber = Schema.Union(Schema.String, Schema.Number)

/**
 * The account. Which fields there are is not documented for certain.
 *
 * @since 0.1.0
 * @category read
 */
export const Me = Schema.Struct({
  id: Field.maybe(TextOrNumber),
  email: Field.maybe(Schema.String),
  name: Field.maybe(Schema.String),
  timezone: Field.maybe(Schema.String),
  currency: Field.maybe(Schema.String),
  plan: Field.maybe(Schema.String),
  schedulingPage: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Label = Schema.Struct({
  id: Schema.Number,
  name: Field.maybe(Schema.String),
  color: Field.maybe(Schema.String)
})

/**
 * The answers of a client to a form.
 *
 * @since 0.1.0
 * @category read
 */
export const Form = Schema.Struct({
  id: Schema.Number,
  name: Field.maybe(Schema.String),
  values: Field.list(Schema.Struct({
    id: Field.maybe(Schema.Number),
    fieldID: Schema.Number,
    name: Field.maybe(Schema.String),
    value: Field.maybe(Schema.String)
  }))
})

/**
 * `datetime` is the one to count with: `date`, `time` and `endTime` are texts for people. Money and minutes are texts too.
 *
 * @since 0.1.0
 * @category read
 */
export const Appointment = Schema.Struct({
  id: Schema.Number,
  firstName: Field.maybe(Schema.String),
  lastName: Field.maybe(Schema.String),
  phone: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  /** `February 3, 2016` */
  date: Field.maybe(Schema.String),
  /** `2:00pm` */
  time: Field.maybe(Schema.String),
  endTime: Field.maybe(Schema.String),
  dateCreated: Field.maybe(Schema.String),
  datetime: Time,
  /** `10.00` */
  price: Field.maybe(TextOrNumber),
  /** `yes` or `no` */
  paid: Field.maybe(Schema.String),
  amountPaid: Field.maybe(TextOrNumber),
  type: Field.maybe(Schema.String),
  appointmentTypeID: Field.maybe(Schema.Number),
  addonIDs: Field.list(Schema.Number),
  /** Of a class or a series; of nothing else. */
  classID: Field.maybe(Schema.Number),
  /** Minutes. */
  duration: Field.maybe(TextOrNumber),
  calendar: Field.maybe(Schema.String),
  calendarID: Field.maybe(Schema.Number),
  canClientCancel: Field.maybe(Schema.Boolean),
  canClientReschedule: Field.maybe(Schema.Boolean),
  canceled: Field.maybe(Schema.Boolean),
  location: Field.maybe(Schema.String),
  certificate: Field.maybe(Schema.String),
  confirmationPage: Field.maybe(Schema.String),
  formsText: Field.maybe(Schema.String),
  notes: Field.maybe(Schema.String),
  timezone: Field.maybe(Schema.String),
  forms: Field.list(Form),
  labels: Field.list(Label)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Appointment extends Schema.Schema.Type<typeof Appointment> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Appointments = Schema.Array(Appointment)

/**
 * `type`: `service`, `class`, `series`.
 *
 * @since 0.1.0
 * @category read
 */
export const AppointmentType = Schema.Struct({
  id: Schema.Number,
  name: Field.maybe(Schema.String),
  active: Field.maybe(Schema.Union(Schema.Boolean, Schema.String)),
  description: Field.maybe(Schema.String),
  /** Minutes. */
  duration: Field.maybe(TextOrNumber),
  price: Field.maybe(TextOrNumber),
  category: Field.maybe(Schema.String),
  color: Field.maybe(Schema.String),
  private: Field.maybe(Schema.Boolean),
  type: Field.maybe(Schema.String),
  classSize: Field.maybe(Schema.Number),
  calendarIDs: Field.list(Schema.Number),
  schedulingUrl: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface AppointmentType extends Schema.Schema.Type<typeof AppointmentType> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Calendar = Schema.Struct({
  id: Schema.Number,
  name: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  description: Field.maybe(Schema.String),
  location: Field.maybe(Schema.String),
  timezone: Field.maybe(Schema.String),
  thumbnail: Field.maybe(Schema.Union(Schema.String, Schema.Boolean))
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Calendar extends Schema.Schema.Type<typeof Calendar> {}

/**
 * A day on which there is a time: `2016-02-04`.
 *
 * @since 0.1.0
 * @category read
 */
export const AvailableDate = Schema.Struct({ date: Schema.String })

/**
 * @since 0.1.0
 * @category read
 */
export const AvailableTime = Schema.Struct({ time: Time, slotsAvailable: Field.maybe(Schema.Number) })

/**
 * Whether a time can be booked, and if not, why.
 *
 * @since 0.1.0
 * @category read
 */
export const Check = Schema.Struct({
  valid: Schema.Boolean,
  error: Field.maybe(Schema.String),
  datetime: Field.maybe(Schema.String),
  appointmentTypeID: Field.maybe(Schema.Number),
  calendarID: Field.maybe(Schema.Number)
})

/**
 * Of one time; whether it comes alone or as the only one of a list is not documented for certain.
 *
 * @since 0.1.0
 * @category read
 */
export const Checked = Schema.transform(Schema.Union(Check, Schema.Tuple(Check)), Schema.typeSchema(Check), {
  strict: true,
  decode: (one) => "valid" in one ? one : one[0],
  encode: (check) => check
})

/**
 * A client has no id: first name, last name and phone are what it is known by.
 *
 * @since 0.1.0
 * @category read
 */
export const Client = Schema.Struct({
  firstName: Field.maybe(Schema.String),
  lastName: Field.maybe(Schema.String),
  phone: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  notes: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Client extends Schema.Schema.Type<typeof Client> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Webhook = Schema.Struct({
  id: Schema.Number,
  event: Schema.String,
  target: Schema.String,
  status: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Webhook extends Schema.Schema.Type<typeof Webhook> {}

// ---------------------------------------------------------------------------------------------------------------------
// webhooks
// ---------------------------------------------------------------------------------------------------------------------

const digits = Schema.NumberFromString.pipe(Schema.int())

/** A form may have its field, and nothing in it. */
const ofForm = Schema.optionalToOptional(Schema.String, digits, {
  decode: Option.filter((text) => text !== ""),
  encode: identity
})

/**
 * What a webhook brings, a form: little more than an id, of which the rest is fetched. `action` is one of `scheduled`,
 * `rescheduled`, `canceled`, `changed`, `order.completed`, and may come with `appointment.` before it.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const WebhookForm = Schema.Struct({
  action: Schema.String,
  id: digits,
  calendarID: ofForm,
  appointmentTypeID: ofForm
})
