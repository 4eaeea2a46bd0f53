/** A schema registry as an application has it: where it is, and the serdes that it gives. */

import type { Clock } from '../../base/index.ts'
import { type AvroOptions, avroCodec } from './avro-codec.ts'
import type { AvroLiteral, AvroValue, LongKind } from './avro-value.ts'
import { type JsonOptions, jsonCodec } from './json-codec.ts'
import type { JsonLiteral, JsonValue } from './json-value.ts'
import { type ProtobufOptions, protobufCodec } from './protobuf-codec.ts'
import { SchemaClient, type SchemaClientOptions } from './schema-client.ts'
import { SchemaSerde, type SchemaSerdeOptions } from './schema-serde.ts'
import { type XmlOptions, xmlCodec } from './xml-codec.ts'

type AvroSerdeOptions<Instead, Longs extends LongKind = LongKind> = SchemaSerdeOptions<Instead> &
  AvroOptions & { readonly longs?: Longs }

type JsonSerdeOptions<Instead> = SchemaSerdeOptions<Instead> & JsonOptions

export class SchemaRegistry {
  readonly client: SchemaClient

  /** Asks nobody yet. */
  constructor(options: SchemaClientOptions, clock: Clock) {
    this.client = new SchemaClient(options, clock)
  }

  /**
   * Values as `avsc` has them. `schema`, JSON or its text, is what is written with, and what is read as, by Avro's rules; without it what is
   * read is as it was written. A literal tells what its values are; of a text, or of nothing, `avro<Order>()` does.
   */
  avro<T = unknown, Instead = never>(schema?: string, options?: AvroSerdeOptions<Instead>): SchemaSerde<T, Instead>
  avro<const S extends AvroLiteral, Instead = never, Longs extends LongKind = 'number'>(
    schema: S,
    options?: AvroSerdeOptions<Instead, Longs>,
  ): SchemaSerde<AvroValue<S, Longs>, Instead>
  avro<T = unknown, Instead = never>(schema: object, options?: AvroSerdeOptions<Instead>): SchemaSerde<T, Instead>
  avro<T, Instead>(
    schema?: string | object,
    { longs, ...options }: AvroSerdeOptions<Instead> = {},
  ): SchemaSerde<T, Instead> {
    const text = schema === undefined || typeof schema === 'string' ? schema : JSON.stringify(schema)
    return new SchemaSerde(this.client, {
      codec: avroCodec<T>(longs === undefined ? {} : { longs }),
      schema: text,
      options,
    })
  }

  /**
   * JSON, checked by a JSON Schema: by `schema`, JSON or its text, and without it by the one that it was written with. A literal tells what
   * its values are; of a text, or of nothing, `json<Order>()` does.
   */
  json<T = unknown, Instead = never>(schema?: string, options?: JsonSerdeOptions<Instead>): SchemaSerde<T, Instead>
  json<const S extends JsonLiteral, Instead = never>(
    schema: S,
    options?: JsonSerdeOptions<Instead>,
  ): SchemaSerde<JsonValue<S>, Instead>
  json<T = unknown, Instead = never>(schema: object, options?: JsonSerdeOptions<Instead>): SchemaSerde<T, Instead>
  json<T, Instead>(
    schema?: string | object | boolean,
    { validate = true, ...options }: JsonSerdeOptions<Instead> = {},
  ): SchemaSerde<T, Instead> {
    const text = schema === undefined || typeof schema === 'string' ? schema : JSON.stringify(schema)
    return new SchemaSerde(this.client, { codec: jsonCodec<T>({ validate }), schema: text, options })
  }

  /** Messages as plain objects. `schema` is the text of a `.proto` file; without it what is read is as it was written. */
  protobuf<T = unknown, Instead = never>(
    schema?: string,
    { message, keepCase = false, longs = 'number', ...options }: SchemaSerdeOptions<Instead> & ProtobufOptions = {},
  ): SchemaSerde<T, Instead> {
    const codec = protobufCodec<T>({ keepCase, longs, ...(message !== undefined && { message }) })
    return new SchemaSerde(this.client, { codec, schema, options })
  }

  /** The texts of XML documents, checked by an XML Schema. Confluent's registry has no such schemas. */
  xml<Instead = never>(
    schema?: string,
    { validate = true, ...options }: SchemaSerdeOptions<Instead> & XmlOptions = {},
  ): SchemaSerde<string, Instead> {
    return new SchemaSerde(this.client, { codec: xmlCodec({ validate }), schema, options })
  }
}
