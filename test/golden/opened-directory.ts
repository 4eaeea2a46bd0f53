/** A golden directory, unpacked onto the disk and served by a whole node, and what a client asks of it. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Uuid } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import type { Node } from '../../src/node/index.ts'
import { type FetchResponse, fetch, listOffsets, metadata, offsetFetch } from '../../src/protocol/index.ts'
import { layered, startServer, testDefaults } from '../../src/stack/index.ts'
import { Wire } from '../wire.ts'
import { type DirectoryName, filesOf } from './data-dirs.ts'

const { network } = createEnv()
/** The timestamp that asks for the start of a log. */
const earliest = -2n

/** Nothing may become too old, or be compacted, before it is looked at. */
const settings: Readonly<Record<string, string>> = {
  'log.index.size.max.bytes': '4096',
  'log.retention.ms': '-1',
  'log.retention.check.interval.ms': '86400000',
  'log.cleaner.enable': 'false',
  'producer.id.expiration.ms': '2147483647',
  'offsets.retention.minutes': '2147483647',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
  'share.coordinator.state.topic.num.partitions': '2',
}

export interface FoundTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: readonly number[]
}

export interface FetchedLog {
  readonly records: Buffer
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[]
}

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

export class OpenedDirectory {
  readonly path: string
  readonly #directory: DirectoryName
  readonly lines: string[] = []
  #node: Node | undefined
  #wire: Wire | undefined

  constructor(directory: DirectoryName) {
    this.#directory = directory
    this.path = mkdtempSync(join(tmpdir(), 'odradek-golden-'))
    for (const [name, bytes] of filesOf(directory)) {
      mkdirSync(join(this.path, dirname(name)), { recursive: true })
      writeFileSync(join(this.path, name), bytes)
    }
  }

  async start(config: Readonly<Record<string, string>> = {}): Promise<void> {
    const isDynamic = this.#directory === 'dynamic-quorum'
    const texts = layered(testDefaults, settings, { 'log.dirs': this.path, 'node.id': isDynamic ? '7' : '1' }, config)
    if (isDynamic) texts.delete('controller.quorum.voters')
    if (isDynamic) texts.set('controller.quorum.bootstrap.servers', '127.0.0.1:9093')
    const write = (line: string): void => void this.lines.push(line)
    this.#node = await startServer({ texts, formatsEmpty: false, write })
    const port = this.#node.listeners.find(({ listener }) => listener === 'PLAINTEXT')?.port ?? 0
    this.#wire = await Wire.connect(network, '127.0.0.1', port)
  }

  async stop(): Promise<void> {
    this.#wire?.destroy()
    await this.#node?.stop()
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  get wire(): Wire {
    assert.ok(this.#wire, 'it was started')
    return this.#wire
  }

  file(name: string): Buffer {
    return readFileSync(join(this.path, name))
  }

  namesIn(folder: string): readonly string[] {
    return readdirSync(join(this.path, folder)).sort()
  }

  async topics(): Promise<readonly FoundTopic[]> {
    const reply = await this.wire.call(metadata, { topics: null, allowAutoTopicCreation: false })
    return reply.topics
      .map(({ name, topicId, partitions }) => ({
        name: name ?? '',
        topicId,
        partitions: partitions.map(({ partitionIndex }) => partitionIndex).sort(),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** All batches of a partition, read as consumers do. */
  async fetchAll({ name, topicId }: FoundTopic, partition: number, isolationLevel = 0): Promise<FetchedLog> {
    const logStartOffset = await this.#startOffset(name, partition)
    const first = await this.#fetch({ topicId, partition, fetchOffset: logStartOffset, isolationLevel })
    let offset = logStartOffset
    const chunks: Buffer[] = []
    const aborted: FetchedLog['abortedTransactions'][number][] = []
    const end = isolationLevel === 0 ? first.highWatermark : first.lastStableOffset
    while (offset < end) {
      const reply = await this.#fetch({ topicId, partition, fetchOffset: offset, isolationLevel })
      assert.equal(reply.errorCode, 0)
      aborted.push(...(reply.abortedTransactions ?? []))
      const { bytes, nextOffset } = wholeBatches(reply.records)
      assert.ok(nextOffset > offset, 'a fetch brings something')
      chunks.push(bytes)
      offset = nextOffset
    }
    const { highWatermark, lastStableOffset } = first
    return {
      records: Buffer.concat(chunks),
      logStartOffset,
      highWatermark,
      lastStableOffset,
      abortedTransactions: aborted,
    }
  }

  async #startOffset(name: string, partitionIndex: number): Promise<number> {
    const partitions = [{ partitionIndex, timestamp: earliest }]
    const { topics } = await this.wire.call(listOffsets, { topics: [{ name, partitions }] })
    const found = topics[0]?.partitions[0]
    assert.equal(found?.errorCode, 0)
    return found.offset
  }

  async #fetch(from: {
    readonly topicId: Uuid
    readonly partition: number
    readonly fetchOffset: number
    readonly isolationLevel: number
  }): Promise<FetchedPartition> {
    const { topicId, partition, fetchOffset, isolationLevel } = from
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 300_000 }]
    const reply = await this.wire.call(fetch, {
      maxWaitMs: 0,
      minBytes: 0,
      isolationLevel,
      topics: [{ topicId, partitions }],
    })
    const found = reply.responses[0]?.partitions[0]
    assert.ok(found, `${reply.errorCode}`)
    return found
  }

  /** The answer for one partition, or the error for the group. */
  async committed(
    groupId: string,
    topic: string,
    partition: number,
  ): Promise<{ readonly errorCode: number; readonly offset?: bigint; readonly metadata?: string | null }> {
    const topics = [{ name: topic, partitionIndexes: [partition] }]
    const { groups } = await this.wire.call(offsetFetch, { groups: [{ groupId, topics }] }, 9)
    const [group] = groups
    assert.ok(group)
    const found = group.topics[0]?.partitions[0]
    if (group.errorCode !== 0 || found === undefined) return { errorCode: group.errorCode }
    const { committedOffset, metadata: text, errorCode } = found
    return { errorCode, offset: committedOffset, metadata: text }
  }
}

/** The last batch may be cut. */
function wholeBatches(records: FetchedPartition['records']): { readonly bytes: Buffer; readonly nextOffset: number } {
  assert.ok(records instanceof Uint8Array)
  const bytes = Buffer.from(records)
  let end = 0
  let nextOffset = -1
  while (end + 61 <= bytes.length) {
    const size = 12 + bytes.readInt32BE(end + 8)
    if (end + size > bytes.length) break
    nextOffset = Number(bytes.readBigInt64BE(end)) + bytes.readInt32BE(end + 23) + 1
    end += size
  }
  return { bytes: bytes.subarray(0, end), nextOffset }
}
