/**
 * What the compiler says to those who use the client: lines that it must take, and lines, marked with the number of its error, that it
 * must refuse. Nothing of it is run. `types.test.ts` shows that the marks are looked at.
 */
import {
  boolean,
  type ConsumedHeader,
  type ConsumedRecord,
  type Consumer,
  defineTopic,
  int64,
  json,
  type Kafka,
  type KafkaError,
  orNull,
  type Producer,
  type Serde,
  type ShareConsumer,
  type ShareRecord,
  string,
  type TypedTopic,
  uuid,
  voidSerde,
} from '../../src/stack/client.ts'

interface Order {
  readonly total: number
}

interface Payment {
  readonly amount: bigint
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Bytes = Buffer | null

/** The type of what is given is exactly this one. */
declare function exactly<Expected>(): <Given>(
  given: Given & (Equal<Given, Expected> extends true ? unknown : never),
) => void

declare const payment: Serde<Payment>
declare const name: string

const orders = defineTopic('orders', { key: string, value: json<Order>() })
const payments = defineTopic('payments', { key: int64, value: payment })
/** Compacted, so that a record may have no value. */
const customers = defineTopic('customers', { key: uuid, value: orNull(json<Order>()) })
const clicks = defineTopic('clicks', { value: boolean })
const keys = defineTopic('keys', { key: string, value: voidSerde })

export async function producing(producer: Producer): Promise<void> {
  await producer.send(orders, { key: 'a', value: { total: 3 } })
  await producer.send(orders, { key: 'a', value: { total: 3 }, headers: { h: 'x' }, partition: 1, timestampMs: 5 })
  await producer.sendAll(orders, [{ key: 'a', value: { total: 3 } }])
  await producer.send(payments, { key: 5n, value: { amount: 3n } })
  await producer.send(customers, { key: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', value: null })
  await producer.send(clicks, { value: true })
  await producer.send(clicks, { key: null, value: true })
  await producer.send(clicks, { key: new Uint8Array(1), value: true })
  await producer.send(keys, { key: 'a', value: null })
  await producer.send('orders', { value: 'text' })
  await producer.send(name, { key: new Uint8Array(1), value: null })
  await producer.sendAll('orders', [{ key: 'a', value: 'text' }])

  // The value of another type.
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { total: '3' } })
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: 'text' })
  // @ts-expect-error 2353
  await producer.send(orders, { key: 'a', value: { total: 3, sum: 3 } })
  // @ts-expect-error 2322
  await producer.sendAll(orders, [{ key: 'a', value: { total: '3' } }])
  // @ts-expect-error 2322
  await producer.send(payments, { key: 5n, value: { amount: 3 } })
  // No value where there must be one.
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: null })
  // The key of another type, or none.
  // @ts-expect-error 2322
  await producer.send(orders, { key: 5, value: { total: 3 } })
  // @ts-expect-error 2322
  await producer.send(payments, { key: 'a', value: { amount: 3n } })
  // @ts-expect-error 2345
  await producer.send(orders, { value: { total: 3 } })
  // @ts-expect-error 2322
  await producer.send(clicks, { key: 'text', value: true })
  // An option that there is not.
  // @ts-expect-error 2561
  await producer.send(orders, { key: 'a', value: { total: 3 }, partitoin: 1 })
  // A plain name takes text and bytes.
  // @ts-expect-error 2353
  await producer.send('orders', { value: { total: 3 } })
  // One of two topics, and nobody knows which.
  const either = Math.random() < 0.5 ? orders : payments
  // @ts-expect-error 2322
  await producer.send(either, { key: 'a', value: { total: 3 } })
}

export async function consuming(consumer: Consumer): Promise<void> {
  for await (const { topic, key, value, offset, headers } of consumer.subscribe([orders])) {
    exactly<'orders'>()(topic)
    exactly<string>()(key)
    exactly<Order>()(value)
    exactly<number>()(offset)
    exactly<readonly ConsumedHeader[]>()(headers)
    // @ts-expect-error 2345
    exactly<Payment>()(value)
  }
  for await (const record of consumer.subscribe([orders, payments, 'log'])) {
    if (record.topic === 'orders') exactly<Order>()(record.value)
    else if (record.topic === 'payments') exactly<Payment>()(record.value)
    else exactly<Bytes>()(record.value)
    // @ts-expect-error 2367
    if (record.topic === 'others') break
    // @ts-expect-error 2345
    if (record.topic === 'payments') exactly<Order>()(record.value)
  }
  for await (const { value } of consumer.subscribe([orders, payments])) {
    // @ts-expect-error 2339
    value.total.toFixed()
  }
  for await (const { records, topic } of consumer.subscribe([customers]).batches()) {
    exactly<'customers'>()(topic)
    // @ts-expect-error 18047
    for (const { value } of records) value.total.toFixed()
    for (const { value } of records) exactly<Order | null>()(value)
  }
  for await (const batch of consumer
    .assign([
      { topic: orders, partition: 0 },
      { topic: clicks, partition: 1 },
    ])
    .batches()) {
    if (batch.topic === 'orders') exactly<Order | undefined>()(batch.records[0]?.value)
    else exactly<Uint8Array | null | undefined>()(batch.records[0]?.key)
  }
  for await (const { value, topic } of consumer.subscribe([name])) {
    exactly<string>()(topic)
    exactly<Bytes>()(value)
  }
  for await (const record of consumer) exactly<ConsumedRecord<Bytes, Bytes>>()(record)
  for await (const { records } of consumer.batches()) exactly<Bytes | undefined>()(records[0]?.value)
  // @ts-expect-error 2322
  consumer.subscribe([5])
  // @ts-expect-error 2741
  consumer.assign([{ topic: orders }])
}

