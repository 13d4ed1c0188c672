/**
 * What the emulator answers of buckets and objects.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator } from "holdfast/testing"
import type { EmulatedApi } from "../Api.js"
import type { Objects, Upload } from "./Objects.js"

type Handlers = Emulator.Handlers<EmulatedApi>

export const bucketHandlers = (objects: Objects): Handlers["buckets"] => ({
  list: ({ urlParams: { limit = 1000, offset = 0, search = "", sortColumn = "id", sortOrder = "asc" } }) =>
    Emulator.step(() => {
      const sign = sortOrder === "desc" ? -1 : 1
      return [...objects.buckets.values()].filter(({ name }) => name.includes(search))
        .sort((a, b) => sign * String(a[sortColumn]).localeCompare(String(b[sortColumn])))
        .slice(offset, offset + limit)
    }),
  create: ({ payload }, exchange) => Emulator.step(() => ({ name: objects.create(payload, exchange).id })),
  get: ({ path }) => Emulator.step(() => objects.bucket(path.bucket)),
  update: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      objects.change(path.bucket, payload, exchange)
      return { message: "Successfully updated" }
    }),
  delete: ({ path }, exchange) =>
    Emulator.step(() => {
      objects.deleteBucket(path.bucket, exchange)
      return { message: "Successfully deleted" }
    }),
  empty: ({ path }, exchange) =>
    Emulator.step(() => {
      objects.empty(path.bucket, exchange)
      return { message: "Successfully emptied" }
    })
})

type UploadHeaders = Parameters<Handlers["objects"]["upload"]>[0]["headers"]

/** The bytes as they are, or the file of a form, as browsers send them. */
const uploadOf = (bytes: Uint8Array, headers: UploadHeaders): Effect.Effect<Upload> => {
  const contentType = headers["content-type"] ?? "application/octet-stream"
  const cacheControl = headers["cache-control"] ?? "no-cache"
  if (!contentType.startsWith("multipart/form-data")) {
    return Effect.succeed({ bytes, cacheControl, contentType, metadata: headers["x-metadata"] })
  }
  return Effect.promise(async () => {
    const form = await new Response(bytes.slice(), { headers: { "content-type": contentType } }).formData()
    const file = [...form.values()].find((value) => typeof value !== "string")
    const metadata = form.get("metadata")
    const seconds = form.get("cacheControl")
    return {
      bytes: file === undefined ? new Uint8Array(0) : new Uint8Array(await file.arrayBuffer()),
      cacheControl: typeof seconds === "string" ? `max-age=${seconds}` : cacheControl,
      contentType: file?.type ?? "application/octet-stream",
      metadata: typeof metadata === "string" ? JSON.parse(metadata) : undefined
    }
  })
}

export const objectHandlers = (objects: Objects): Handlers["objects"] => {
  const file = ({ bytes, cacheControl, contentType }: Upload) =>
    new Emulator.Reply({ headers: { "cache-control": cacheControl, "content-type": contentType }, value: bytes })
  return {
    upload: ({ headers, path, payload }, exchange) =>
      Effect.flatMap(
        uploadOf(payload, headers),
        (upload) =>
          Emulator.step(() =>
            objects.put(path.bucket, path.path, upload, headers["x-upsert"] === true ? "upsert" : "create", exchange)
          )
      ),
    replace: ({ headers, path, payload }, exchange) =>
      Effect.flatMap(
        uploadOf(payload, headers),
        (upload) => Emulator.step(() => objects.put(path.bucket, path.path, upload, "replace", exchange))
      ),
    download: ({ path }) => Emulator.step(() => file(objects.get(path.bucket, path.path))),
    info: ({ path }) => Emulator.step(() => objects.info(path.bucket, path.path)),
    list: ({ path, payload }) => Emulator.step(() => objects.list(path.bucket, payload)),
    listPage: ({ path, payload }) => Emulator.step(() => objects.listPage(path.bucket, payload)),
    move: ({ payload }, exchange) =>
      Emulator.step(() => {
        objects.transfer(payload, "moved", exchange)
        return { message: "Successfully moved" }
      }),
    copy: ({ payload }, exchange) => Emulator.step(() => ({ Key: objects.transfer(payload, "copied", exchange) })),
    remove: ({ path, payload }, exchange) =>
      Emulator.step(() => objects.remove(path.bucket, payload.prefixes, exchange)),
    sign: ({ path, payload }, exchange) =>
      Emulator.step(() => ({ signedURL: objects.sign(path.bucket, path.path, payload.expiresIn, exchange) })),
    signMany: ({ path: { bucket }, payload: { expiresIn, paths } }, exchange) =>
      Emulator.step(() =>
        paths.map((path) =>
          objects.has(bucket, path)
            ? { path, signedURL: objects.sign(bucket, path, expiresIn, exchange) }
            : { error: "Either the object does not exist or you do not have access to it", path }
        )
      ),
    downloadSigned: ({ path: { bucket, path }, urlParams }, exchange) =>
      Emulator.step(() => {
        objects.granted(urlParams.token, "download", `${bucket}/${path}`, exchange)
        return file(objects.get(bucket, path))
      }),
    signUpload: ({ headers, path }, exchange) =>
      Emulator.step(() => objects.signUpload(path.bucket, path.path, headers["x-upsert"] === true, exchange)),
    uploadSigned: ({ headers, path: { bucket, path }, payload, urlParams }, exchange) =>
      Effect.flatMap(uploadOf(payload, headers), (upload) =>
        Emulator.step(() => {
          const { upsert } = objects.granted(urlParams.token, "upload", `${bucket}/${path}`, exchange)
          return objects.put(bucket, path, upload, upsert ? "upsert" : "create", exchange)
        }))
  }
}
