/**
 * Directories that Apache Kafka 4.3.1 left, after a clean stop and after `kill -9`: a node opens them, finds every batch and
 * every place of a group, and keeps what it does not act on yet. And the same batches, written by us, are the same files.
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Clock, type Logger, present } from '../../src/base/index.ts'
import { MemoryDisk } from '../../src/env/index.ts'
import {
  defaultLogConfig,
  Log,
  type LogConfig,
  parseDirectoryName,
  readPlan,
  readWholeFile,
} from '../../src/log/index.ts'
import { type MetadataImage, snapshotRecords } from '../../src/metadata/index.ts'
import type { Node } from '../../src/node/index.ts'
import { createTopics, offsetFetch } from '../../src/protocol/index.ts'
import { BatchCursor, batchHeader, readRecords } from '../../src/records/index.ts'
import { layered, startServer, testDefaults } from '../../src/stack/index.ts'
import { network } from '../faults/kit.ts'
import { Wire } from '../wire.ts'
import { archived, unpacked } from './archive.ts'
import { goldenText } from './golden.ts'

interface ExpectedRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value?: string | null
  readonly valueSize?: number
  readonly headers?: readonly { readonly key: string; readonly value: string | null }[]
}

interface ExpectedBatch {
  readonly file: string
  readonly position: number
  readonly size: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly partitionLeaderEpoch: number
  readonly crc: number
  readonly transactional: boolean
  readonly control: boolean
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly records: readonly ExpectedRecord[]
}

const parsed = (line: string): ExpectedBatch => JSON.parse(line)
const expectedBatches = (name: string): readonly ExpectedBatch[] =>
  goldenText(`${name}.ndjson`).trimEnd().split('\n').map(parsed)
const directoryOf = ({ file }: ExpectedBatch): string => file.slice(0, file.indexOf('/'))
const ofTopics = (batch: ExpectedBatch): boolean =>
  batch.file.includes('/') && !batch.file.startsWith('__cluster_metadata')

/** The records are of 2024 and 2026, and stay. */
const settings = {
  'log.retention.ms': '-1',
  'log.retention.check.interval.ms': '86400000',
  'log.cleaner.enable': 'false',
  'producer.id.expiration.ms': '2000000000',
  'log.index.size.max.bytes': '4096',
}

async function withNode<T>(
  directory: string,
  more: Readonly<Record<string, string>>,
  work: (node: Node) => Promise<T>,
) {
  const texts = layered(testDefaults, settings, { 'log.dirs': directory, ...more })
  const node = await startServer({ texts, formatsEmpty: false, level: 'error', write: () => undefined })
  try {
    return await work(node)
  } finally {
    await node.stop()
  }
}

async function bytesOf(log: Log): Promise<Uint8Array> {
  const plan = await log.read({
    startOffset: log.logStartOffset,
    maxBytes: 1e9,
    maxOffset: log.logEndOffset,
    minOneBatch: true,
  })
  return present(readPlan(plan), 'what was planned')
}

const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null

function assertBatch(cursor: BatchCursor, expected: ExpectedBatch): void {
  const { bytes, view, position } = cursor
  assert.ok(cursor.isCrcValid())
  const found = {
    size: cursor.sizeInBytes,
    baseOffset: batchHeader.baseOffset(view, position),
    lastOffset: batchHeader.lastOffset(view, position),
    partitionLeaderEpoch: batchHeader.partitionLeaderEpoch(view, position),
    crc: batchHeader.storedCrc(view, position),
    transactional: batchHeader.isTransactional(view, position),
    control: batchHeader.isControl(view, position),
    maxTimestamp: batchHeader.maxTimestamp(view, position),
    producerId: batchHeader.producerId(view, position),
    producerEpoch: batchHeader.producerEpoch(view, position),
    baseSequence: batchHeader.baseSequence(view, position),
  }
  for (const [name, value] of Object.entries(found)) {
    assert.equal(
      value,
      new Map<string, unknown>(Object.entries(expected)).get(name),
      `${name} at ${expected.baseOffset}`,
    )
  }
  const records = [...readRecords(bytes, position, 1e9)]
  assert.equal(records.length, expected.records.length)
  for (const [i, record] of records.entries()) {
    const wanted = present(expected.records[i], 'a record')
    assert.equal(record.offset, wanted.offset)
    assert.equal(record.timestampMs, wanted.timestamp)
    assert.equal(base64(record.key), wanted.key)
    if (wanted.valueSize === undefined) assert.equal(base64(record.value), wanted.value)
    else assert.equal(record.value?.length, wanted.valueSize)
    assert.deepEqual(
      record.headers.map(({ key, value }) => ({ key, value: base64(value) })),
      wanted.headers ?? [],
    )
  }
}

