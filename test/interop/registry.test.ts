/** Other people's clients of schema registries, with our registry over the broker under test; and our serdes with what they wrote. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import confluent from '@confluentinc/schemaregistry'
import kafkajsRegistry from '@kafkajs/confluent-schema-registry'
import { runOrThrow } from '../../bench/child.ts'
import { defineTopic, Kafka } from '../../src/stack/client.ts'
import { SchemaRegistry, startRegistry } from '../../src/stack/registry.ts'
import { bootstrap, bootstraps, python, uniqueName } from './kit.ts'
import { createTopic } from './topics.ts'

interface Order {
  readonly id: number
  readonly item: string
}

const avro = JSON.stringify({
  ...{ type: 'record', name: 'Order', namespace: 'shop' },
  fields: [
    { name: 'id', type: 'long' },
    { name: 'item', type: 'string' },
  ],
})
const json = JSON.stringify({
  ...{ $schema: 'http://json-schema.org/draft-07/schema#', title: 'Order', type: 'object', required: ['id', 'item'] },
  properties: { id: { type: 'integer' }, item: { type: 'string' } },
})
const proto = 'syntax = "proto3";\npackage shop;\n\nmessage Order {\n  int64 id = 1;\n  string item = 2;\n}\n'

const registry = await startRegistry({
  kafka: { bootstrapServers: [...bootstraps()] },
  port: 0,
  topic: uniqueName('schemas'),
})
after(() => registry.stop())
const kafka = new Kafka({ bootstrapServers: [...bootstraps()] })
const ours = () => new SchemaRegistry({ url: registry.url })

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

async function byPython(command: string, topic: string): Promise<unknown[]> {
  const place = ['--bootstrap', bootstrap(), '--url', registry.url, '--topic', topic, '--avro', avro, '--json', json]
  const script = join(import.meta.dirname, 'registry.py')
  const said = await runOrThrow({ command: python(), args: [script, command, ...place], timeoutMs: 60_000 })
  return said
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

const serdes = {
  avro: () => ours().avro<Order>(avro),
  json: () => ours().json<Order>(json),
  protobuf: () => ours().protobuf<Order>(proto),
}
const formats = ['avro', 'json', 'protobuf'] as const

test('@kafkajs/confluent-schema-registry registers, encodes and decodes', async () => {
  const subject = uniqueName('kafkajs')
  const client = new kafkajsRegistry.SchemaRegistry({ host: registry.url })
  for (const [type, schema] of [
    ['AVRO', avro],
    ['JSON', json],
    ['PROTOBUF', proto],
  ] as const) {
    const { id } = await client.register({ type, schema }, { subject: `${subject}-${type}` })
    const bytes = await client.encode(id, { id: 7, item: 'from kafkajs' })
    const fresh = new kafkajsRegistry.SchemaRegistry({ host: registry.url })
    assert.deepEqual(plain(await fresh.decode(bytes)), { id: type === 'PROTOBUF' ? '7' : 7, item: 'from kafkajs' })
    assert.equal(await client.getLatestSchemaId(`${subject}-${type}`), id)
    assert.equal(await client.getRegistryId(`${subject}-${type}`, 1), id)
  }
})

test('@confluentinc/schemaregistry: calls, Avro and JSON', async () => {
  const subject = uniqueName('confluent')
  const client = new confluent.SchemaRegistryClient({ baseURLs: [registry.url] })
  const given = { schemaType: 'AVRO', schema: avro }
  const id = await client.register(`${subject}-value`, given)
  assert.deepEqual(await client.getAllVersions(`${subject}-value`), [1])
  assert.equal((await client.getLatestSchemaMetadata(`${subject}-value`)).id, id)
  assert.ok((await client.getAllSubjects()).includes(`${subject}-value`))
  assert.equal(await client.getId(`${subject}-value`, given), id)
  assert.equal(await client.testSubjectCompatibility(`${subject}-value`, given), true)
  assert.equal(await client.updateCompatibility(`${subject}-value`, 'FULL'), 'FULL')
  assert.equal(await client.getCompatibility(`${subject}-value`), 'FULL')
  await client.register(`${subject}-json-value`, { schemaType: 'JSON', schema: json })
  const options = { useLatestVersion: true, autoRegisterSchemas: false }
  const value = { id: 7, item: 'from confluent' }
  const avroBytes = await new confluent.AvroSerializer(client, confluent.SerdeType.VALUE, options).serialize(
    subject,
    value,
  )
  const jsonBytes = await new confluent.JsonSerializer(client, confluent.SerdeType.VALUE, options).serialize(
    `${subject}-json`,
    value,
  )
  const fresh = new confluent.SchemaRegistryClient({ baseURLs: [registry.url] })
  const readAvro = new confluent.AvroDeserializer(fresh, confluent.SerdeType.VALUE, {})
  assert.deepEqual(plain(await readAvro.deserialize(subject, avroBytes)), value)
  const readJson = new confluent.JsonDeserializer(fresh, confluent.SerdeType.VALUE, {})
  assert.deepEqual(plain(await readJson.deserialize(`${subject}-json`, jsonBytes)), value)
  const context = { topic: subject, isKey: false, headers: [] }
  assert.deepEqual(plain(await serdes.avro().deserialize(avroBytes, context)), value)
  assert.deepEqual(await serdes.json().deserialize(jsonBytes, context), value)
  assert.deepEqual(await client.deleteSubject(`${subject}-value`), [1])
  assert.deepEqual(await client.deleteSubject(`${subject}-value`, true), [1])
  // It remembers what it was told.
  const later = new confluent.SchemaRegistryClient({ baseURLs: [registry.url] })
  await assert.rejects(later.getLatestSchemaMetadata(`${subject}-value`), { status: 404, errorCode: 40401 })
})

test('confluent-kafka for Python: its calls are answered as it expects', async () => {
  const said = await byPython('calls', uniqueName('python'))
  assert.deepEqual(said, [
    { same: true, version: 1, versions: [1], listed: true, compatible: true, found: true },
    { level: 'FULL' },
    { status: 409, code: 40901 },
    { soft: [1], hard: [1] },
    { status: 404, code: 40401 },
  ])
})

test('what Python writes we read, and what we write Python reads: Avro, JSON Schema, Protobuf', async () => {
  const topic = await createTopic({ prefix: 'schemas' })
  for (const format of formats) await createTopic({ name: `${topic}-${format}` })
  await byPython('write', topic)
  for (const format of formats) {
    const consumer = kafka.consumer({ groupId: uniqueName('schemas'), autoOffsetReset: 'earliest' })
    for await (const { value } of consumer.subscribe([
      defineTopic(`${topic}-${format}`, { value: serdes[format]() }),
    ])) {
      assert.deepEqual(plain(value), { id: 7, item: 'from python' }, format)
      break
    }
    await consumer.close()
  }
  const own = await createTopic({ prefix: 'schemas' })
  const producer = kafka.producer()
  for (const format of formats) {
    await createTopic({ name: `${own}-${format}` })
    await producer.send(defineTopic(`${own}-${format}`, { value: serdes[format]() }), {
      value: { id: 8, item: 'ours' },
    })
  }
  await producer.close()
  const read = await byPython('read', own)
  const wanted = formats.map((format) => ({ format, id: 8, item: 'ours' }))
  assert.deepEqual(
    new Set(read.map((line) => JSON.stringify(line))),
    new Set(wanted.map((line) => JSON.stringify(line))),
  )
})
