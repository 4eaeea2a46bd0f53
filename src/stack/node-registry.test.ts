import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from '../client/index.ts'
import { createEnv } from '../env/index.ts'
import { RegistryConfig } from '../node/index.ts'
import { layered, testDefaults } from './default-config.ts'
import { keepNodeRegistry } from './node-registry.ts'
import { startServer } from './server.ts'
import { startBroker } from './start-broker.ts'

const configured = (listeners: string): Map<string, string> =>
  layered(testDefaults, { 'odradek.registry.listeners': listeners })

test('a node goes on without its registry while the port is taken, and has it when it is free', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  assert.ok(typeof address === 'object' && address !== null)
  const texts = configured(`http://127.0.0.1:${address.port}`)
  const lines: string[] = []
  const env = createEnv({ write: (line) => void lines.push(line), keepsAlive: true })
  const node = await startServer({ texts, formatsEmpty: true, level: 'error' })
  const config = RegistryConfig.ofNode(texts)
  assert.ok(config)
  const opened = keepNodeRegistry(node, config, env)
  const isTold = (): boolean => lines.some((line) => /ERROR.*no schema registry yet.*port is in use/.test(line))
  for (let i = 0; i < 400 && !isTold(); i++) await sleep(25)
  assert.ok(isTold(), lines.join(''))
  assert.ok(node.isReady)
  taken.close()
  await opened
  assert.deepEqual(await (await fetch(`http://127.0.0.1:${address.port}/subjects`)).json(), [])
  await node.stop()
  await assert.rejects(fetch(`http://127.0.0.1:${address.port}/subjects`))
  assert.equal(lines.filter((line) => line.includes('ERROR')).length, 1, lines.join(''))
})

test('a node that stops while its registry starts does not wait for it', async () => {
  const texts = configured('http://127.0.0.1:0')
  const lines: string[] = []
  const node = await startServer({ texts, formatsEmpty: true, level: 'error' })
  const config = RegistryConfig.ofNode(texts)
  assert.ok(config)
  const opened = keepNodeRegistry(node, config, createEnv({ write: (line) => void lines.push(line), keepsAlive: true }))
  await node.stop()
  await opened
  assert.equal(await node.ended, undefined)
  assert.doesNotMatch(lines.join(''), /ERROR/)
})

test('a broker in a test has the registry that its configuration names, with its level and topic', async () => {
  await using broker = await startBroker({
    config: {
      'odradek.registry.listeners': 'http://127.0.0.1:0',
      'odradek.registry.schema.compatibility.level': 'full',
      'odradek.registry.kafkastore.topic': 'schemas-of-mine',
      listeners: 'CONTROLLER://127.0.0.1:0,PLAINTEXT://127.0.0.1:0',
    },
  })
  const reply = await fetch(`${broker.registryUrl}/config`)
  assert.deepEqual(await reply.json(), { compatibilityLevel: 'FULL' })
  await using admin = new Kafka(createEnv({ level: 'error', keepsAlive: true }), {
    bootstrapServers: broker.bootstrap,
  }).admin()
  assert.equal((await admin.describeTopic('schemas-of-mine')).partitions.length, 1)
})

test('a config of the registry that nobody knows is a slip in a test', async () => {
  const config = { 'odradek.registry.listeners': 'http://127.0.0.1:0', 'odradek.registry.leader.eligible': true }
  await assert.rejects(startBroker({ config }), /odradek\.registry\.leader\.eligible/)
  await assert.rejects(startBroker({ config: { 'odradek.registry.listeners': '8081' } }), /http:\/\/\{host\}:\{port\}/)
})

test('what runs on a node is ended when it leaves, once, and at once where it comes later; one that fails does not matter', async () => {
  const node = await startServer({ texts: layered(testDefaults), formatsEmpty: true, write: () => undefined })
  const ended: string[] = []
  const guest = (name: string) => (): Promise<void> => {
    ended.push(name)
    return name === 'bad' ? Promise.reject(new Error('it does not want to')) : Promise.resolve()
  }
  node.beforeLeaving(guest('bad'))
  node.beforeLeaving(guest('good'))
  assert.deepEqual(ended, [])
  await node.leave()
  assert.deepEqual(ended, ['bad', 'good'])
  node.beforeLeaving(guest('late'))
  assert.deepEqual(ended, ['bad', 'good', 'late'])
  await node.stop()
  assert.deepEqual(ended, ['bad', 'good', 'late'])
  assert.equal(await node.ended, undefined)
})
