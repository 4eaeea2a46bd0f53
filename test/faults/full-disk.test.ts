/** The reserve on a real file system that is full: a small one in memory, where the system lets a test have one. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { deleteTopics, ErrorCode, listOffsets } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { Faults, produceTo } from './kit.ts'

const { NONE, KAFKA_STORAGE_ERROR } = ErrorCode
const root = mkdtempSync(join(tmpdir(), 'odradek-full-disk-'))
const reserve = join(root, 'odradek-reserve')
const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', root])
if (mount.status !== 0) rmdirSync(root)
const skip = mount.status === 0 ? false : 'no file system can be mounted here'

const config = {
  'log.dirs': root,
  'odradek.log.dir.reserve.bytes': String(4 * 1024 * 1024),
  'log.retention.check.interval.ms': '200',
}
const big = (): Uint8Array => buildBatch([{ timestampMs: Date.now(), key: null, value: Buffer.alloc(500_000) }])
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const produced = (node: Faults, topic: string): Promise<number> =>
  node.with(async (wire) => (await produceTo(wire, { topic, records: big() })).errorCode)

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; !(await isSo()); i++) {
    assert.ok(i < 200, `${what} did not come`)
    await sleep(50)
  }
}

async function endOffset(node: Faults, name: string): Promise<number> {
  const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
  const reply = await node.with((wire) => wire.call(listOffsets, { replicaId: -1, topics }, 7))
  return reply.topics[0]?.partitions[0]?.offset ?? -1
}

describe('a full disk', { skip }, () => {
  let node: Faults
  before(async () => {
    node = await Faults.start(config)
  })
  after(async () => {
    await node.stop()
    spawnSync('umount', ['-l', root])
    rmdirSync(root)
  })

  test('the reserve is made of real blocks, given up by what must be written, and made again when a topic is gone', async () => {
    await until(
      'the reserve',
      () => (statSync(reserve, { throwIfNoEntry: false })?.blocks ?? 0) * 512 >= 4 * 1024 * 1024,
    )
    await node.createTopic('old', { 'file.delete.delay.ms': '100' })
    await node.createTopic('new')
    assert.equal(await produced(node, 'new'), NONE)
    while ((await produced(node, 'old')) === NONE);
    const end = await endOffset(node, 'old')
    assert.ok(end > 10)
    assert.throws(() => writeFileSync(join(root, 'other'), Buffer.alloc(1024 * 1024)), /ENOSPC/)
    for (let i = 0; statSync(reserve).size > 0; i++) {
      assert.ok(i < 500, 'topics take room')
      await node.createTopic(`more-${i}`)
    }
    assert.equal(await produced(node, 'more-0'), KAFKA_STORAGE_ERROR)
    await node.stop()
    node = await Faults.start(config)
    assert.equal(await endOffset(node, 'old'), end)
    assert.equal(await produced(node, 'new'), KAFKA_STORAGE_ERROR)
    await node.with((wire) => wire.call(deleteTopics, { topics: [{ name: 'old' }], timeoutMs: 2000 }))
    await until('room', async () => (await produced(node, 'new')) === NONE)
    assert.equal(statSync(reserve).size, 4 * 1024 * 1024)
  })
})
