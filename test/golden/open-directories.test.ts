/** Kafka's log directories served by a whole node, from real files: what was in them is there, and stays. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { uuidFromString } from '../../src/base/index.ts'
import { incrementalAlterConfigs } from '../../src/protocol/index.ts'
import { BatchCursor } from '../../src/records/index.ts'
import { describeBatch } from './batches.ts'
import { committedOffsets } from './committed-offsets.ts'
import {
  batchesOf,
  type DirectoryBatch,
  type DirectoryName,
  directories,
  filesOf,
  folderOf,
  inBytes,
} from './data-dirs.ts'
import { asRecord } from './golden.ts'
import { keptInLog, keptInSnapshot } from './metadata-kept.ts'
import { type FoundTopic, OpenedDirectory } from './opened-directory.ts'

const clientMetrics = 16
const subscription = 'subscription-of-ours'
const metadataFolder = '__cluster_metadata-0'
const metadataLog = `${metadataFolder}/00000000000000000000.log`

const checkpoints = ['recovery-point', 'replication', 'log-start', 'cleaner'].map((name) => `${name}-offset-checkpoint`)

/** In the order of a hash map, as Kafka writes them. */
const linesOf = (bytes: Buffer | undefined): string[] => (bytes?.toString() ?? '').split('\n').sort()

