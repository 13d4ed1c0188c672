/**
 * What stands in Crisp's paths.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A workspace, which the API calls a website.
 *
 * @since 0.1.0
 * @category ids
 */
export const WebsiteId = Schema.String.pipe(
  Schema.pattern(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, {
    message: () => "the id of a website, a UUID"
  })
)

/**
 * A conversation.
 *
 * @since 0.1.0
 * @category ids
 */
export const SessionId = Schema.String.pipe(
  Schema.pattern(/^session_[\w-]+$/, {
    message: () => "the id of a conversation, as in session_700c65e1-85e2-465a-b9ac-ecb5ec2c9881"
  })
)

/**
 * A person: the `people_id`, or the e-mail address.
 *
 * @since 0.1.0
 * @category ids
 */
export const PeopleId = Schema.NonEmptyTrimmedString

/**
 * Pages have numbers, from 1 on, which stand in the path.
 *
 * @since 0.1.0
 * @category ids
 */
export const Page = Schema.NumberFromString.pipe(Schema.int(), Schema.positive())

/**
 * A message is known by a number, which the one who sends it may choose.
 *
 * @since 0.1.0
 * @category ids
 */
export const Fingerprint = Schema.NonNegativeInt

const inWebsite = { website_id: WebsiteId }

/**
 * @since 0.1.0
 * @category paths
 */
export const ofWebsite = Schema.Struct(inWebsite)

/**
 * @since 0.1.0
 * @category paths
 */
export const pageOfWebsite = Schema.Struct({ ...inWebsite, page: Page })

/**
 * @since 0.1.0
 * @category paths
 */
export const ofConversation = Schema.Struct({ ...inWebsite, session_id: SessionId })

/**
 * @since 0.1.0
 * @category paths
 */
export const ofMessage = Schema.Struct({
  ...inWebsite,
  session_id: SessionId,
  fingerprint: Schema.compose(Schema.NumberFromString, Fingerprint)
})

/**
 * @since 0.1.0
 * @category paths
 */
export const ofPerson = Schema.Struct({ ...inWebsite, people_id: PeopleId })
