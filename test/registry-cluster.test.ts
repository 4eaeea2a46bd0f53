/** Registries of several instances over one broker: who writes, who passes on, and what happens when the leader goes. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from '../src/stack/client.ts'
import { type RunningBroker, startBroker } from '../src/stack/index.ts'
import { type RunningRegistry, type StartRegistryOptions, startRegistry } from '../src/stack/registry.ts'
import { ask, leaderOf, RegistryCluster, register, type Told } from './registry-cluster.ts'

const config = { 'group.min.session.timeout.ms': 100 }
const sessionTimeoutMs = 1500

const instanceOf = (broker: RunningBroker, more: Partial<StartRegistryOptions> = {}): Promise<RunningRegistry> =>
  startRegistry({
    ...{ kafka: { bootstrapServers: broker.bootstrap }, port: 0, replicationFactor: 1, sessionTimeoutMs },
    ...{ log: () => undefined, ...more },
  })

/** The second is not the leader. */
async function pair(broker: RunningBroker): Promise<readonly [RunningRegistry, RunningRegistry]> {
  const [one, other] = [await instanceOf(broker), await instanceOf(broker)]
  return leaderOf([one.url, other.url]) === one.url ? [one, other] : [other, one]
}

/** Until it was elected; then a write here comes to the one that leads. */
async function led(...urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    const { status, body } = await ask(`${url}/config`, { method: 'PUT', body: { compatibility: 'NONE' } })
    assert.equal(status, 200, JSON.stringify(body))
  }
}

/** As who asks again where a registry has failed. */
async function settled(attempt: () => Promise<Told>): Promise<Told> {
  for (let tries = 0; ; tries++) {
    const told = await attempt()
    if (told.status < 500 || tries === 20) return told
    await sleep(100)
  }
}

test('whichever instance is written to, what is written is known there and has an id of its own', async () => {
  await using broker = await startBroker({ config })
  const [leader, follower] = await pair(broker)
  const ids = new Set<number | undefined>()
  for (let i = 0; i < 10; i++) {
    const { url } = i % 2 === 0 ? leader : follower
    const { status, body } = await register(url, `s${i % 3}`, `f${i}`)
    assert.equal(status, 200, JSON.stringify(body))
    ids.add(body.id)
    assert.equal((await ask(`${url}/schemas/ids/${body.id}`)).status, 200)
  }
  assert.equal(ids.size, 10)
  const concurrent = await Promise.all(
    Array.from({ length: 20 }, (_, i) => register(i % 2 === 0 ? leader.url : follower.url, `c${i}`, `c${i}`)),
  )
  for (const { body } of concurrent) ids.add(body.id)
  assert.deepEqual([ids.size, ids.has(undefined)], [30, false])
  await Promise.all([leader.stop(), follower.stop()])
})

test('all kinds of writes are passed on, and answered as the leader answers them', async () => {
  await using broker = await startBroker({ config })
  const [leader, follower] = await pair(broker)
  await led(leader.url, follower.url)
  const { url } = follower
  const put = (path: string, body: object) => ask(url + path, { method: 'PUT', body })
  const del = (path: string) => ask(url + path, { method: 'DELETE' })
  assert.deepEqual((await put('/config/a', { compatibility: 'FULL' })).body, { compatibility: 'FULL' })
  assert.deepEqual((await ask(`${url}/config/a`)).body, { compatibilityLevel: 'FULL' })
  assert.equal((await register(url, 'a', 'one')).body.id, 1)
  const refused = {
    method: 'POST',
    body: { schema: '{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}' },
  } as const
  const [here, there] = await Promise.all([leader.url, url].map((it) => ask(`${it}/subjects/a/versions`, refused)))
  assert.equal(there?.body.error_code, 40901)
  assert.deepEqual(there, here)
  assert.deepEqual((await put('/config/a', { compatibility: 'FULLER' })).body.error_code, 42203)
  assert.deepEqual((await put('/mode/a', { mode: 'READONLY' })).body, { mode: 'READONLY' })
  assert.equal((await register(url, 'a', 'two')).body.error_code, 42205)
  assert.deepEqual((await del('/mode/a')).body, { mode: 'READONLY' })
  assert.deepEqual((await del('/subjects/a/versions/1')).body, 1)
  assert.equal((await ask(`${url}/subjects/a/versions/1`)).body.error_code, 40401)
  assert.deepEqual((await del('/subjects/a/versions/1?permanent=true')).body, 1)
  assert.equal((await ask(`${url}/schemas/ids/1`)).body.error_code, 40403)
  assert.equal((await register(`${url}/contexts/.c`, 'b', 'three')).body.id, 1)
  assert.deepEqual((await ask(`${url}/contexts/.c/subjects/b/versions`)).body, [1])
  assert.equal((await ask(`${url}/subjects/a/versions`, { method: 'POST' })).status, 422)
  await Promise.all([leader.stop(), follower.stop()])
})

