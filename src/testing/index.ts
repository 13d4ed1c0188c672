/**
 * Providers that run in the test: emulators, faults, layers for specs; stores that a test may break, and the network before
 * them. The conformance suites for backings of one's own are under `holdfast/testing/conformance/*`, since they import
 * vitest.
 *
 * @since 0.1.0
 */
export * as Emulated from "./Emulated.js"
export * as Emulator from "./Emulator.js"
export * as EmulatorServer from "./EmulatorServer.js"
export * as Faults from "./Faults.js"
export * as Ledger from "./Ledger.js"
export * as PostgresServer from "./PostgresServer.js"
export * as ProtoJson from "./ProtoJson.js"
export * as RedisServer from "./RedisServer.js"
export * as RpcErrors from "./RpcErrors.js"
export * as TcpProxy from "./TcpProxy.js"
export * as TestLayer from "./TestLayer.js"
export * as TestServer from "./TestServer.js"