/** Topics that the metadata log made and did not remove. */
function expectedTopics(directory: DirectoryName): readonly FoundTopic[] {
  const topics = new Map<string, { name: string; partitions: Set<number> }>()
  const records = batchesOf(directory).flatMap(({ file, records }) =>
    /^__cluster_metadata-0\/\d+\.log$/.test(file) ? records : [],
  )
  for (const { type, data } of records) {
    if (data === undefined) continue
    const { topicId, name, partitionId } = asRecord(data)
    if (type === 'TOPIC_RECORD') topics.set(String(topicId), { name: String(name), partitions: new Set() })
    if (type === 'PARTITION_RECORD') topics.get(String(topicId))?.partitions.add(Number(partitionId))
    if (type === 'REMOVE_TOPIC_RECORD') topics.delete(String(topicId))
  }
  return [...topics]
    .map(([id, { name, partitions }]) => ({ name, topicId: uuidFromString(id), partitions: [...partitions].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Batches of a partition, as if all its segments were one file. */
function expectedBatches(directory: DirectoryName, folder: string): readonly DirectoryBatch[] {
  let position = 0
  return batchesOf(directory)
    .filter(({ file }) => folderOf(file) === folder && file.endsWith('.log'))
    .map((batch) => {
      const placed = { ...batch, position }
      position += batch.size
      return placed
    })
}

/** Returns how many records there were. */
async function assertBatches(opened: OpenedDirectory, directory: DirectoryName): Promise<number> {
  let count = 0
  for (const topic of await opened.topics()) {
    for (const partition of topic.partitions) {
      const folder = `${topic.name}-${partition}`
      const { records, highWatermark } = await opened.fetchAll(topic, partition)
      const cursor = new BatchCursor(records)
      const expected = expectedBatches(directory, folder)
      for (const golden of expected.map(inBytes)) {
        assert.ok(cursor.next(), folder)
        assert.deepEqual(describeBatch(cursor, golden), golden, folder)
        count += golden.records.length
      }
      assert.equal(cursor.next(), false, folder)
      assert.equal(highWatermark, (expected.at(-1)?.lastOffset ?? -1) + 1, folder)
    }
  }
  return count
}

async function assertPlaces(opened: OpenedDirectory, directory: DirectoryName): Promise<void> {
  const places = committedOffsets(directory)
  assert.equal(places.length, directory === 'dynamic-quorum' ? 0 : 6)
  for (const { groupId, topic, partition, offset, metadata } of places) {
    const found = await opened.committed(groupId, topic, partition)
    assert.deepEqual(found, { errorCode: 0, offset, metadata }, `${groupId} ${topic}-${partition}`)
  }
}

for (const directory of directories) {
  describe(`Kafka's directory, ${directory}`, () => {
    const opened = new OpenedDirectory(directory)
    let topics: readonly FoundTopic[] = []
    before(async () => {
      await opened.start()
      topics = await opened.topics()
    })
    after(async () => {
      await opened.stop()
      opened.remove()
    })

    it('is opened without a complaint, but that nobody is held to the ACL and the quotas in it', () =>
      assert.deepEqual(
        opened.lines
          .filter((line) => /WARN|ERROR/.test(line))
          .map((line) => /(ACLs|client quotas) are stored/.exec(line)?.[1]),
        directory === 'dynamic-quorum' ? [] : ['ACLs', 'client quotas'],
      ))

    it('has the topics that were not deleted', () => assert.deepEqual(topics, expectedTopics(directory)))

    it('gives every batch and record to whoever fetches', async (context) => {
      context.diagnostic(`${await assertBatches(opened, directory)} records`)
    })

    it('gives each group its place', () => assertPlaces(opened, directory))

    it('tells which transactions were aborted, and where the first open one begins', async () => {
      const counts = { aborted: 0, open: 0 }
      for (const topic of topics) {
        for (const partition of topic.partitions) {
          const folder = `${topic.name}-${partition}`
          const { abortedTransactions, lastStableOffset, highWatermark } = await opened.fetchAll(topic, partition, 1)
          assert.deepEqual(abortedTransactions, abortedIn(filesOf(directory), folder), folder)
          const open = firstOpen(expectedBatches(directory, folder))
          assert.equal(lastStableOffset, open ?? highWatermark, folder)
          counts.aborted += abortedTransactions.length
          if (open !== undefined) counts.open++
        }
      }
      assert.deepEqual(counts, directory === 'dynamic-quorum' ? { aborted: 0, open: 0 } : { aborted: 4, open: 1 })
    })
  })

  it(`keeps what nothing acts on, over restarts and snapshots of its own: ${directory}`, async () => {
    const opened = new OpenedDirectory(directory)
    const kafkas = filesOf(directory)
    const kept = keptInLog(kafkas.get(metadataLog) ?? Buffer.of())
    // The same that Kafka has in its own newest snapshot, where there is one.
    const newest = newestSnapshot(opened)
    if (newest !== undefined) assert.deepEqual(kept, keptInSnapshot(opened.file(newest)))
    const kinds = new Set(kept.map((record) => record.split(' ')[0]))
    assert.equal(kinds.size, directory === 'dynamic-quorum' ? 3 : 6, [...kinds].join())
    try {
      for (let round = 1; round <= 2; round++) {
        const before = newestSnapshot(opened)
        await opened.start({ 'metadata.log.max.record.bytes.between.snapshots': '1' })
        if (round === 1) await subscribe(opened)
        while (newestSnapshot(opened) === before) await setTimeout(20)
        await assertBatches(opened, directory)
        await assertPlaces(opened, directory)
        await opened.stop()
        const snapshot = newestSnapshot(opened)
        assert.ok(snapshot !== undefined)
        const found = keptInSnapshot(opened.file(snapshot))
        assert.deepEqual(
          found.filter((record) => !isSubscription(record)),
          kept,
          `round ${round}: ${snapshot}`,
        )
        // The first snapshot may be older than it.
        if (round === 2) assert.equal(found.filter(isSubscription).length, 1)
      }
      if (directory === 'clean')
        for (const name of checkpoints) assert.deepEqual(linesOf(opened.file(name)), linesOf(kafkas.get(name)), name)
      for (const [path, bytes] of kafkas) {
        if (!/^[^.]+\/\d+\.log$/.test(path)) continue
        const now = opened.file(path)
        assert.ok(now.subarray(0, bytes.length).equals(bytes), path)
        assert.equal(now.length > bytes.length, path === metadataLog, path)
      }
    } finally {
      await opened.stop()
      opened.remove()
    }
  })
}

/** Kafka's directories have no subscription of clients' metrics: it is set by us. */
async function subscribe(opened: OpenedDirectory): Promise<void> {
  const configs = [{ name: 'metrics', configOperation: 0, value: 'org.apache.kafka.consumer.' }]
  const resources = [{ resourceType: clientMetrics, resourceName: subscription, configs }]
  const reply = await opened.wire.call(incrementalAlterConfigs, { resources })
  assert.equal(reply.responses[0]?.errorCode, 0)
}

const isSubscription = (record: string): boolean => record.includes(Buffer.from(subscription).toString('hex'))

const newestSnapshot = (opened: OpenedDirectory): string | undefined => {
  const name = opened.namesIn(metadataFolder).findLast((file) => file.endsWith('.checkpoint'))
  return name === undefined ? undefined : `${metadataFolder}/${name}`
}

/** Of the transaction indexes: version, producer, first, last and last stable offset. */
function abortedIn(files: ReadonlyMap<string, Buffer>, folder: string): readonly object[] {
  const indexes = [...files].filter(([path]) => path.startsWith(`${folder}/`) && path.endsWith('.txnindex'))
  return indexes.flatMap(([, bytes]) =>
    Array.from({ length: bytes.length / 34 }, (_, i) => ({
      producerId: Number(bytes.readBigInt64BE(i * 34 + 2)),
      firstOffset: Number(bytes.readBigInt64BE(i * 34 + 10)),
      unknownTags: undefined,
    })),
  )
}

/** Where the oldest transaction begins that no marker has ended. */
function firstOpen(batches: readonly DirectoryBatch[]): number | undefined {
  const open = new Map<number, number>()
  for (const { transactional, control, producerId, baseOffset } of batches) {
    if (control) open.delete(producerId)
    else if (transactional && !open.has(producerId)) open.set(producerId, baseOffset)
  }
  return open.size === 0 ? undefined : Math.min(...open.values())
}
