/**
 * The buckets and objects of an emulated project.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { refuseStorage } from "./Bodies.js"
import { type Write, written } from "./Users.js"

type Bucket = typeof Schemas.Bucket.Type
type Entry = typeof Schemas.Entry.Type

/** What is uploaded. */
export interface Upload {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly cacheControl: string
  readonly metadata: Readonly<Record<string, unknown>> | undefined
}

interface Held extends Upload {
  readonly id: string
  readonly name: string
  readonly created: number
  readonly updated: number
}

interface Grant {
  readonly kind: "download" | "upload"
  readonly key: string
  readonly upsert: boolean
  readonly expires: number
}

const twoHours = 7_200_000

const sizeOf = (limit: number | string | null | undefined): number | undefined => {
  if (typeof limit === "number") return limit
  const [, amount, unit = "B"] = /^(\d+)\s*([KMG]?B)?$/i.exec(limit ?? "") ?? []
  const powers: Readonly<Record<string, number>> = { B: 1, GB: 1e9, KB: 1e3, MB: 1e6 }
  return amount === undefined ? undefined : Number(amount) * (powers[unit.toUpperCase()] ?? 1)
}

const isAllowed = (types: ReadonlyArray<string>, type: string): boolean => {
  const [own = ""] = type.split(";")
  return types.some((one) => one === own || (one.endsWith("/*") && own.startsWith(one.slice(0, -1))))
}

export class Objects {
  readonly buckets = new Map<string, Bucket>()
  readonly #held = new Map<string, Map<string, Held>>()
  readonly #grants = new Map<string, Grant>()
  #last = 0

  bucket(id: string): Bucket {
    const bucket = this.buckets.get(id)
    if (bucket === undefined) throw refuseStorage(404, "NoSuchBucket", "Bucket not found", "Bucket not found")
    return bucket
  }

