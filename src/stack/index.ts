/** The door `odradek`: a broker in a test, and what `odradek start` runs. */
export { layered, serverDefaults, testDefaults } from './default-config.ts'
export { type ServerOptions, startServer } from './server.ts'
export { type RunningBroker, type StartBrokerOptions, startBroker } from './start-broker.ts'
