/**
 * What Plausible is sent, and what it answers.
 *
 * What is sent is strict: an event that Plausible would drop, and a query that it would refuse, fail before they leave. What
 * is read is tolerant: unknown fields pass, `null` stands for an absent field.
 *
 * Source: Plausible's documentation of its Events API, its Stats API (version 2) and its Sites API, and the JSON schema of
 * queries of its server.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const address = /(^|,)\s*\[?(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]+)/i

// ---------------------------------------------------------------------------------------------------------------------
// sent: events
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Who the visitor is: Plausible counts visitors by address and browser, and drops what looks like a machine. A program that
 * left them out would be the one visitor of its site, from a data centre.
 *
 * @since 0.1.0
 * @category sent
 */
export const Visitor = Schema.Struct({
  /** The visitor's own, as the browser sent it. */
  "user-agent": Schema.NonEmptyString,
  /** The visitor's address; of a list, the first that is one. */
  "x-forwarded-for": Schema.String.pipe(
    Schema.pattern(address, {
      message: () => "the address of the visitor, as in 203.0.113.7, or a list with one in it"
    })
  ),
  /** Nothing is recorded, and the answer is the address that Plausible has taken for the visitor's. */
  "x-debug-request": Field.may(Schema.Literal("true"))
})

const maxPath = 2000

const maxProps = 30

const Location = Schema.String.pipe(
  Schema.filter((text) => {
    if (!URL.canParse(text)) return "a whole URL, as in https://example.com/pricing"
    const { hash, pathname } = new URL(text)
    return pathname.length + hash.length <= maxPath || `at most ${maxPath} characters besides its host and its query`
  })
)

const Currency = Schema.String.pipe(
  Schema.pattern(/^[A-Z]{3}$/, { message: () => "a currency as in EUR" })
)

/**
 * @since 0.1.0
 * @category sent
 */
export const EventInput = Schema.Struct({
  /** The site, as it is called in Plausible. */
  domain: Schema.NonEmptyString,
  /** `pageview`, or a name of one's own. */
  name: Schema.NonEmptyString,
  url: Location,
  referrer: Field.may(Schema.String),
  /** At most 30: Plausible would leave out the rest, and not say so. */
  props: Field.may(
    Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.JsonNumber, Schema.Boolean) }).pipe(
      Schema.filter((props) => Object.keys(props).length <= maxProps || `at most ${maxProps} properties`)
    )
  ),
  revenue: Field.may(
    Schema.Struct({
      amount: Schema.Union(Schema.JsonNumber, Schema.NumberFromString.pipe(Schema.finite())),
      currency: Currency
    })
  ),
  /** `false`: the event is no sign that somebody is there, and a visit with nothing else is a bounce. Default `true`. */
  interactive: Field.may(Schema.Boolean)
})

// ---------------------------------------------------------------------------------------------------------------------
// sent: queries
// ---------------------------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category sent
 */
export const Metric = Schema.Literal(
  "average_revenue",
  "bounce_rate",
  "conversion_rate",
  "events",
  "group_conversion_rate",
  "pageviews",
  "percentage",
  "scroll_depth",
  "time_on_page",
  "total_revenue",
  "views_per_visit",
  "visit_duration",
  "visitors",
  "visits"
)

/**
 * @since 0.1.0
 * @category sent
 */
export type Metric = typeof Metric.Type

const dimension =
  /^(event:(goal|page|hostname|props:.+)|visit:(entry_page|exit_page|entry_page_hostname|exit_page_hostname|source|referrer|channel|utm_\w+|device|browser|browser_version|os|os_version|country|region|city|country_name|region_name|city_name)|time(:(hour|day|week|month))?)$/

/**
 * `event:page`, `visit:source`, `time:day`, `event:props:plan` …
 *
 * @since 0.1.0
 * @category sent
 */
export const Dimension = Schema.String.pipe(
  Schema.pattern(dimension, {
    message: () => "a dimension, as in event:page, visit:source, time:day, event:props:plan"
  })
)

const distinct = <A>(items: ReadonlyArray<A>): true | string => new Set(items).size === items.length || "each only once"

const Day = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}(T\S+)?$/, { message: () => "a day, 2026-11-26, or a time of it in ISO 8601" })
)

/**
 * Days are those of the site's own time zone.
 *
 * @since 0.1.0
 * @category sent
 */
export const DateRange = Schema.Union(
  Schema.Literal("12mo", "24h", "28d", "30d", "6mo", "7d", "91d", "all", "day", "month", "year"),
  Schema.Tuple(Day, Day)
)

const Operator = Schema.Literal("contains", "contains_not", "is", "is_not", "matches", "matches_not")

const Clauses = Schema.Array(Schema.Union(Schema.String, Schema.Int))

const Modifiers = Schema.Struct({ case_sensitive: Schema.Boolean })

const Simple = Schema.Tuple(Operator, Dimension, Clauses, Schema.optionalElement(Modifiers))

const Segment = Schema.Tuple(Schema.Literal("is"), Schema.Literal("segment"), Schema.Tuple(Schema.Int))

/**
 * `["is", "event:page", ["/pricing"]]`, and such joined by `and`, `or`, `not`, `has_done` and `has_not_done`.
 *
 * @since 0.1.0
 * @category sent
 */