export async function sharing(consumer: ShareConsumer): Promise<void> {
  for await (const record of consumer.subscribe([orders])) {
    exactly<ShareRecord<string, Order, 'orders'>>()(record)
    exactly<Order>()(record.value)
    exactly<number>()(record.deliveryCount)
    record.reject()
    // @ts-expect-error 2345
    exactly<Payment>()(record.value)
    // @ts-expect-error 2551
    record.rejected()
  }
  for await (const record of consumer.subscribe([orders, payments, 'log'])) {
    if (record.topic === 'orders') exactly<Order>()(record.value)
    else if (record.topic === 'payments') exactly<Payment>()(record.value)
    else exactly<Bytes>()(record.value)
    // @ts-expect-error 2367
    if (record.topic === 'others') break
  }
  for await (const records of consumer.subscribe([customers]).batches()) {
    for (const { value } of records) exactly<Order | null>()(value)
    // @ts-expect-error 18047
    for (const { value } of records) value.total.toFixed()
  }
  for await (const { value, topic } of consumer.subscribe([name])) {
    exactly<string>()(topic)
    exactly<Bytes>()(value)
  }
  for await (const record of consumer) exactly<ShareRecord<Bytes, Bytes>>()(record)
  for await (const records of consumer.batches()) exactly<Bytes | undefined>()(records[0]?.value)
  // @ts-expect-error 2322
  consumer.subscribe([5])
}

export function defining(): void {
  exactly<TypedTopic<'orders', string, Order>>()(orders)
  exactly<TypedTopic<'clicks', Uint8Array | null, boolean>>()(clicks)
  exactly<Serde<Order>>()(json({ check: (value): Order => ({ total: Number(value) }) }))
  const long: Serde<bigint> = {
    serialize: async (value, { topic, isKey, headers }) => {
      headers.push({ key: `${topic} ${isKey}`, value: null })
      return Buffer.from(String(value))
    },
    deserialize: (bytes) => (bytes === null ? 0n : BigInt(String(bytes))),
  }
  exactly<TypedTopic<'t', bigint, bigint>>()(defineTopic('t', { key: long, value: long }))
  // @ts-expect-error 2561
  defineTopic('t', { value: string, values: string })
  // @ts-expect-error 2741
  defineTopic('t', { key: string })
  // @ts-expect-error 2561
  json<Order>({ chekc: () => ({ total: 1 }) })
  // Who gives no bytes, and who has no value for null.
  // @ts-expect-error 2322
  const textual: Serde<string> = { ...string, serialize: (value) => value }
  // @ts-expect-error 2322
  const unaware: Serde<string> = { ...string, deserialize: (bytes: Uint8Array) => String(bytes.length) }
  exactly<Serde<string>>()(textual)
  exactly<Serde<string>>()(unaware)
}

export function opening(kafka: Kafka): void {
  kafka.producer({ lingerMs: 5, acks: 'all' })
  kafka.consumer({ groupId: 'g', isolationLevel: 'read_committed' })
  // @ts-expect-error 2561
  kafka.producer({ lingerMS: 5 })
  // @ts-expect-error 2322
  kafka.producer({ acks: 2 })
  // @ts-expect-error 2322
  kafka.consumer({ autoOffsetReset: 'middle' })
}

export function failing({ code, record, shareRecord }: KafkaError): void {
  exactly<ShareRecord<Bytes, Bytes> | undefined>()(shareRecord)
  exactly<ConsumedRecord<Bytes, Bytes> | undefined>()(record)
  if (code === 'SERIALIZATION') return
  // @ts-expect-error 2367
  if (code === 'SERIALISATION') return
}
