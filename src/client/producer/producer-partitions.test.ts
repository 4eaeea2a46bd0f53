/** Where the producer sends records without a key, before brokers that answer as a test says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Offered, ScriptedCluster } from '../../../test/scripted-cluster.ts'
import type { Producer, ProducerOptions } from '../index.ts'

const oneByOne: ProducerOptions = { batchSize: 1, lingerMs: 0 }

/** One after the other, each of them a batch; gives the brokers that were offered them. */
async function brokersOf(cluster: ScriptedCluster, producer: Producer, count: number): Promise<readonly number[]> {
  const before = cluster.offered.length
  for (let i = 0; i < count; i++) await producer.send('t', { value: 'v' })
  return cluster.offered.slice(before).map(({ broker }) => broker)
}

test('records without a key leave no partition with a small batch, which would linger and go by itself', async () => {
  const cluster = new ScriptedCluster({ partitions: 4 })
  await cluster.run(async () => {
    await using producer = cluster.producer({ batchSize: 1000, lingerMs: 20 })
    await producer.send('t', { value: 'v' })
    const sent: Promise<unknown>[] = []
    for (let i = 0; i < 400; i++) {
      sent.push(producer.send('t', { value: 'v'.repeat(90) }))
      await cluster.sleep(1)
    }
    await Promise.all(sent)
    const counts = cluster.offered.slice(1).map(({ values }) => values.length)
    assert.ok(
      counts.slice(0, -1).every((count) => count === counts[0]),
      `${counts}`,
    )
    assert.equal(new Set(cluster.offered.map(({ partition }) => partition)).size, 4)
  })
})

test('a batch that has no room waits no longer once the records behind it go to another partition', async () => {
  const cluster = new ScriptedCluster({ partitions: 2 })
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 1000, batchSize: 400 })
    await producer.send('t', { value: 'first', partition: 0 })
    const beginMs = cluster.world.nowMs
    await producer.sendAll(
      't',
      Array.from({ length: 13 }, () => ({ value: 'v'.repeat(100) })),
    )
    const lingered = cluster.offered.filter(({ atMs }) => atMs >= beginMs + 500)
    assert.deepEqual(
      lingered.map(({ values }) => values.length),
      [1],
    )
  })
})

test('records without a key go to who leads in the same rack, and elsewhere while nobody does', async () => {
  const cluster = new ScriptedCluster({ brokers: 3, partitions: 6 })
  cluster.rackOf = (id) => (id === 3 ? 'near' : 'far')
  await cluster.run(async () => {
    await using producer = cluster.producer({ ...oneByOne, partitionerRackAware: true, clientRack: 'near' })
    assert.deepEqual(new Set(await brokersOf(cluster, producer, 20)), new Set([3]))
    await using other = cluster.producer({ ...oneByOne, clientRack: 'near' })
    assert.deepEqual(new Set(await brokersOf(cluster, other, 40)), new Set([1, 2, 3]))
    await using nowhere = cluster.producer({ ...oneByOne, partitionerRackAware: true, clientRack: 'moon' })
    assert.deepEqual(new Set(await brokersOf(cluster, nowhere, 40)), new Set([1, 2, 3]))
  })
})

test('a broker that takes nothing gets no records without a key, for as long as that lasts', async () => {
  const cluster = new ScriptedCluster({ brokers: 2, partitions: 2 })
  await cluster.run(async () => {
    await using producer = cluster.producer({
      ...oneByOne,
      maxInFlightRequestsPerConnection: 1,
      partitionerAvailabilityTimeoutMs: 1000,
    })
    await producer.send('t', { value: 'v' })
    const held: Offered[] = []
    cluster.onOffer = (offered) => (offered.broker === 2 ? held.push(offered) : cluster.store(offered))
    // One is with the broker, one waits for it.
    const waiting = [0, 1].map(() => producer.send('t', { value: 'w', partition: 1 }))
    await cluster.sleep(2000)
    assert.deepEqual(new Set(await brokersOf(cluster, producer, 40)), new Set([1]))
    cluster.onOffer = (offered) => cluster.store(offered)
    for (const offered of held) cluster.store(offered)
    await Promise.all(waiting)
    const before = cluster.offered.length
    await producer.sendAll(
      't',
      Array.from({ length: 40 }, () => ({ value: 'v' })),
    )
    const ofSecond = cluster.offered.slice(before).filter(({ broker }) => broker === 2)
    assert.ok(ofSecond.length > 5, `${ofSecond.length}`)
  })
})

test('a broker that cannot be reached has taken nothing, also where a request waits for the connection', async () => {
  const cluster = new ScriptedCluster({ brokers: 2, partitions: 2 })
  await cluster.run(async () => {
    const connection = { socketConnectionSetupTimeoutMs: 20_000 }
    await using producer = cluster.producer({ ...oneByOne, partitionerAvailabilityTimeoutMs: 1000 }, connection)
    await producer.send('t', { value: 'v', partition: 0 })
    cluster.world.network.partition(['client'], ['b2'])
    const lost = producer.send('t', { value: 'w', partition: 1 })
    await cluster.sleep(2000)
    assert.deepEqual(new Set(await brokersOf(cluster, producer, 40)), new Set([1]))
    cluster.world.network.heal()
    assert.equal((await lost).partition, 1)
    assert.deepEqual(new Set(await brokersOf(cluster, producer, 40)), new Set([1, 2]))
  })
})
