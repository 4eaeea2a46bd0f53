/**
 * Compaction: 1 GB of records of 1 KB with 100,000 keys, 64 KB batches. What it costs on a broker that does nothing else,
 * and what a producer of 5,000 records a second notices of another one.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { alterConfigs, createTopic, touchAll } from '../admin.ts'
import { figure } from '../loadgen.ts'
import type { Scenario, Session } from '../scenario.ts'

const checkpointName = 'cleaner-offset-checkpoint'
const timeoutMs = 180_000
const pollMs = 50
const record = 1024
/** The last one is active, and is not compacted. */
const segments = 10

async function fill(session: Session, topic: string, bytes: number): Promise<void> {
  const segmentBytes = Math.max(1024 * 1024, Math.ceil(bytes / segments))
  const settings = { 'segment.bytes': `${segmentBytes}`, 'min.cleanable.dirty.ratio': '0.01' }
  await createTopic(session.broker.port, { name: topic, partitions: 1, settings })
  await touchAll(session.broker.port, { topic, partitions: 1 })
  await session.load('produce', { topic, batch: 65536, record, bytes: Math.ceil(bytes), keys: 100_000 })
}

/** Lets the cleaner at it. */
const release = ({ broker }: Session, topic: string): Promise<void> =>
  alterConfigs(broker.port, { topic, settings: { 'cleanup.policy': 'compact' } })

/** Resolves when the broker notes that it has cleaned the topic. */
async function compacted({ broker }: Session, topic: string): Promise<void> {
  const path = join(dirname(broker.place.file), 'data', checkpointName)
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; await delay(pollMs)) {
    if (read(path).includes(`${topic} 0 `)) return
  }
  throw new Error(`${topic} was not compacted within ${timeoutMs} ms`)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not written yet.
    return ''
  }
}

export const compaction: Scenario = {
  name: 'compaction',
  figures: [
    { name: 'compaction CPU', unit: 's/GB', bar: { kind: 'ratio', bound: 'at-most', value: 1 } },
    { name: 'compaction', unit: 's/GB' },
    { name: 'p99 alone', unit: 'ms' },
    { name: 'p99 while compacting', unit: 'ms' },
    { name: 'p99 growth', unit: 'x', bar: { kind: 'absolute', bound: 'at-most', value: 2 } },
  ],
  async measure(session) {
    const bytes = 1e9 * session.scale
    const { port } = session.broker
    await alterConfigs(port, { topic: '', settings: { 'log.cleaner.backoff.ms': '200' } })
    // Warm.
    await fill(session, 'compacted-0', bytes / 4)
    await release(session, 'compacted-0')
    await compacted(session, 'compacted-0')

    await fill(session, 'compacted-1', bytes)
    await delay(1000)
    const cpu = session.cpuSeconds
    const startMs = Date.now()
    await release(session, 'compacted-1')
    await compacted(session, 'compacted-1')
    const seconds = (Date.now() - startMs) / 1000
    const spent = session.cpuSeconds - cpu

    await fill(session, 'compacted-2', bytes)
    const latency = { rate: 5000, record, seconds: Math.max(3, 8 * session.scale), warmup: 2 }
    const alone = await session.load('e2e', { topic: await session.newTopic(), ...latency })
    const topic = await session.newTopic()
    const meanwhile = session.load('e2e', { topic, ...latency })
    await delay(latency.warmup * 1000)
    await release(session, 'compacted-2')
    const beside = await meanwhile
    await compacted(session, 'compacted-2')
    return {
      'compaction CPU': (spent / bytes) * 1e9,
      compaction: (seconds / bytes) * 1e9,
      'p99 alone': figure(alone, 'p99Ms'),
      'p99 while compacting': figure(beside, 'p99Ms'),
      'p99 growth': figure(beside, 'p99Ms') / figure(alone, 'p99Ms'),
    }
  },
}
