/** `@kafkajs/confluent-schema-registry`. It takes messages of Protobuf as protobufjs has them: enum values are numbers. */
import { entryOf } from '../clients/packages.ts'
import type { Library } from './library.ts'
import { type Order, statuses } from './samples.ts'

interface Client {
  encode(id: number, value: unknown): Promise<Buffer>
  decode(bytes: Buffer): Promise<unknown>
}

const loaded: {
  readonly default: { readonly SchemaRegistry: new (options: { readonly host: string }) => Client }
} = await import(entryOf('@kafkajs/confluent-schema-registry'))

const withNumbers = ({ note, ...order }: Order): unknown => ({
  ...order,
  ...(note !== null && { note }),
  status: statuses.indexOf(order.status),
})

export const library: Library = {
  async serde({ url, format, id }) {
    const client = new loaded.default.SchemaRegistry({ host: url })
    return {
      valueOf: (order) => (format === 'protobuf' ? withNumbers(order) : order),
      encode: (value) => client.encode(id, value),
      decode: (bytes) => client.decode(bytes),
    }
  },
}
