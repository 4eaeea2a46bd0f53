/** A schema registry in one process with its broker: what is kept, and what of that comes back. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Kafka } from '../src/stack/client.ts'
import { startBroker } from '../src/stack/index.ts'
import { type RunningRegistry, startRegistry } from '../src/stack/registry.ts'

const person = (...fields: readonly string[]): string =>
  JSON.stringify({
    type: 'record',
    name: 'Person',
    fields: fields.map((name) => ({ name, type: 'string', default: '' })),
  })

async function ask(url: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
  const reply = await fetch(
    url + path,
    body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) },
  )
  return { status: reply.status, body: await reply.json() }
}

const register = (url: string, subject: string, schema: string) => ask(url, `/subjects/${subject}/versions`, { schema })

const registryOver = (bootstrap: string, log: string[] = []): Promise<RunningRegistry> =>
  startRegistry({ kafka: { bootstrapServers: bootstrap }, port: 0, log: (line) => log.push(line) })

test('a broker brings its registry with it, and takes it away', async () => {
  const broker = await startBroker({ registry: true })
  const url = broker.registryUrl ?? ''
  assert.deepEqual(await ask(url, '/subjects'), { status: 200, body: [] })
  const { status, body } = await register(url, 'people-value', person('name'))
  assert.equal(status, 200)
  assert.equal((body as { id: number }).id, 1)
  await broker.stop()
  await assert.rejects(fetch(`${url}/subjects`))
})

test('what was registered is there after the registry has gone, and the next ids go on', async () => {
  await using broker = await startBroker()
  const first = await registryOver(broker.bootstrap)
  await register(first.url, 'a', person('name'))
  await register(first.url, 'a', person('name', 'town'))
  await first.stop()
  await using second = await registryOver(broker.bootstrap)
  assert.deepEqual((await ask(second.url, '/subjects/a/versions')).body, [1, 2])
  assert.equal(((await register(second.url, 'b', person('town'))).body as { id: number }).id, 3)
})

test('a registry that only reads sees what another one writes', async () => {
  await using broker = await startBroker()
  await using writer = await registryOver(broker.bootstrap)
  await using reader = await registryOver(broker.bootstrap)
  await register(writer.url, 'a', person('name'))
  const seen = async (): Promise<boolean> => (await ask(reader.url, '/schemas/ids/1')).status === 200
  for (let tries = 0; tries < 200 && !(await seen()); tries++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(await seen())
})

test('records of the topic that are none of a registry are left out, and told', async () => {
  await using broker = await startBroker()
  await (await registryOver(broker.bootstrap)).stop()
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  const producer = kafka.producer()
  const bad: readonly [string, string][] = [
    ['no json', '{}'],
    ['[]', '{}'],
    ['{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}', 'no json'],
    ['{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}', '{"subject":"a","version":1,"id":"one","schema":"x"}'],
    ['{"keytype":"MODE","magic":0}', '{"mode":"FAST"}'],
  ]
  for (const [key, value] of bad) await producer.send('_schemas', { key, value })
  await producer.send('_schemas', { key: '{"keytype":"FROM_THE_FUTURE","magic":9}', value: '{}' })
  await producer.send('_schemas', {
    key: '{"keytype":"SCHEMA","subject":"a","version":3,"magic":1}',
    value: '{"subject":"a","version":3,"id":7,"schema":"\\"string\\"","deleted":false}',
  })
  await producer.close()
  const log: string[] = []
  await using registry = await registryOver(broker.bootstrap, log)
  assert.deepEqual((await ask(registry.url, '/subjects')).body, ['a'])
  assert.equal(((await register(registry.url, 'b', '"int"')).body as { id: number }).id, 8)
  assert.equal(log.filter((line) => line.includes('a record is left out')).length, bad.length)
})

test('a topic that forgets is refused', async () => {
  await using broker = await startBroker()
  const admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  await admin.createTopic('_schemas', { partitions: 1, configs: { 'cleanup.policy': 'delete' } })
  await admin.close()
  await assert.rejects(registryOver(broker.bootstrap), /cleanup\.policy delete: schemas would be lost/)
})

test('a topic of several partitions is refused: schemas are in one order', async () => {
  await using broker = await startBroker()
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  await admin.createTopic('_schemas', { partitions: 2, configs: { 'cleanup.policy': 'compact' } })
  await assert.rejects(registryOver(broker.bootstrap), /has 2 partitions/)
})

test('a topic that is deleted under a registry is not written to as if it were the same', async () => {
  await using broker = await startBroker()
  await using registry = await registryOver(broker.bootstrap)
  for (const name of ['a', 'b', 'c']) await register(registry.url, name, person(name))
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  await admin.deleteTopic('_schemas')
  await admin.createTopic('_schemas', { partitions: 1, configs: { 'cleanup.policy': 'compact' } })
  const { status, body } = await register(registry.url, 'd', person('d'))
  assert.deepEqual([status, (body as { error_code: number }).error_code], [500, 50001])
})

test('a schema that the topic has no room for is too large, and is told as that', async () => {
  await using broker = await startBroker()
  await using registry = await registryOver(broker.bootstrap)
  const doc = 'é'.repeat(600_000)
  const schema = JSON.stringify({ type: 'record', name: 'Person', doc, fields: [] })
  const { status, body } = await register(registry.url, 'a', schema)
  assert.deepEqual([status, (body as { error_code: number }).error_code], [422, 42209])
})

test('a registry stops, whether its cluster is there or not', async () => {
  const broker = await startBroker()
  const registry = await registryOver(broker.bootstrap)
  await register(registry.url, 'a', person('a'))
  await broker.stop()
  const writing = register(registry.url, 'b', person('b')).catch(() => undefined)
  const since = performance.now()
  await registry.stop()
  await writing
  assert.ok(performance.now() - since < 15_000)
})

test('a port that is taken is told by name', async () => {
  await using broker = await startBroker()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const starting = startRegistry({ kafka: { bootstrapServers: broker.bootstrap }, port })
  await assert.rejects(starting, {
    name: 'ListenError',
    message: new RegExp(`127.0.0.1:${port} of the schema registry`),
  })
  other.close()
})

test('a schema that takes long to compare holds nobody up', async () => {
  await using broker = await startBroker({ registry: true })
  const url = broker.registryUrl ?? ''
  const schemaOf = (title: string): string =>
    JSON.stringify({
      oneOf: Array.from({ length: 800 }, (_, i) => ({
        type: 'object',
        minProperties: 5000 - i,
        title: `${title}${i}`,
      })),
    })
  const registering = (title: string) =>
    ask(url, '/subjects/slow-value/versions', { schemaType: 'JSON', schema: schemaOf(title) })
  assert.equal((await registering('a')).status, 200)
  let isCompared = false
  const compared = registering('b').then((reply) => {
    isCompared = true
    return reply
  })
  for (let i = 0; i < 5; i++)
    assert.deepEqual(await ask(url, '/schemas/ids/1/versions'), {
      status: 200,
      body: [{ subject: 'slow-value', version: 1 }],
    })
  assert.equal(isCompared, false)
  assert.equal((await compared).status, 409)
})
