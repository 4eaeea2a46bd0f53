/**
 * Our controller decides on partitions as Apache Kafka's does: ISR, leaders, eligible leader replicas, reassignments. Lives of
 * partitions under seeds, of brokers that are not real; every reply and every record is the same. Against Odradek the whole way
 * over the wire is compared with the controller alone.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { uuidToString } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import { PartitionLife } from '../../src/metadata/controller/partition-life.ts'
import type { PartitionChangeRecord } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import { against, isShortRun, runFolder } from './kit.ts'
import { clusterIdOf, controllerPort, metadataRecords } from './metadata-records.ts'
import { startOwnBroker } from './own-broker.ts'
import { Replay } from './partition-calls.ts'
import { ping } from './ping.ts'

const name = 'partition-decisions'
const lives = isShortRun ? 4 : 40
const steps = 120
/** Sessions last: nobody is real. */
const settings = { 'broker.session.timeout.ms': '3600000', 'auto.leader.rebalance.enable': 'false' }
const { network } = createEnv()

type Told = Record<string, unknown>

const fields = ['leader', 'isr', 'replicas', 'addingReplicas', 'removingReplicas', 'leaderRecoveryState'] as const
const elrFields = ['eligibleLeaderReplicas', 'lastKnownElr'] as const
const defaults: Told = { leader: -2, leaderRecoveryState: -1 }

const ourTold = (record: PartitionChangeRecord): Told => ({
  ...Object.fromEntries([...fields, ...elrFields].map((it) => [it, record[it]])),
  directories: record.directories?.map(uuidToString) ?? null,
})

/** As `kafka-dump-log` prints it, which leaves out what is as always. */
const theirTold = (data: Told): Told =>
  Object.fromEntries([...fields, ...elrFields, 'directories'].map((it) => [it, data[it] ?? defaults[it] ?? null]))

/** The changes of partitions in the metadata log, by topic id, in order. */
async function changesIn(broker: Broker): Promise<ReadonlyMap<unknown, readonly Told[]>> {
  const records = await metadataRecords(broker, ['PARTITION_CHANGE_RECORD'])
  const byTopic = Map.groupBy(records, ({ data }) => data['topicId'])
  return new Map(Array.from(byTopic, ([id, all]) => [id, all.map((it) => theirTold(it.data))]))
}

async function compare(broker: Broker): Promise<string> {
  const clusterId = clusterIdOf(broker)
  const wire = await Wire.connect(network, '127.0.0.1', controllerPort(broker))
  let calls = 0
  const expected: { readonly topicId: string; readonly changes: readonly Told[] }[] = []
  try {
    for (let seed = 1; seed <= lives; seed++) {
      // Multiples of 16: Kafka's sets of such ids are in their order.
      const brokerIds = [1, 2, 3, 4].map((it) => seed * 16 + it)
      const life = new PartitionLife({ seed, brokerIds, isKafkas: true })
      for (let i = 0; i < steps; i++) life.step()
      const replay = new Replay({ wire, life, clusterId, topic: `life-${seed}` })
      calls += await replay.run()
      const changes = life.fixture.written.filter((it) => it.kind === 'partitionChange').map((it) => ourTold(it.value))
      expected.push({ topicId: replay.topicId, changes })
    }
  } finally {
    wire.destroy()
    await broker.stop()
  }
  const changed = await changesIn(broker)
  let records = 0
  for (const { topicId, changes } of expected) {
    assert.deepEqual(changed.get(topicId), changes)
    records += changes.length
  }
  return `${lives} lives: ${calls} replies and ${records} records the same`
}

test('a controller of Kafka decides the same', { timeout: 600_000 }, async (context) => {
  context.diagnostic(await compare(await startKafka({ folder: runFolder(`${name}-kafka`), settings, ping })))
})

test('and so does ours over the wire', { timeout: 600_000, skip: against === 'kafka' }, async (context) => {
  context.diagnostic(await compare(await startOwnBroker({ name, settings })))
})
