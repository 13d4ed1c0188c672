/**
 * An in-house ERP, a worked example: `Erp` is the service, `ErpApi` its declaration, `Emulator` a
 * ERP for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { ErpApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export { definition, Erp, items } from "./Erp.js"
export * as ErpErrors from "./Errors.js"
export * as Schemas from "./Schemas.js"
