/** The door `odradek`: a broker in a test, and what `odradek start` runs. */
export { layered, serverDefaults, testDefaults, withOwnListener } from './default-config.ts'
export { ListenError } from './listen-error.ts'
export { type ServerOptions, startServer } from './server.ts'
export { type RunningBroker, type StartBrokerOptions, startBroker } from './start-broker.ts'
