/**
 * What Acuity is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Instant } from "./Times.js"

const Id = Schema.Int.pipe(Schema.positive())

const IdParam = Schema.NumberFromString.pipe(Schema.int(), Schema.positive())

const Flag = Schema.BooleanFromString

/** With whatever blanks are around it: people write their names so. */
const Text = Schema.String.pipe(Schema.pattern(/\S/, { message: () => "a text that is not blank" }))

const Email = Schema.String.pipe(Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" }))

const Day = Schema.String.pipe(
  Schema.pattern(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, { message: () => "a day such as 2016-02-04" })
)

/**
 * The path of one appointment.
 *
 * @since 0.1.0
 * @category sent
 */
export const byId = Schema.Struct({ id: IdParam })

/**
 * Query of `appointments.list`. Nothing pages: `max`, Acuity's default 100, cuts the list off, and `minDate` and `maxDate`,
 * both included, are what moves it. Canceled ones alone with `canceled`, those and the others with `showall`. A text of a
 * form's field is found with its id: `"field:7": "ship"`.
 *
 * @since 0.1.0
 * @category sent
 */
export const AppointmentListParams = Schema.Struct(
  {
    max: Field.may(IdParam),
    minDate: Field.may(Day),
    maxDate: Field.may(Day),
    calendarID: Field.may(IdParam),
    appointmentTypeID: Field.may(IdParam),
    canceled: Field.may(Flag),
    showall: Field.may(Flag),
    firstName: Field.may(Text),
    lastName: Field.may(Text),
    email: Field.may(Email),
    phone: Field.may(Text),
    excludeForms: Field.may(Flag),
    direction: Field.may(Schema.Literal("ASC", "DESC"))
  },
  Schema.Record({ key: Schema.TemplateLiteral("field:", Schema.Number), value: Schema.String })
)

/**
 * @since 0.1.0
 * @category sent
 */
export const AppointmentGetParams = Schema.Struct({ pastFormAnswers: Field.may(Flag) })

/**
 * Of what writes an appointment. With `admin` none of the rules for clients are looked at; `noEmail`: nobody is told.
 *
 * @since 0.1.0
 * @category sent
 */
export const WriteParams = Schema.Struct({ admin: Field.may(Flag), noEmail: Field.may(Flag) })

const fields = Schema.Array(Schema.Struct({ id: Id, value: Schema.String }))

/** Acuity takes one. */
const labels = Schema.Array(Schema.Struct({ id: Id })).pipe(Schema.maxItems(1))

/**
 * `notes` are for `admin` alone, which needs the `calendarID` too.
 *
 * @since 0.1.0
 * @category sent
 */
export const AppointmentInput = Schema.Struct({
  datetime: Instant,
  appointmentTypeID: Id,
  firstName: Text,
  lastName: Text,
  email: Email,
  calendarID: Field.may(Id),
  phone: Field.may(Text),
  /** Of the client: `America/New_York`. */
  timezone: Field.may(Text),
  certificate: Field.may(Text),
  fields: Field.may(fields),
  notes: Field.may(Schema.String),
  addonIDs: Field.may(Schema.Array(Id)),
  labels: Field.may(labels),
  smsOptIn: Field.may(Schema.Boolean)
})

/**
 * What is left out stays as it is.
 *
 * @since 0.1.0
 * @category sent
 */
export const AppointmentUpdate = Schema.Struct({
  firstName: Field.may(Text),
  lastName: Field.may(Text),
  email: Field.may(Email),
  phone: Field.may(Schema.String),
  fields: Field.may(fields),
  notes: Field.may(Schema.String),
  labels: Field.may(labels)
}).pipe(Schema.filter((input) => Object.keys(input).length > 0 || "nothing to change"))

/**
 * @since 0.1.0
 * @category sent
 */
export const Reschedule = Schema.Struct({
  datetime: Instant,
  calendarID: Field.may(Id),
  timezone: Field.may(Text)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const Cancel = Schema.Struct({ cancelNote: Field.may(Schema.String), noShow: Field.may(Schema.Boolean) })

/**
 * @since 0.1.0
 * @category sent
 */
export const TypeListParams = Schema.Struct({ includeDeleted: Field.may(Flag) })

const bookable = {
  appointmentTypeID: IdParam,
  calendarID: Field.may(IdParam),
  timezone: Field.may(Text)
}

/**
 * @since 0.1.0
 * @category sent
 */
export const DatesParams = Schema.Struct({
  month: Schema.String.pipe(
    Schema.pattern(/^\d{4}-(?:0[1-9]|1[0-2])$/, { message: () => "a month such as 2016-02" })
  ),
  ...bookable
})

/**
 * The times of appointments that are to be rescheduled are free, if they are named in `ignoreAppointmentIDs[]`.
 *
 * @since 0.1.0
 * @category sent
 */
export const TimesParams = Schema.Struct({
  date: Day,
  ...bookable,
  "ignoreAppointmentIDs[]": Field.may(Schema.Array(IdParam))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CheckInput = Schema.Struct({
  datetime: Instant,
  appointmentTypeID: Id,
  calendarID: Field.may(Id)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ClientListParams = Schema.Struct({ search: Field.may(Text) })

/**
 * Which client: there is no id.
 *
 * @since 0.1.0
 * @category sent
 */
export const ClientKey = Schema.Struct({ firstName: Text, lastName: Text, phone: Field.may(Text) })

/**
 * @since 0.1.0
 * @category sent
 */
export const ClientInput = Schema.Struct({
  ...ClientKey.fields,
  email: Field.may(Email),
  notes: Field.may(Schema.String)
})

/**
 * An HTTP or HTTPS URL, on no other port than theirs.
 *
 * @since 0.1.0
 * @category sent
 */
export const WebhookInput = Schema.Struct({
  event: Schema.Literal(
    "appointment.scheduled",
    "appointment.rescheduled",
    "appointment.canceled",
    "appointment.changed",
    "order.completed"
  ),
  target: Schema.String.pipe(
    Schema.filter((text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      return url !== undefined && /^https?:$/.test(url.protocol) && ["", "80", "443"].includes(url.port) ||
        "a URL with http or https, on port 80 or 443"
    })
  )
})
