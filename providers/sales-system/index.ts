/**
 * An in-house sales system, a worked example: `SalesSystem` is the service, `SalesSystemApi` its declaration, `Emulator` a
 * sales system for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { SalesSystemApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as SalesSystemErrors from "./Errors.js"
export { definition, orders, SalesSystem } from "./SalesSystem.js"
export * as Schemas from "./Schemas.js"
