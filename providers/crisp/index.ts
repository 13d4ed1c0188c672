/**
 * Crisp: `Crisp` is the service, `CrispApi` its declaration, `Emulator` a Crisp for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { CrispApi } from "./Api.js"
export { Crisp, define, definition, type Tier } from "./Crisp.js"
export * as Emulator from "./Emulator.js"
export * as CrispErrors from "./Errors.js"
export { history, lists } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
