/**
 * Looks into a body that nothing has checked, as a provider's error bodies are: what is not what it should be is not there,
 * and nothing throws.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export type Fields = Readonly<Record<string, unknown>>

/**
 * The fields of an object.
 *
 * @example
 * ```ts
 * import { Body, type Classification } from "holdfast"
 *
 * const classify: Classification.Classifier = ({ body, status }) => {
 *   const code = Body.text(Body.record(Body.record(body)?.error)?.code)
 *   return status < 400 ? undefined : { code }
 * }
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const record = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : undefined

/**
 * A text with something in it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/**
 * The items of an array; none of what is no array.
 *
 * @since 0.1.0
 * @category accessors
 */
export const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

/**
 * The texts among the items of an array.
 *
 * @since 0.1.0
 * @category accessors
 */
export const texts = (value: unknown): ReadonlyArray<string> => list(value).filter((one) => typeof one === "string")
