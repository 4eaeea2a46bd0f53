/** The door `odradek`: a broker in a test, and what `odradek start` runs. */
export { type ConfiguredRegistryOptions, checkRegistry, startConfiguredRegistry } from './configured-registry.ts'
export { layered, serverDefaults, testDefaults, withOwnListener } from './default-config.ts'
export { ListenError } from './listen-error.ts'
export { keepNodeRegistry } from './node-registry.ts'
export { type ServerOptions, startServer } from './server.ts'
export { type RunningBroker, type StartBrokerOptions, startBroker } from './start-broker.ts'
export { tlsOptions } from './tls-properties.ts'
