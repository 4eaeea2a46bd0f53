/** Our own serdes, as producer and consumer call them. */
import { SchemaRegistry, type SchemaSerde } from '../../src/stack/registry.ts'
import type { Library } from './library.ts'
import type { Format } from './samples.ts'

const serdeOf = (registry: SchemaRegistry, format: Format, schema: string): SchemaSerde<unknown> =>
  format === 'avro' ? registry.avro(schema) : format === 'json' ? registry.json(schema) : registry.protobuf(schema)

export const library: Library = {
  async serde({ url, format, topic, schema }) {
    const registry = new SchemaRegistry({ url })
    const serde = serdeOf(registry, format, schema)
    // Of a record that was read.
    const headers: readonly never[] = []
    return {
      // Protobuf has nothing for null: there it is left out.
      valueOf: (order) => order,
      encode(value) {
        const made = serde.serialize(value, { topic, isKey: false, headers: [] })
        if (made === null) throw new Error('there are no bytes')
        return made instanceof Promise ? made.then((bytes) => bytes ?? Buffer.alloc(0)) : made
      },
      decode: (bytes) => serde.deserialize(bytes, { topic, isKey: false, headers }),
    }
  },
}
