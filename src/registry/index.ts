/** The door of `registry`: a schema registry over `_schemas`, as Confluent's is one. */
export { type Cryptography, newPasswordHash } from './http/password-hash.ts'
export type { Https, RegistryTls } from './http/secure-server.ts'
export type { RegistryUser, UserRole } from './http/users.ts'
export { jobsUrl } from './jobs.ts'
export { RegistryError, type RegistryErrorName } from './registry-error.ts'
export {
  type ClusterOptions,
  type RegistryServerOptions,
  type RunningRegistry,
  type SecurityOptions,
  startRegistry,
} from './registry-server.ts'
export type { AvroOptions } from './serdes/avro-codec.ts'
export type { AvroLiteral, AvroValue } from './serdes/avro-value.ts'
export type { JsonOptions } from './serdes/json-codec.ts'
export type { JsonLiteral, JsonValue } from './serdes/json-value.ts'
export type { ProtobufOptions } from './serdes/protobuf-codec.ts'
export {
  type FoundSchema,
  type GivenSchema,
  type RegisteredSchema,
  type SchemaClient,
  SchemaClientError,
  type SchemaClientOptions,
} from './serdes/schema-client.ts'
export { SchemaRegistry } from './serdes/schema-registry.ts'
export { SchemaSerde, type SchemaSerdeOptions, type Undecodable } from './serdes/schema-serde.ts'
export type { SubjectNameStrategy, SubjectOf } from './serdes/subject-names.ts'
export { wholeSchema } from './serdes/whole-schema.ts'
export { headerName, type SchemaId, unframed, WireFormatError } from './serdes/wire-format.ts'
export type { XmlOptions } from './serdes/xml-codec.ts'
export type { CompatibilityLevel } from './settings.ts'
export type { SchemaReference } from './stored-schema.ts'
