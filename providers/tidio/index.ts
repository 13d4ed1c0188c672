/**
 * Tidio: `Tidio` is the service, `TidioApi` its declaration, `Emulator` a Tidio for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { TidioApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as TidioErrors from "./Errors.js"
export { lists } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
export { credential, definition, Tidio } from "./Tidio.js"
