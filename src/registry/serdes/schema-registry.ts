/** A schema registry as an application has it: where it is, and the serdes that it gives. */
import { type AvroOptions, avroCodec } from './avro-codec.ts'
import { SchemaClient, type SchemaClientOptions } from './schema-client.ts'
import { SchemaSerde, type SchemaSerdeOptions } from './schema-serde.ts'

export class SchemaRegistry {
  readonly client: SchemaClient

  /** Asks nobody yet. */
  constructor(options: SchemaClientOptions) {
    this.client = new SchemaClient(options)
  }

  /**
   * Values as `avsc` has them. `schema`, JSON or its text, is what is written with, and what is read as, by Avro's rules; without it what is
   * read is as it was written.
   */
  avro<T = unknown, Instead = never>(
    schema?: string | object,
    { longs, ...options }: SchemaSerdeOptions<Instead> & AvroOptions = {},
  ): SchemaSerde<T, Instead> {
    const text = schema === undefined || typeof schema === 'string' ? schema : JSON.stringify(schema)
    return new SchemaSerde(this.client, {
      codec: avroCodec<T>(longs === undefined ? {} : { longs }),
      schema: text,
      options,
    })
  }
}
