/** The door of `registry`: a schema registry over `_schemas`, as Confluent's is one. */
export { RegistryError, type RegistryErrorName } from './registry-error.ts'
export {
  type ClusterOptions,
  type RegistryServerOptions,
  type RunningRegistry,
  startRegistry,
} from './registry-server.ts'
