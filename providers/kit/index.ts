/**
 * Kit (formerly ConvertKit): `Kit` is the service, `KitApi` its declaration, `Emulator` a Kit for tests.
 *
 * @since 0.1.0
 */
export { KitApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as KitErrors from "./Errors.js"
export { definition, Kit } from "./Kit.js"
export { lists } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
