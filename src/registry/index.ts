/** The door of `registry`: a schema registry over `_schemas`, as Confluent's is one. */
export { RegistryError, type RegistryErrorName } from './registry-error.ts'
export {
  type ClusterOptions,
  type RegistryServerOptions,
  type RunningRegistry,
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
export { WireFormatError } from './serdes/wire-format.ts'
export type { XmlOptions } from './serdes/xml-codec.ts'
export type { SchemaReference } from './stored-schema.ts'
