import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer, Redacted, Stream } from "effect"
import { Credentials, type IntegrationError, Pagination } from "holdfast"
import { Emulator, GooglePlaces, searches } from "holdfast/providers/google-places"
import * as Testing from "holdfast/testing"
import { fetched } from "../../fetched.js"

const credentials = Credentials.layer(Credentials.ApiKey({ key: Redacted.make("fake-maps-key") }))

const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Testing.Emulated.layerBare(GooglePlaces, emulator, { credentials }))
  return { emulator, google: Context.get(context, GooglePlaces) }
})

const mask = { "x-goog-fieldmask": ["places.id", "nextPageToken"] } as const

describe("traps of Places", () => {
  it.scoped("a field mask is required, and sent as a header", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve()
      const post = (headers: Readonly<Record<string, string>>) =>
        Effect.promise(async () => {
          const answer = await fetched(`${baseUrl}/v1/places:searchText`, {
            body: JSON.stringify({ pageSize: 1, textQuery: "Cafe" }),
            headers: { "content-type": "application/json", ...headers },
            method: "POST"
          })
          const read = await answer.json() as { readonly error?: { readonly status: string } }
          return [answer.status, read.error?.status]
        })
      const key = { "x-goog-api-key": "fake-maps-key" }
      deepStrictEqual(yield* post(key), [400, "INVALID_ARGUMENT"])
      deepStrictEqual(yield* post({ ...key, "x-goog-fieldmask": "places.mood" }), [400, "INVALID_ARGUMENT"])
      deepStrictEqual(yield* post({ ...key, "x-goog-fieldmask": "id" }), [400, "INVALID_ARGUMENT"])
      deepStrictEqual(yield* post({ "x-goog-fieldmask": "places.id" }), [400, "INVALID_ARGUMENT"])
      deepStrictEqual(yield* post({ ...key, "x-goog-fieldmask": "places.id,places.rating" }), [200, undefined])
      strictEqual(JSON.stringify(yield* emulator.ledger).includes("fake-maps-key"), false)
    }))

  it.scoped("a search ends after 60 places; without nextPageToken in the mask, after the first page", () =>
    Effect.gen(function*() {
      const { google } = yield* inProcess()
      const count = (fields: typeof mask["x-goog-fieldmask"] | readonly ["places.id"]) =>
        Stream.runCount(Pagination.items(google.places.searchText, searches, {
          headers: { "x-goog-fieldmask": fields },
          payload: { textQuery: "Cafe" }
        }))
      strictEqual(yield* count(mask["x-goog-fieldmask"]), 60)
      strictEqual(yield* count(["places.id"]), 20)
    }))

  it.scoped("a page token belongs to its search: with another one it is refused", () =>
    Effect.gen(function*() {
      const { google } = yield* inProcess()
      const { nextPageToken = "" } = yield* google.places.searchText({ headers: mask, payload: { textQuery: "Cafe" } })
      const error = yield* Effect.flip(
        google.places.searchText({ headers: mask, payload: { pageToken: nextPageToken, textQuery: "Berlin" } })
      )
      deepStrictEqual([error._tag, error.code], ["ValidationError", "INVALID_ARGUMENT"])
    }))

  it.scoped("what Google would refuse is not sent", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* inProcess()
      const center = { latitude: 0, longitude: 0 }
      const circle = { center, radius: 1 }
      const search = (payload: Parameters<typeof google.places.searchText>[0]["payload"]) =>
        google.places.searchText({ headers: mask, payload })
      const wrong: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
        search({ textQuery: "" }),
        search({ pageSize: 21, textQuery: "x" }),
        search({ minRating: 6, textQuery: "x" }),
        search({
          locationBias: { circle },
          locationRestriction: { rectangle: { high: center, low: center } },
          textQuery: "x"
        }),
        search({ locationBias: { circle, rectangle: { high: center, low: center } } as never, textQuery: "x" }),
        google.places.searchText({ headers: { "x-goog-fieldmask": ["places id"] }, payload: { textQuery: "x" } }),
        google.places.searchNearby({
          headers: mask,
          payload: { locationRestriction: { circle: { center, radius: 50_001 } } }
        }),
        google.places.autocomplete({
          headers: {},
          payload: { includedPrimaryTypes: ["a", "b", "c", "d", "e", "f"], input: "x" }
        }),
        google.places.photo({ path: { photoId: "b", placeId: "a" }, urlParams: { skipHttpRedirect: "true" } })
      ]
      for (const call of wrong) {
        const error = yield* Effect.flip(call)
        strictEqual(error._tag, "ValidationError")
        assertInclude(error.message, "nothing was sent")
      }
      deepStrictEqual(yield* emulator.ledger, [])
    }))

  it.scoped("the emulator has no places and photos that it does not have", () =>
    Effect.gen(function*() {
      const { google } = yield* inProcess()
      const get = google.places.get({ headers: { "x-goog-fieldmask": ["id"] }, path: { placeId: "none" } })
      strictEqual((yield* Effect.flip(get))._tag, "NotFoundError")
      const photo = google.places.photo({
        path: { photoId: "none", placeId: "fake-place-1" },
        urlParams: { maxWidthPx: 1, skipHttpRedirect: "true" }
      })
      strictEqual((yield* Effect.flip(photo))._tag, "NotFoundError")
      const popular = yield* google.places.searchNearby({
        headers: mask,
        payload: { locationRestriction: { circle: { center: { latitude: 52.5, longitude: 13.4 }, radius: 250 } } }
      })
      deepStrictEqual(popular.places.map(({ id }) => id), ["fake-place-3", "fake-place-2", "fake-place-1"])
    }))
})