test('what was forwarded is not forwarded again', async () => {
  await using broker = await startBroker({ config })
  const [leader, follower] = await pair(broker)
  await led(leader.url, follower.url)
  const forwarded = (url: string) =>
    ask(`${url}/config`, { method: 'PUT', body: { compatibility: 'FULL' }, headers: { 'X-Forward': 'true' } })
  const { status, body } = await forwarded(follower.url)
  assert.deepEqual([status, body.error_code], [500, 50004])
  assert.equal((await forwarded(leader.url)).status, 200)
  await Promise.all([leader.stop(), follower.stop()])
})

test('who may not lead does not; where nobody may, what is known is still told', async () => {
  await using broker = await startBroker({ config })
  await using first = await instanceOf(broker)
  assert.equal((await register(first.url, 'a', 'one')).body.id, 1)
  await first.stop()
  await using reader = await instanceOf(broker, { leaderEligibility: false })
  const refused = await register(reader.url, 'a', 'two')
  assert.deepEqual([refused.status, refused.body.error_code], [500, 50004])
  assert.match(refused.body.message ?? '', /no instance of the cluster may lead/)
  assert.equal((await register(reader.url, 'a', 'one')).body.id, 1)
  await using writer = await instanceOf(broker)
  await led(writer.url)
  assert.equal((await register(reader.url, 'a', 'two')).body.id, 2)
  await writer.stop()
})

test('one alone tells what it knows at once, however long its group waits for others', async () => {
  await using broker = await startBroker({ config: { ...config, 'group.initial.rebalance.delay.ms': 1500 } })
  const beganMs = performance.now()
  await using registry = await instanceOf(broker)
  assert.equal((await ask(`${registry.url}/subjects`)).status, 200)
  const readMs = performance.now() - beganMs
  assert.ok(readMs < 1000, `${readMs} ms`)
  assert.equal((await register(registry.url, 'a', 'one')).body.id, 1)
  assert.ok(performance.now() - beganMs > 1500)
})

test('who waits for a leader for too long is told so', async () => {
  await using broker = await startBroker({ config: { ...config, 'group.initial.rebalance.delay.ms': 5000 } })
  await using registry = await instanceOf(broker, { electionTimeoutMs: 200 })
  const { status, body } = await register(registry.url, 'a', 'one')
  assert.deepEqual([status, body.error_code], [500, 50004])
  assert.match(body.message ?? '', /none was elected within 200 ms/)
})

test('two that say that they are at one place are refused, by both', async () => {
  await using broker = await startBroker({ config })
  await using one = await instanceOf(broker)
  await led(one.url)
  await using other = await instanceOf(broker, { host: '127.0.0.2', port: one.port, advertisedHost: '127.0.0.1' })
  for (const { url } of [other, one]) {
    const { body } = await register(url, 'a', 'one')
    assert.equal(body.error_code, 50004)
    assert.match(body.message ?? '', /several instances say that they have the same URL/)
  }
  await other.stop()
  // When it has heard of that.
  assert.equal((await settled(() => register(one.url, 'a', 'one'))).body.id, 1)
})

test('the broker goes and comes back: meanwhile nothing is written, behind it as before', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-registry-'))
  try {
    const first = await startBroker({ config: { ...config, 'log.dirs': directory } })
    const [leader, follower] = await pair(first)
    await led(leader.url, follower.url)
    assert.equal((await register(follower.url, 'a', 'one')).body.id, 1)
    await first.stop()
    const refused = await register(leader.url, 'a', 'two')
    assert.equal(refused.status, 500)
    assert.equal((await ask(`${follower.url}/schemas/ids/1`)).status, 200)
    const { port } = first
    await using broker = await startBroker({
      config: { ...config, 'log.dirs': directory, listeners: `PLAINTEXT://127.0.0.1:${port}` },
    })
    for (const [i, { url }] of [leader, follower].entries()) {
      const told = await settled(() => register(url, `b${i}`, `late${i}`))
      assert.equal(told.status, 200, JSON.stringify(told.body))
      assert.equal((await ask(`${url}/schemas/ids/${told.body.id}`)).status, 200)
    }
    await Promise.all([leader.stop(), follower.stop()])
    await broker.stop()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a group of another kind is told as the reason why nothing can be written', async () => {
  await using broker = await startBroker({ config })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await using admin = kafka.admin()
  await admin.createTopic('topic', { partitions: 1 })
  const joined = Promise.withResolvers<void>()
  await using consumer = kafka.consumer({
    ...{ groupId: 'mine', onAssigned: () => joined.resolve() },
  })
  const reading = consumer.subscribe(['topic'])[Symbol.asyncIterator]().next()
  await joined.promise
  await using registry = await instanceOf(broker, { groupId: 'mine' })
  const { body } = await register(registry.url, 'a', 'one')
  assert.equal(body.error_code, 50004)
  assert.match(body.message ?? '', /INCONSISTENT_GROUP_PROTOCOL/)
  await consumer.close()
  await reading
})

test('the leader is stopped, and then killed, while schemas are registered: what was acknowledged stays', async () => {
  await using cluster = await RegistryCluster.start(3, { sessionTimeoutMs })
  for (const end of ['stop', 'kill'] as const) {
    const writing = Promise.all([cluster.write(`${end}_a`, 12), cluster.write(`${end}_b`, 12)])
    await cluster[end](leaderOf(cluster.urls))
    await writing
  }
  assert.equal(cluster.acknowledgedCount, 48)
  await cluster.check()
})
