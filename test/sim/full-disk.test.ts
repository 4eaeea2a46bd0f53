/** A disk that is full to the last byte: its reserve keeps the node going, starts it, and lets it delete. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteTopics, ErrorCode, fetch, produce } from '../../src/protocol/index.ts'
import { BatchCursor, batchHeader, buildBatch } from '../../src/records/index.ts'
import type { Wire } from '../wire.ts'
import { isGone, NodeWorld, nodeName } from './node-world.ts'

const mebibyte = 1024 * 1024
const { NONE, KAFKA_STORAGE_ERROR } = ErrorCode

class FullDisk extends NodeWorld {
  constructor(reserveBytes: number) {
    super(1, { 'odradek.log.dir.reserve.bytes': String(reserveBytes), 'log.retention.check.interval.ms': '1000' })
  }

  async with<T>(work: (wire: Wire) => Promise<T>): Promise<T> {
    const { wire } = await this.connect()
    try {
      return await work(wire)
    } finally {
      wire.destroy()
    }
  }

  produce(topic: string, size: number): Promise<number> {
    const records = buildBatch([{ timestampMs: this.clientEnv.clock.now(), key: null, value: Buffer.alloc(size) }])
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
    return this.with(async (wire) => {
      const reply = await wire.call(produce, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData }, 9)
      return reply.responses[0]?.partitionResponses[0]?.errorCode ?? -1
    })
  }

  /** Where the records end that can be read one after the other from offset 0. */
  async read(topic: string): Promise<number> {
    for (let next = 0; ; ) {
      const partitions = [{ partition: 0, fetchOffset: next, partitionMaxBytes: mebibyte }]
      const asked = { maxWaitMs: 0, minBytes: 1, maxBytes: mebibyte, topics: [{ topic, partitions }] }
      const reply = await this.with((wire) => wire.call(fetch, asked, 12))
      const found = reply.responses[0]?.partitions[0]
      assert.equal(found?.errorCode, NONE)
      const bytes = found.records instanceof Uint8Array ? found.records : new Uint8Array()
      if (bytes.length === 0) return next
      for (const cursor = new BatchCursor(bytes, 0, bytes.length); cursor.next(); ) {
        assert.equal(batchHeader.baseOffset(cursor.view, cursor.position), next++)
      }
    }
  }

  /** To the last byte. */
  fill(): void {
    const volume = this.world.disk(nodeName)
    volume.setFaults({ capacityBytes: volume.tree.usedBytes() })
  }

  deleteTopic(name: string): Promise<unknown> {
    return this.with((wire) => wire.call(deleteTopics, { topics: [{ name }], timeoutMs: 2000 }))
  }
}

test('a full disk: the node goes on, starts, is read and deletes, and takes records when there is room again', async () => {
  const node = new FullDisk(mebibyte)
  const run = async (): Promise<void> => {
    await node.start()
    const configs = { 'file.delete.delay.ms': '1000' }
    await node.createTopics([
      { name: 'old', partitions: 1, configs },
      { name: 'new', partitions: 1, configs },
    ])
    await node.sleep(1000)
    for (let i = 0; i < 40; i++) assert.equal(await node.produce('old', 100_000), NONE)
    assert.equal(await node.produce('new', 100_000), NONE)
    node.fill()
    assert.equal(await node.produce('new', 10), KAFKA_STORAGE_ERROR)
    // The metadata goes on meanwhile, which takes room.
    await node.sleep(60_000)
    for (let i = 0; i < 20; i++) assert.equal(await node.produce('new', 10), KAFKA_STORAGE_ERROR)
    assert.equal(node.lines.filter(({ message }) => message === 'append failed').length, 2)
    assert.equal(await node.read('old'), 40)
    for (const end of ['kill', 'stop'] as const) {
      if (end === 'kill') node.kill()
      else await node.stop()
      await node.start()
      assert.equal(await node.read('old'), 40)
      assert.equal(await node.read('new'), 1)
      assert.equal(await node.produce('new', 10), KAFKA_STORAGE_ERROR)
    }
    await node.deleteTopic('old')
    await node.sleep(20_000)
    assert.equal(await node.produce('new', 10), NONE)
    assert.equal(await node.read('new'), 2)
    const told = node.lines.map(({ message }) => message).filter((message) => /reserve/.test(message))
    assert.deepEqual(told, [
      'the disk is full: its reserve is given up, and no records are taken until there is room',
      'the disk has room again: its reserve is made anew',
    ])
    await node.stop()
  }
  await node.world.settle(run(), 600_000)
})

test('without a reserve the node ends, as Apache Kafka does', async () => {
  const node = new FullDisk(0)
  const run = async (): Promise<void> => {
    await node.start()
    await node.createTopics([{ name: 't', partitions: 1 }])
    assert.equal(await node.produce('t', 100_000), NONE)
    node.fill()
    const [refused] = await Promise.allSettled([node.produce('t', 10)])
    assert.ok(refused.status === 'fulfilled' ? refused.value === KAFKA_STORAGE_ERROR : isGone(refused.reason))
    assert.match(String(await node.node?.ended), /ENOSPC/)
    node.kill()
    await assert.rejects(node.start(), /ENOSPC/)
  }
  await node.world.settle(run(), 600_000)
})
