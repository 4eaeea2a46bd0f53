/** `@confluentinc/schemaregistry`: its serializers with the newest version, which they remember. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { entryOf } from '../clients/packages.ts'
import type { Library, OrderSerde, SerdePlace } from './library.ts'
import { type Order, statuses } from './samples.ts'

interface Options {
  readonly useLatestVersion?: boolean
  readonly autoRegisterSchemas?: boolean
  readonly validate?: boolean
  readonly registry?: unknown
}
type Serializer = new (
  client: unknown,
  type: string,
  options: Options,
) => { serialize(topic: string, value: unknown): Promise<Buffer> }
type Deserializer = new (
  client: unknown,
  type: string,
  options: Options,
) => { deserialize(topic: string, bytes: Buffer): Promise<unknown> }

interface Confluent {
  readonly SchemaRegistryClient: new (options: { readonly baseURLs: readonly string[] }) => unknown
  readonly AvroSerializer: Serializer
  readonly AvroDeserializer: Deserializer
  readonly JsonSerializer: Serializer
  readonly JsonDeserializer: Deserializer
  readonly ProtobufSerializer: Serializer
  readonly ProtobufDeserializer: Deserializer
  readonly SerdeType: { readonly VALUE: string }
}

/** What its users have of the code that is generated for them is made here of the descriptor that the registry gives. */
interface Bufbuild {
  create(type: unknown, value: object): unknown
  fromBinary(type: unknown, bytes: Uint8Array): unknown
  createFileRegistry(file: unknown, resolve: () => undefined): { getMessage(name: string): unknown }
}

const entry = entryOf('@confluentinc/schemaregistry')
const loaded: { readonly default: Confluent } = await import(entry)
const confluent = loaded.default

async function protobuf({ url, id, topic }: SerdePlace, client: unknown): Promise<OrderSerde> {
  const besideConfluent = createRequire(fileURLToPath(entry))
  const { create, createFileRegistry, fromBinary }: Bufbuild = besideConfluent('@bufbuild/protobuf')
  const { FileDescriptorProtoSchema }: { readonly FileDescriptorProtoSchema: unknown } =
    besideConfluent('@bufbuild/protobuf/wkt')
  const told: { readonly schema: string } = JSON.parse(
    await (await fetch(`${url}/schemas/ids/${id}?format=serialized`)).text(),
  )
  const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(told.schema, 'base64'))
  const registry = createFileRegistry(file, () => undefined)
  const type = registry.getMessage('shop.Order')
  const { ProtobufSerializer, ProtobufDeserializer, SerdeType } = confluent
  const options = { useLatestVersion: true, autoRegisterSchemas: false, registry }
  const serializer = new ProtobufSerializer(client, SerdeType.VALUE, options)
  const deserializer = new ProtobufDeserializer(client, SerdeType.VALUE, {})
  return {
    valueOf: (order) => create(type, message(order)),
    encode: (value) => serializer.serialize(topic, value),
    decode: (bytes) => deserializer.deserialize(topic, bytes),
  }
}

const message = ({ note, ...order }: Order): object => ({
  ...order,
  ...(note !== null && { note }),
  sequence: BigInt(order.sequence),
  placedAt: BigInt(order.placedAt),
  status: statuses.indexOf(order.status),
  address: { $typeName: 'shop.Address', ...order.address },
})

export const library: Library = {
  async serde(place) {
    const { url, format, topic } = place
    const client = new confluent.SchemaRegistryClient({ baseURLs: [url] })
    if (format === 'protobuf') return protobuf(place, client)
    const { AvroSerializer, AvroDeserializer, JsonSerializer, JsonDeserializer, SerdeType } = confluent
    const [Serializer, Deserializer] =
      format === 'avro' ? [AvroSerializer, AvroDeserializer] : [JsonSerializer, JsonDeserializer]
    const serializer = new Serializer(client, SerdeType.VALUE, {
      ...{ useLatestVersion: true, autoRegisterSchemas: false },
      ...(format === 'json' && { validate: true }),
    })
    const deserializer = new Deserializer(client, SerdeType.VALUE, { ...(format === 'json' && { validate: true }) })
    return {
      valueOf: (order) => order,
      encode: (value) => serializer.serialize(topic, value),
      decode: (bytes) => deserializer.deserialize(topic, bytes),
    }
  },
}
