/**
 * What the registry has to know of a format of schemas: whether a text is one, what is stored of it, which texts are the same, and what
 * stands between a reader and a writer. Pure: what a schema refers to is given with it.
 */

/** As the REST interface names them; XML is ours. */
type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF' | 'XML'

/** Another schema, whole, by the name that the one in question calls it by. */
export interface ResolvedReference {
  /** The full name of a type (Avro), a `$ref` (JSON Schema), the path of an import (Protobuf), a `schemaLocation` (XML). */
  readonly name: string
  readonly text: string
}

export interface SchemaSource {
  readonly text: string
  /** All that it refers to, directly or not: each one comes behind those that it refers to itself. */
  readonly references: readonly ResolvedReference[]
}

export interface Incompatibility {
  /** The kind of it, in the words of Confluent's registry: `READER_FIELD_MISSING_DEFAULT_VALUE`, `REQUIRED_ATTRIBUTE_ADDED`. */
  readonly type: string
  /** What is wrong, and where, so that who has written the schema can act on it. */
  readonly description: string
  /** The detail of it that programs look for, as Confluent's registry gives it; empty where there is none. */
  readonly additionalInfo: string
}

export interface ParsedSchema {
  readonly type: SchemaType
  /** The text that is stored and given out: of the same meaning as what came, and written in one way. */
  readonly canonical: string
  /** Of all texts that mean the same one: what is stored where it is asked for (`normalize`). */
  readonly normalized: string
  /** Of the record or message that it describes, in full; undefined where it has none. */
  readonly name: string | undefined
  /** The schema in another form, as `format=` of a request names it; undefined: there is no such form. Throws nothing. */
  readonly inForm?: (form: string) => string | undefined
  /**
   * What hinders a reader with this schema from reading what was written with the other one; empty where nothing does. A writer's schema
   * of another format is one incompatibility.
   */
  readonly incompatibilities: (writer: ParsedSchema) => readonly Incompatibility[]
}

export interface SchemaFormat {
  readonly type: SchemaType
  /**
   * UTF-16 units: a few texts that have no more in all are read, and compared, within some 10 ms, whatever they are (measured with those
   * made to be slow); 0 where that cannot be said of any.
   */
  readonly quickLengthMax: number
  /** Throws InvalidSchemaError. */
  readonly parse: (source: SchemaSource) => ParsedSchema
}

/** A text that is no schema of its format; the message says what is wrong, and where. */
export class InvalidSchemaError extends Error {
  override readonly name = 'InvalidSchemaError'
}
