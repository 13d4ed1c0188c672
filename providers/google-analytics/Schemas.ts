/**
 * What the Google Analytics Data API is sent, and what it answers.
 *
 * What is sent is strict: a request that Google is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, an enum is read as a string, and what proto3 leaves out of its JSON (an empty list, a zero, an empty
 * text) is put back.
 *
 * Source: the discovery document of the Google Analytics Data API, v1beta, revision 20260909.
 *
 * @since 0.1.0
 */
export {
  /**
   * @since 0.1.0
   * @category sent
   */
  Expression
} from "./Filters.js"
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
