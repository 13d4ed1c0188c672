/**
 * What Crisp is sent besides messages, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Fingerprint } from "./Ids.js"
import { UserInput, Values } from "./Message.js"

/** Crisp says 0 and 1. */
const Flag = Schema.transformLiterals(["0", false], ["1", true])

const email = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

const Condition = Schema.Struct({
  model: Schema.NonEmptyString,
  criterion: Schema.NonEmptyString,
  operator: Schema.NonEmptyString,
  query: Schema.Array(Schema.String)
})

/**
 * Conditions of a search with `search_type: "filter"`, which stand in the query as JSON.
 *
 * @since 0.1.0
 * @category sent
 */
export const Conditions = Schema.parseJson(Schema.NonEmptyArray(Condition))

/**
 * Query of `conversations.list`. A page has 20 to 50 conversations, Crisp's default 20. `search_query` is a text with the
 * `search_type` `text` or `segment`, and a list of conditions with `filter`, which alone takes a `search_operator`.
 *
 * @since 0.1.0
 * @category sent
 */
export const ConversationListParams = Schema.Struct({
  per_page: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(20, 50))),
  search_query: Field.may(Schema.Union(Conditions, Schema.NonEmptyString)),
  search_type: Field.may(Schema.Literal("text", "segment", "filter")),
  search_operator: Field.may(Schema.Literal("and", "or")),
  include_empty: Field.may(Flag),
  filter_inbox_id: Field.may(Schema.NonEmptyString),
  filter_unread: Field.may(Flag),
  filter_resolved: Field.may(Flag),
  filter_not_resolved: Field.may(Flag),
  filter_mention: Field.may(Flag),
  filter_assigned: Field.may(Schema.NonEmptyString),
  filter_unassigned: Field.may(Flag),
  filter_date_start: Field.may(Schema.DateTimeUtc),
  filter_date_end: Field.may(Schema.DateTimeUtc),
  order_date_created: Field.may(Flag),
  order_date_updated: Field.may(Flag),
  order_date_waiting: Field.may(Flag)
}).pipe(
  Schema.filter(({ search_operator, search_query, search_type }) => {
    if ((search_query === undefined) !== (search_type === undefined)) return "search_query and search_type go together"
    if (search_query !== undefined && (typeof search_query === "string") === (search_type === "filter")) {
      return "search_query is a list of conditions with the search_type filter, and a text with the others"
    }
    return search_operator === undefined || search_type === "filter" || "search_operator is of the search_type filter"
  })
)

const time = Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))

/**
 * Query of `messages.list`: one of the three, in milliseconds.
 *
 * @since 0.1.0
 * @category sent
 */
export const MessageListParams = Schema.Struct({
  timestamp_before: time,
  timestamp_after: time,
  timestamp_around: time
}).pipe(
  Schema.filter((params) =>
    Object.keys(params).length < 2 || "one of timestamp_before, timestamp_after, timestamp_around"
  )
)

const changes = (fields: object) => Object.keys(fields).length > 0 || "nothing is changed"

/**
 * What is known of the visitor. What is not there stays as it is.
 *
 * @since 0.1.0
 * @category sent
 */
export const MetaInput = Schema.Struct({
  nickname: Field.may(Schema.NonEmptyString),
  email: Field.may(email),
  phone: Field.may(Schema.String),
  address: Field.may(Schema.String),
  subject: Field.may(Schema.String),
  avatar: Field.may(Schema.NonEmptyString),
  segments: Field.may(Schema.Array(Schema.NonEmptyString)),
  data: Field.may(Values)
}).pipe(Schema.filter(changes))

const by = { user: Field.may(UserInput), origin: Field.may(Schema.NonEmptyString) }

/**
 * @since 0.1.0
 * @category sent
 */
export const StateInput = Schema.Struct({ state: Schema.Literal("pending", "unresolved", "resolved"), ...by })

/**
 * To an operator, or with an empty `assigned` to nobody. `silent` tells nobody of it.
 *
 * @since 0.1.0
 * @category sent
 */
export const RoutingInput = Schema.Struct({
  assigned: Schema.Struct({ user_id: Field.may(Schema.NonEmptyString) }),
  silent: Field.may(Schema.Boolean)
})

/**
 * `null` is the main inbox.
 *
 * @since 0.1.0
 * @category sent
 */
export const InboxInput = Schema.Struct({ inbox_id: Schema.NullOr(Schema.NonEmptyString) })