export type Filter =
  | typeof Simple.Type
  | typeof Segment.Type
  | readonly ["and" | "or", ReadonlyArray<Filter>]
  | readonly ["not" | "has_done" | "has_not_done", Filter]

/**
 * @since 0.1.0
 * @category sent
 */
export const Filter: Schema.Schema<Filter> = Schema.Union(
  Simple,
  Segment,
  Schema.Tuple(
    Schema.Literal("and", "or"),
    Schema.Array(Schema.suspend((): Schema.Schema<Filter> => Filter)).pipe(Schema.minItems(1))
  ),
  Schema.Tuple(
    Schema.Literal("has_done", "has_not_done", "not"),
    Schema.suspend((): Schema.Schema<Filter> => Filter)
  )
).annotations({ identifier: "PlausibleFilter" })

/**
 * @since 0.1.0
 * @category sent
 */
export const QueryInput = Schema.Struct({
  date_range: DateRange,
  dimensions: Field.may(Schema.Array(Dimension).pipe(Schema.filter(distinct))),
  filters: Field.may(Schema.Array(Filter)),
  include: Field.may(Schema.Struct({
    imports: Field.may(Schema.Boolean),
    /** With a dimension of time: the names of all its buckets, also of those with nothing in them. */
    time_labels: Field.may(Schema.Boolean),
    /** How many rows there are on all pages. */
    total_rows: Field.may(Schema.Boolean)
  })),
  metrics: Schema.Array(Metric).pipe(Schema.minItems(1), Schema.filter(distinct)),
  /** Each by one of the metrics or dimensions of this query. */
  order_by: Field.may(Schema.Array(Schema.Tuple(Schema.Union(Metric, Dimension), Schema.Literal("asc", "desc")))),
  pagination: Field.may(Schema.Struct({
    /** Default 10,000. */
    limit: Field.may(Schema.Int.pipe(Schema.between(1, 10_000))),
    offset: Field.may(Schema.Int.pipe(Schema.nonNegative()))
  })),
  /** The domain of the site. */
  site_id: Schema.NonEmptyString
})

/**
 * @since 0.1.0
 * @category sent
 */
export const SiteListParams = Schema.Struct({
  after: Field.may(Schema.NonEmptyString),
  before: Field.may(Schema.NonEmptyString),
  /** Plausible's default 100. */
  limit: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.positive())),
  team_id: Field.may(Schema.NonEmptyString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const TeamListParams = Schema.Struct({
  after: Field.may(Schema.NonEmptyString),
  before: Field.may(Schema.NonEmptyString),
  limit: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.positive()))
})

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category read
 */
export const Revenue = Schema.Struct({
  currency: Schema.String,
  long: Field.maybe(Schema.String),
  short: Field.maybe(Schema.String),
  value: Schema.Number
})

const Text = Schema.Union(
  Schema.String,
  Schema.transform(Schema.Number, Schema.String, { strict: true, decode: String, encode: Number })
)

/**
 * `dimensions` and `metrics` are in the order of the query.
 *
 * @since 0.1.0
 * @category read
 */
export const Row = Schema.Struct({
  /** Texts, also of what is a number, as the id of a city may be. */
  dimensions: Schema.optionalWith(Schema.Array(Text), { default: () => [], nullable: true }),
  metrics: Schema.Array(Schema.NullOr(Schema.Union(Schema.Number, Revenue)))
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Row extends Schema.Schema.Type<typeof Row> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Report = Schema.Struct({
  meta: Schema.optionalWith(
    Schema.Struct({
      imports_included: Field.maybe(Schema.Boolean),
      imports_skip_reason: Field.maybe(Schema.String),
      imports_warning: Field.maybe(Schema.String),
      /** By metric, why it may not be what it seems. */
      metric_warnings: Field.maybe(Schema.Unknown),
      time_labels: Field.maybe(Schema.Array(Schema.String)),
      total_rows: Field.maybe(Schema.Int)
    }),
    { default: () => ({}), nullable: true }
  ),
  /** The query, as Plausible has read it: with `date_range` in days. */
  query: Field.maybe(Schema.Unknown),
  results: Schema.Array(Row)
})

const Cursors = Schema.optionalWith(
  Schema.Struct({
    after: Field.maybe(Schema.String),
    before: Field.maybe(Schema.String),
    limit: Field.maybe(Schema.Int)
  }),
  { default: () => ({}), nullable: true }
)

/**
 * @since 0.1.0
 * @category read
 */
export const Site = Schema.Struct({ domain: Schema.String, timezone: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export interface Site extends Schema.Schema.Type<typeof Site> {}

/**
 * @since 0.1.0
 * @category read
 */
export const SitePage = Schema.Struct({ meta: Cursors, sites: Schema.Array(Site) })

/**
 * @since 0.1.0
 * @category read
 */
export const Team = Schema.Struct({
  api_available: Field.maybe(Schema.Boolean),
  id: Schema.String,
  name: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Team extends Schema.Schema.Type<typeof Team> {}

/**
 * @since 0.1.0
 * @category read
 */
export const TeamPage = Schema.Struct({ meta: Cursors, teams: Schema.Array(Team) })

/**
 * By part of the server, `ok` or what is wrong.
 *
 * @since 0.1.0
 * @category read
 */
export const Health = Schema.Record({ key: Schema.String, value: Schema.Unknown })