  #in(bucket: string): Map<string, Held> {
    this.bucket(bucket)
    let objects = this.#held.get(bucket)
    if (objects === undefined) this.#held.set(bucket, objects = new Map())
    return objects
  }

  create(input: typeof Schemas.BucketInput.Type, { changed, now }: Write): Bucket {
    const id = input.id ?? input.name
    if (this.buckets.has(id)) {
      throw refuseStorage(409, "BucketAlreadyExists", "Duplicate", "The resource already exists")
    }
    const at = written(now)
    const bucket = { id, name: input.name, owner: "", public: false, created_at: at, updated_at: at }
    this.buckets.set(id, { ...bucket, ...this.#settings(input) })
    changed({ resource: "buckets", kind: "created", key: id })
    return bucket
  }

  #settings(input: typeof Schemas.BucketUpdate.Type) {
    const size = sizeOf(input.file_size_limit)
    return {
      ...(input.public === undefined ? undefined : { public: input.public }),
      ...(size === undefined ? undefined : { file_size_limit: size }),
      ...(input.allowed_mime_types == null ? undefined : { allowed_mime_types: input.allowed_mime_types })
    }
  }

  change(id: string, input: typeof Schemas.BucketUpdate.Type, { changed, now }: Write): void {
    this.buckets.set(id, { ...this.bucket(id), ...this.#settings(input), updated_at: written(now) })
    changed({ resource: "buckets", kind: "updated", key: id })
  }

  empty(id: string, { changed }: Write): void {
    this.#in(id).clear()
    changed({ resource: "buckets", kind: "emptied", key: id })
  }

  deleteBucket(id: string, { changed }: Write): void {
    if (this.#in(id).size > 0) {
      throw refuseStorage(409, "InvalidRequest", "InvalidRequest", "The bucket you tried to delete is not empty")
    }
    this.buckets.delete(id)
    changed({ resource: "buckets", kind: "deleted", key: id })
  }

  get(bucket: string, path: string): Held {
    const held = this.#in(bucket).get(path)
    if (held === undefined) throw refuseStorage(404, "NoSuchKey", "not_found", "Object not found")
    return held
  }

  put(bucket: string, path: string, upload: Upload, how: "create" | "replace" | "upsert", { changed, now }: Write) {
    const { allowed_mime_types: types, file_size_limit: limit } = this.bucket(bucket)
    if (limit !== undefined && upload.bytes.length > limit) {
      throw refuseStorage(
        413,
        "EntityTooLarge",
        "Payload too large",
        "The object exceeded the maximum allowed size"
      )
    }
    if (types !== undefined && !isAllowed(types, upload.contentType)) {
      throw refuseStorage(
        415,
        "InvalidMimeType",
        "invalid_mime_type",
        `mime type ${upload.contentType} is not supported`
      )
    }
    const objects = this.#in(bucket)
    const before = objects.get(path)
    if (before !== undefined && how === "create") {
      throw refuseStorage(409, "KeyAlreadyExists", "Duplicate", "The resource already exists")
    }
    if (before === undefined && how === "replace") {
      throw refuseStorage(404, "NoSuchKey", "not_found", "Object not found")
    }
    const id = before?.id ?? `00000000-0000-4000-a000-${(++this.#last).toString(16).padStart(12, "0")}`
    objects.set(path, { ...upload, created: before?.created ?? now, id, name: path, updated: now })
    changed({ resource: "objects", kind: before === undefined ? "created" : "updated", key: `${bucket}/${path}` })
    return { Id: id, Key: `${bucket}/${path}` }
  }

  info(bucket: string, path: string) {
    const { bytes, cacheControl, contentType, created, id, metadata, name, updated } = this.get(bucket, path)
    return {
      id,
      name,
      bucket_id: bucket,
      version: `${id}-1`,
      size: bytes.length,
      content_type: contentType,
      cache_control: cacheControl,
      etag: `"${bytes.length}-${updated}"`,
      ...(metadata === undefined ? undefined : { metadata }),
      created_at: written(created),
      last_modified: written(updated)
    }
  }

  #entry({ bytes, cacheControl, contentType, created, id, updated }: Held, name: string): Entry & { id: string } {
    return {
      name,
      id,
      created_at: written(created),
      updated_at: written(updated),
      last_accessed_at: written(updated),
      metadata: { cacheControl, mimetype: contentType, size: bytes.length }
    }
  }

  /** What is in one folder, each folder in it once. */
  list(bucket: string, { limit = 100, offset = 0, prefix, search = "", sortBy }: typeof Schemas.ListInput.Type) {
    const folder = prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`
    const entries = new Map<string, Entry>()
    for (const held of this.#in(bucket).values()) {
      if (!held.name.startsWith(folder)) continue
      const [name = "", ...below] = held.name.slice(folder.length).split("/")
      if (name.toLowerCase().includes(search.toLowerCase())) {
        entries.set(name, below.length > 0 ? { name } : this.#entry(held, name))
      }
    }
    const column = sortBy?.column ?? "name"
    const sign = sortBy?.order === "desc" ? -1 : 1
    return [...entries.values()]
      .sort((one, other) => sign * String(one[column] ?? "").localeCompare(String(other[column] ?? "")))
      .slice(offset, offset + limit)
  }

  listPage(bucket: string, input: typeof Schemas.ListPageInput.Type): typeof Schemas.ListPage.Type {
    const { cursor, limit = 1000, prefix = "", sortBy, with_delimiter: apart } = input
    const sign = sortBy?.order === "desc" ? -1 : 1
    const all = [...this.#in(bucket).values()].filter(({ name }) => name.startsWith(prefix))
      .sort((one, other) => sign * (one.name < other.name ? -1 : 1))
    const below = (name: string) => apart === true ? name.slice(prefix.length).indexOf("/") : -1
    const files = all.filter(({ name }) => below(name) < 0)
    const after = cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString()
    const rest = after === undefined
      ? files
      : files.filter(({ name }) => sign * (name > after ? 1 : -1) > 0 && name !== after)
    const page = rest.slice(0, limit)
    const last = page.at(-1)
    const hasNext = rest.length > page.length && last !== undefined
    const folders = new Set(
      all.flatMap(({ name }) => below(name) < 0 ? [] : [name.slice(0, prefix.length + below(name) + 1)])
    )
    return {
      hasNext,
      folders: cursor === undefined ? [...folders].map((name) => ({ key: name, name })) : [],
      objects: page.map((held) => ({ ...this.#entry(held, held.name), key: held.name })),
      ...(hasNext ? { nextCursor: Buffer.from(last.name).toString("base64url") } : undefined)
    }
  }

  transfer(input: typeof Schemas.TransferInput.Type, kind: "copied" | "moved", write: Write): string {
    const { bucketId, destinationBucket = bucketId, destinationKey, sourceKey } = input
    const held = this.get(bucketId, sourceKey)
    this.put(destinationBucket, destinationKey, held, "create", write)
    if (kind === "moved") this.#in(bucketId).delete(sourceKey)
    write.changed({ resource: "objects", kind, key: `${bucketId}/${sourceKey}` })
    return `${destinationBucket}/${destinationKey}`
  }

  /** What is not there is passed over. */
  remove(bucket: string, paths: ReadonlyArray<string>, { changed }: Write): ReadonlyArray<Entry> {
    const objects = this.#in(bucket)
    return paths.flatMap((path) => {
      const held = objects.get(path)
      if (held === undefined) return []
      objects.delete(path)
      changed({ resource: "objects", kind: "deleted", key: `${bucket}/${path}` })
      return [this.#entry(held, path)]
    })
  }

  #grant(kind: Grant["kind"], key: string, expires: number, upsert: boolean): string {
    const token = `signed-${kind}-${++this.#last}`
    this.#grants.set(token, { expires, key, kind, upsert })
    return token
  }

  sign(bucket: string, path: string, expiresIn: number, { now }: Write): string {
    this.get(bucket, path)
    const token = this.#grant("download", `${bucket}/${path}`, now + expiresIn * 1000, false)
    // as it is: whoever makes a URL of it escapes it
    return `/object/sign/${bucket}/${path}?token=${token}`
  }

  has(bucket: string, path: string): boolean {
    return this.#in(bucket).has(path)
  }

  signUpload(bucket: string, path: string, upsert: boolean, { now }: Write) {
    if (!upsert && this.has(bucket, path)) {
      throw refuseStorage(409, "KeyAlreadyExists", "Duplicate", "The resource already exists")
    }
    const token = this.#grant("upload", `${bucket}/${path}`, now + twoHours, upsert)
    return { token, url: `/object/upload/sign/${bucket}/${path}?token=${token}` }
  }

  /** Whether the token is one for this, or why it is none. */
  granted(token: string, kind: Grant["kind"], key: string, { now }: Write): Grant {
    const grant = this.#grants.get(token)
    if (grant === undefined || grant.kind !== kind || grant.key !== key) {
      throw refuseStorage(400, "InvalidJWT", "InvalidJWT", "invalid signature")
    }
    if (grant.expires <= now) {
      throw refuseStorage(400, "InvalidJWT", "InvalidJWT", "\"exp\" claim timestamp check failed")
    }
    return grant
  }
}