async function assertAllBatches(node: Node, expected: readonly ExpectedBatch[]): Promise<number> {
  const byLog = Map.groupBy(expected.filter(ofTopics), directoryOf)
  let count = 0
  for (const { topic, partitionId, log } of node.broker.replicas.partitions()) {
    const wanted = (byLog.get(`${topic}-${partitionId}`) ?? []).filter((it) => it.lastOffset >= log.logStartOffset)
    const cursor = new BatchCursor(await bytesOf(log))
    for (const batch of wanted) {
      assert.ok(cursor.next(), `${batch.file} has a batch at ${batch.baseOffset}`)
      assertBatch(cursor, batch)
      count++
    }
    assert.equal(cursor.next(), false, `${topic}-${partitionId} has nothing else`)
    byLog.delete(`${topic}-${partitionId}`)
  }
  assert.deepEqual([...byLog.keys()], [], 'every log has a replica')
  return count
}

interface Place {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The newest committed offset of each group and partition, read from the records themselves. */
function places(expected: readonly ExpectedBatch[]): readonly Place[] {
  const newest = new Map<string, Place | undefined>()
  for (const { records } of expected.filter(({ file, control }) => file.startsWith('__consumer_offsets') && !control)) {
    for (const { key, value } of records) {
      const bytes = Buffer.from(key ?? '', 'base64')
      if (bytes.readInt16BE(0) > 1) continue
      const groupEnd = 4 + bytes.readInt16BE(2)
      const topicEnd = groupEnd + 2 + bytes.readInt16BE(groupEnd)
      const place = {
        group: bytes.toString('utf8', 4, groupEnd),
        topic: bytes.toString('utf8', groupEnd + 2, topicEnd),
        partition: bytes.readInt32BE(topicEnd),
      }
      const committed = value == null ? undefined : Number(Buffer.from(value, 'base64').readBigInt64BE(2))
      newest.set(present(key, 'a key'), committed === undefined ? undefined : { ...place, offset: committed })
    }
  }
  return [...newest.values()].filter((place) => place !== undefined)
}

async function assertPlaces(node: Node, expected: readonly ExpectedBatch[]): Promise<number> {
  const wire = await Wire.connect(network, '127.0.0.1', node.listeners[0]?.port ?? 0)
  const all = places(expected)
  for (const { group: groupId, topic: name, partition, offset } of all) {
    const groups = [{ groupId, topics: [{ name, partitionIndexes: [partition] }] }]
    const reply = await wire.call(offsetFetch, { groups }, 8)
    assert.equal(reply.groups[0]?.errorCode, 0, groupId)
    assert.equal(Number(reply.groups[0]?.topics[0]?.partitions[0]?.committedOffset), offset, `${groupId} in ${name}`)
  }
  wire.destroy()
  return all.length
}

/** What nothing acts on yet, and what an administrator has set. */
const kept = new Set([
  'accessControlEntry',
  'clientQuota',
  'config',
  'delegationToken',
  'featureLevel',
  'userScramCredential',
])
const keptRecords = (image: MetadataImage): string[] =>
  [...snapshotRecords(image)]
    .filter(({ kind }) => kept.has(kind))
    .map((record) => JSON.stringify(record, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))
    .sort()

/** Ours behind a clean stop are Kafka's, but for the order of lines, which is that of its hash maps. */
function assertCheckpoints(directory: string): void {
  const files = archived('kafka-data-clean')
  for (const kind of ['cleaner-offset', 'log-start-offset', 'recovery-point-offset', 'replication-offset']) {
    const path = `${kind}-checkpoint`
    const lines = (text: string): string[] => text.split('\n').sort()
    const theirs = lines(String(files.get(path))).filter((line) => !line.startsWith('doomed'))
    assert.deepEqual(lines(readFileSync(join(directory, path), 'utf8')), theirs, path)
  }
}

for (const name of ['kafka-data-clean', 'kafka-data-unclean']) {
  test(`${name}: a node finds every batch and every place, and keeps the rest`, async (context) => {
    const expected = expectedBatches(name)
    const directory = unpacked(archived(name))
    try {
      const before = await withNode(directory, {}, async (node) => {
        const batches = await assertAllBatches(node, expected)
        const offsets = await assertPlaces(node, expected)
        context.diagnostic(`${batches} batches, ${offsets} places of groups`)
        assert.ok(batches > 200 && offsets > 0)
        return keptRecords(node.quorum.image)
      })
      assert.ok(
        before.some((it) => it.includes('userScramCredential')) &&
          before.some((it) => it.includes('accessControlEntry')),
      )
      if (name === 'kafka-data-clean') assertCheckpoints(directory)
      // A snapshot of ours, and a start from it.
      const often = { 'metadata.log.max.record.bytes.between.snapshots': '1' }
      await withNode(directory, often, async (node) => {
        const wire = await Wire.connect(network, '127.0.0.1', node.listeners[0]?.port ?? 0)
        const topics = [{ name: 'of-ours', numPartitions: 1, replicationFactor: 1 }]
        await wire.call(createTopics, { topics, timeoutMs: 10_000 })
        wire.destroy()
      })
      await withNode(directory, {}, async (node) => {
        assert.deepEqual(keptRecords(node.quorum.image), before)
        await assertAllBatches(node, expected)
        await assertPlaces(node, expected)
      })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
}

const clock: Clock = {
  now: () => 1_795_459_300_000,
  monotonic: () => 0,
  after: () => ({ cancel: () => undefined }),
  afterDrain: (then) => then(),
}
const logger: Logger = { child: () => logger, log: () => undefined }
/** As Kafka had them. */
const configs: Readonly<Record<string, Partial<LogConfig>>> = {
  rolled: { segmentBytes: 1048576, indexIntervalBytes: 1024 },
}

describe('the batches of kafka-data-clean, appended one by one, are', () => {
  const files = archived('kafka-data-clean')
  const expected = Map.groupBy(expectedBatches('kafka-data-clean').filter(ofTopics), directoryOf)
  for (const [name, batches] of expected) {
    const { topic, partition } = present(parseDirectoryName(name), 'a log')
    // What it was compacted from is not known.
    if (topic === 'compacted') continue
    test(`the files of ${name}, byte for byte`, async () => {
      const disk = new MemoryDisk()
      const directory = `/data/${name}`
      const config = {
        ...defaultLogConfig,
        segmentIndexBytes: 4096,
        segmentMs: Number.MAX_SAFE_INTEGER,
        producerIdExpirationMs: 1e15,
        ...configs[topic],
      }
      const log = await Log.open({
        directory,
        topicPartition: { topic, partition },
        topicId: undefined,
        config,
        disk,
        clock,
        logger,
        recoveryPoint: 0,
        isCleanShutdown: true,
        logStartOffset: 0,
        onDirectoryFailure: (error) => assert.fail(error),
      })
      for (const { file, position, size } of batches) {
        const bytes = Uint8Array.from(present(files.get(file), file).subarray(position, position + size))
        await log.append(bytes, { kind: 'follower' })
        log.setHighWatermark(log.logEndOffset)
      }
      // Kafka was started once more: a leader that has appended nothing has an epoch, too.
      const epochs = String(files.get(`${name}/leader-epoch-checkpoint`))
        .trim()
        .split('\n')
        .slice(2)
      for (const [epoch = 0, start] of epochs.map((line) => line.split(' ').map(Number))) {
        if (start === log.logEndOffset) log.assignEpochStart(epoch, start)
      }
      if (topic === 'plain' && partition === 0) log.deleteRecordsBefore(5)
      await log.close()
      for (const [path, bytes] of files) {
        if (!path.startsWith(`${name}/`) || path.endsWith('partition.metadata')) continue
        const ours = await readWholeFile(disk, `/data/${path}`, 1e9)
        assert.deepEqual(ours, Buffer.from(bytes), path)
      }
    })
  }
})