/**
 * All who take part: whoever is not there is no participant any more.
 *
 * @since 0.1.0
 * @category sent
 */
export const ParticipantsInput = Schema.Struct({
  participants: Schema.Array(Schema.Struct({ type: Schema.NonEmptyString, target: Schema.NonEmptyString })),
  ...by
})

/**
 * @since 0.1.0
 * @category sent
 */
export const BlockInput = Schema.Struct({ blocked: Schema.Boolean, ...by })

/**
 * Messages that were read: those of `from`, by their fingerprints or else all.
 *
 * @since 0.1.0
 * @category sent
 */
export const ReadInput = Schema.Struct({
  from: Schema.Literal("user", "operator"),
  origin: Schema.NonEmptyString,
  fingerprints: Field.may(Schema.Array(Fingerprint))
})

/**
 * Query of `people.list`. By which names Crisp sorts, only its dashboard shows.
 *
 * @since 0.1.0
 * @category sent
 */
export const PeopleListParams = Schema.Struct({
  sort_field: Field.may(Schema.NonEmptyString),
  sort_order: Field.may(Schema.NonEmptyString),
  search_operator: Field.may(Schema.Literal("and", "or")),
  search_filter: Field.may(Conditions),
  search_text: Field.may(Schema.NonEmptyString)
})

const Geolocation = Schema.Struct({
  country: Field.may(Schema.String),
  region: Field.may(Schema.String),
  city: Field.may(Schema.String),
  coordinates: Field.may(Schema.Struct({ latitude: Schema.JsonNumber, longitude: Schema.JsonNumber }))
})

const Person = Schema.Struct({
  nickname: Field.may(Schema.NonEmptyString),
  avatar: Field.may(Schema.NonEmptyString),
  gender: Field.may(Schema.NonEmptyString),
  phone: Field.may(Schema.String),
  address: Field.may(Schema.String),
  description: Field.may(Schema.String),
  website: Field.may(Schema.String),
  timezone: Field.may(Schema.JsonNumber),
  profiles: Field.may(
    Schema.Array(Schema.Struct({
      type: Schema.NonEmptyString,
      handle: Schema.NonEmptyString,
      url: Field.may(Schema.String)
    }))
  ),
  employment: Field.may(Schema.Struct({
    name: Field.may(Schema.String),
    domain: Field.may(Schema.String),
    title: Field.may(Schema.String),
    role: Field.may(Schema.String),
    seniority: Field.may(Schema.String)
  })),
  geolocation: Field.may(Geolocation),
  locales: Field.may(Schema.Array(Schema.NonEmptyString))
})

const Company = Schema.Struct({
  name: Field.may(Schema.NonEmptyString),
  legal_name: Field.may(Schema.String),
  domain: Field.may(Schema.String),
  url: Field.may(Schema.String),
  description: Field.may(Schema.String),
  timezone: Field.may(Schema.JsonNumber),
  phones: Field.may(Schema.Array(Schema.String)),
  emails: Field.may(Schema.Array(Schema.String)),
  geolocation: Field.may(Geolocation),
  metrics: Field.may(Schema.Struct({
    employees: Field.may(Schema.JsonNumber),
    market_cap: Field.may(Schema.JsonNumber),
    raised: Field.may(Schema.JsonNumber),
    arr: Field.may(Schema.JsonNumber)
  })),
  tags: Field.may(Schema.Array(Schema.NonEmptyString))
})

/**
 * A person. `active` is when they were last seen, in milliseconds.
 *
 * @since 0.1.0
 * @category sent
 */
export const PeopleInput = Schema.Struct({
  email: Field.may(email),
  person: Field.may(Person),
  company: Field.may(Company),
  segments: Field.may(Schema.Array(Schema.NonEmptyString)),
  notepad: Field.may(Schema.String),
  active: Field.may(Schema.NonNegativeInt)
}).pipe(Schema.filter((card) => Object.keys(card).length > 0 || "nothing is said of the person"))

const plugins = { filter_configured: Field.may(Flag), include_plan: Field.may(Flag) }

/**
 * @since 0.1.0
 * @category sent
 */
export const PluginWebsiteListParams = Schema.Struct(plugins)

/**
 * @since 0.1.0
 * @category sent
 */
export const PluginWebsiteSinceParams = Schema.Struct({ ...plugins, date_since: Schema.DateTimeUtc })
