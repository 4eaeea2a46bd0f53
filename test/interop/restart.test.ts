/**
 * A broker that stops, is killed, and starts again while clients work: what was acknowledged is there, at its offset, and
 * what an idempotent producer sent is there once, in order; a group goes on where it committed, and its members go on.
 */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { produceNumbers, untilBalanced, untilRead } from './group.ts'
import { kcat } from './kcat.ts'
import { assertKept, assertOnce, partitions, readAll, untilProgress } from './kept.ts'
import { isShortRun, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { canLoad, Load, type LoadName, type LoadOptions } from './load.ts'
import { Member, memberKinds, skipMember } from './member.ts'
import { startOwnBroker } from './own-broker.ts'
import { createTopic } from './topics.ts'

const rounds = isShortRun ? 2 : 10
const roundsTimeoutMs = 600_000
/** Small, so that segments roll, indexes are written and snapshots of the metadata are made. */
const settings = {
  'log.segment.bytes': '1048576',
  'offsets.topic.num.partitions': '4',
  'offsets.topic.segment.bytes': '1048576',
  'group.initial.rebalance.delay.ms': '0',
  'metadata.log.max.record.bytes.between.snapshots': '4000',
}

let broker: Broker

async function restart(kind: 'stop' | 'kill'): Promise<void> {
  if (kind === 'stop') await broker.stop()
  else await broker.process.kill()
  broker = await broker.again()
}

async function startLoads(
  kinds: readonly (readonly [LoadName, Omit<LoadOptions, 'prefix'>])[],
  started: Load[],
): Promise<void> {
  for (const [i, [name, options]] of kinds.entries()) {
    if (canLoad(name)) started.push(await Load.start(name, { ...options, prefix: `${i}.` }))
  }
}

describe('a broker that starts again', () => {
  before(async () => {
    broker = await startOwnBroker({ name: 'restart', settings })
  })
  after(() => broker.stop())

  const killed = `kill -9 under load, ${rounds} rounds: what was acknowledged is read at its offset`
  test(killed, { timeout: roundsTimeoutMs }, async (context) => {
    const topic = await createTopic({ prefix: 'killed', partitions })
    const plain = { topic, rate: 4000, idempotent: false } as const
    const loads: Load[] = []
    try {
      await startLoads(
        [
          ['kafkajs', { ...plain, acks: 1, codec: 'none' }],
          ['kafkajs', { ...plain, acks: -1, codec: 'gzip' }],
          ['librdkafka', { ...plain, acks: 1, codec: 'zstd' }],
          ['java', { ...plain, acks: -1, codec: 'lz4' }],
          ['franz-go', { ...plain, acks: 1, codec: 'snappy' }],
          ['odradek', { ...plain, acks: -1, codec: 'lz4' }],
        ],
        loads,
      )
      for (let round = 0; round < rounds; round++) {
        await untilProgress(loads)
        await restart('kill')
      }
      await untilProgress(loads)
      await Promise.all(loads.map((load) => load.stop()))
    } finally {
      await Promise.all(loads.map((load) => load.kill()))
    }
    const read = await readAll(topic)
    assertKept(loads, read)
    const acknowledged = loads.reduce((sum, load) => sum + load.count, 0)
    context.diagnostic(`${acknowledged} records acknowledged, ${read.flat().length} read`)
  })

  test('idempotent producers go on over a stop and a kill: each value once, in order', async (context) => {
    const loads: Load[] = []
    try {
      for (const name of ['kafkajs', 'librdkafka', 'java', 'franz-go', 'odradek'] as const) {
        const topic = await createTopic({ prefix: 'once', partitions })
        await startLoads([[name, { topic, rate: 1000, acks: -1, codec: 'none', idempotent: true }]], loads)
      }
      await untilProgress(loads)
      await restart('stop')
      await untilProgress(loads)
      await restart('kill')
      await untilProgress(loads)
      await Promise.all(loads.map((load) => load.stop()))
    } finally {
      await Promise.all(loads.map((load) => load.kill()))
    }
    for (const load of loads) {
      assertOnce(load, await readAll(load.options.topic))
      context.diagnostic(`${load.name}: ${load.count} records, each once`)
    }
  })

  test('segments roll and the metadata has snapshots, for the tool to read', async () => {
    const topic = await createTopic({ prefix: 'rolled' })
    await librdkafka('produce', { topic, count: 5000, prefix: `${'x'.repeat(800)}-`, idempotent: true })
    for (let i = 0; i < 30; i++) await createTopic({ prefix: 'metadata' })
    await restart('stop')
    const found = (pattern: string): string[] => globSync(pattern, { cwd: dirname(broker.place.file) })
    const segments = found(`data/${topic}-0/*.log`)
    assert.ok(segments.length >= 3, `${segments}`)
    assert.ok(found('data/__cluster_metadata-0/*.checkpoint').length > 0)
  })

  test('a group goes on where it committed, after a stop and after a kill', async () => {
    const topic = await createTopic({ prefix: 'place' })
    await kcat(['-P', '-t', topic], `${Array.from({ length: 30 }, (_, i) => `${i}`).join('\n')}\n`)
    const group = uniqueName('place')
    const read: unknown[] = []
    for (const kind of ['stop', 'kill', undefined] as const) {
      const lines = await librdkafka('consume', { topic, group, count: 10 })
      read.push(...lines.map(({ value }) => value))
      if (kind !== undefined) await restart(kind)
    }
    assert.deepEqual(
      read,
      Array.from({ length: 30 }, (_, i) => `${i}`),
    )
  })

  for (const [name, kind] of Object.entries(memberKinds)) {
    const isLeftOut = isShortRun && !name.startsWith('librdkafka')
    const skip = isLeftOut ? 'in the full run only' : skipMember(name)
    test(`three of ${name} go on over a stop and a kill`, { skip }, async () => {
      const topic = await createTopic({ prefix: 'members', partitions })
      const group = uniqueName('members')
      const members: Member[] = []
      try {
        for (let i = 0; i < 3; i++) members.push(await Member.start(kind, { topic, group }))
        await untilBalanced(members, partitions)
        let sent = 0
        for (const end of ['stop', 'kill', undefined] as const) {
          const values = await produceNumbers(topic, { from: sent, count: 100 })
          sent += values.length
          if (end !== undefined) await restart(end)
          await untilRead(members, values)
        }
        await untilBalanced(members, partitions)
      } finally {
        await Promise.all(members.map((member) => member.kill()))
      }
    })
  }
})
