/** Google's generated clients, by the REST transport of google-gax, over plain HTTP to an emulator. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { OAuth2Client } from "google-auth-library"
import { GoogleError, Status } from "google-gax"
import { thrown } from "./promised.js"

/**
 * Options of a client. It is given what authorizes, since by itself it would look for a project: in files, by a command, and
 * in the network.
 */
export const rest = (port: number, authClient: OAuth2Client) => ({
  apiEndpoint: "127.0.0.1",
  authClient,
  fallback: true,
  port,
  protocol: "http"
})

/**
 * google-gax makes its own error of the body of an error; google-auth-library, through which it sends, throws one of its own
 * before that, unless every status is a good one.
 */
const lenient = { transporterOptions: { validateStatus: () => true } }

export const ofKey = (apiKey: string) => new OAuth2Client({ apiKey, ...lenient })

export const ofToken = (access_token: string) => new OAuth2Client({ credentials: { access_token }, ...lenient })

/** With the code of gRPC, as all of Google's clients have it. */
export const refused = (promise: () => PromiseLike<unknown>, status: keyof typeof Status) =>
  Effect.map(thrown(promise), (error) => {
    assert.instanceOf(error, GoogleError)
    assert.strictEqual(error.code, Status[status])
    return error
  })

/** The clients write enumerations as numbers: by name, as the SDK itself has them. */
export const named = (
  value: unknown,
  enums: Readonly<Record<string, Readonly<Record<number, string>>>>,
  field = ""
): unknown =>
  Array.isArray(value)
    ? value.map((one: unknown) => named(one, enums, field))
    : typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, named(inside, enums, name)]))
    : typeof value === "number"
    ? enums[field]?.[value] ?? value
    : value

/** What they ask for besides: enumerations as numbers. */
export const alt = { $alt: "json;enum-encoding=int" }
