/**
 * Supabase: `Supabase` is the service, `SupabaseApi` its declaration, `Filters` say which rows, `Emulator` is a project for
 * tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { SupabaseApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as SupabaseErrors from "./Errors.js"
export * as Filters from "./Filters.js"
export * as Keys from "./Keys.js"
export { buckets, entries, objects, rows, totalOf, users } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
export { definition, Supabase } from "./Supabase.js"
export * as Urls from "./Urls.js"
