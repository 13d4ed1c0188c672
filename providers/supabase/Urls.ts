/**
 * URLs of objects, for those who have no key.
 *
 * @since 0.1.0
 */

/**
 * The whole of what `objects.sign`, `signMany` and `signUpload` give: those are behind `/storage/v1`, and not escaped.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Supabase, Urls } from "holdfast/providers/supabase"
 *
 * const link = Effect.gen(function*() {
 *   const { objects } = yield* Supabase
 *   const { signedURL } = yield* objects.sign({
 *     path: { bucket: "invoices", path: "2026/a b.pdf" },
 *     payload: { expiresIn: 300 }
 *   })
 *   return Urls.signed("https://abcdefghijklmnopqrst.supabase.co", signedURL)
 * })
 * ```
 *
 * @since 0.1.0
 * @category urls
 */
export const signed = (project: string, path: string): string => encodeURI(`${project}/storage/v1${path}`)

/**
 * Of an object in a bucket that is public.
 *
 * @since 0.1.0
 * @category urls
 */
export const open = (project: string, object: { readonly bucket: string; readonly path: string }): string =>
  `${project}/storage/v1/object/public/${[object.bucket, ...object.path.split("/")].map(encodeURIComponent).join("/")}`
