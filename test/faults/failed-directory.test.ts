/** Log directories that fail: one alone goes offline, and without any the node stops and says why. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../src/node/index.ts'
import { createTopics, describeLogDirs, ErrorCode } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import { BrokenWorld } from './broken-disk.ts'
import { goodBatch, produceTo } from './kit.ts'

const changing: readonly string[] = ['writeSync', 'truncateSync', 'write', 'sync']

interface Started {
  readonly node: Node
  readonly wire: Wire
  readonly lines: readonly string[]
  /** From then on nothing below `path` can be written or cut. */
  readonly breakBelow: (path: string) => void
}

async function start(logDirs: string): Promise<Started> {
  const world = new BrokenWorld({ 'log.dirs': logDirs })
  const node = await world.start()
  const wire = await Wire.connect(world.env.network, '127.0.0.1', node.listeners[0]?.port ?? 0)
  const topics = [{ name: 't', numPartitions: 4, replicationFactor: 1 }]
  const reply = await wire.call(createTopics, { topics, timeoutMs: 5000 })
  assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
  const breakBelow = (below: string): void => {
    world.disk.refuses = (operation, path) => changing.includes(operation) && path.startsWith(below)
  }
  return { node, wire, lines: world.lines, breakBelow }
}

test('one of two directories fails: its partitions answer 56, the others go on', async () => {
  const { node, wire, breakBelow, lines } = await start('/a,/b')
  const codes = async (): Promise<number[]> => {
    const found: number[] = []
    for (let partition = 0; partition < 4; partition++) {
      found.push((await produceTo(wire, { topic: 't', partition, records: goodBatch() })).errorCode)
    }
    return found.sort()
  }
  assert.deepEqual(await codes(), [0, 0, 0, 0])
  breakBelow('/b/')
  const storageError = ErrorCode.KAFKA_STORAGE_ERROR
  assert.deepEqual(await codes(), [0, 0, storageError, storageError])
  assert.deepEqual(await codes(), [0, 0, storageError, storageError])
  assert.match(lines.join(''), /a log directory failed and is offline directory=\/b/)
  const { results } = await wire.call(describeLogDirs, { topics: null })
  assert.deepEqual(results.map(({ logDir, errorCode }) => [logDir, errorCode]).sort(), [
    ['/a', ErrorCode.NONE],
    ['/b', storageError],
  ])
  wire.destroy()
  await node.stop()
})

test('the only directory fails: the node stops, and says why', async () => {
  const { node, wire, breakBelow } = await start('/a')
  breakBelow('/a/')
  const { errorCode } = await produceTo(wire, { topic: 't', records: goodBatch() }).catch(() => ({ errorCode: -1 }))
  assert.notEqual(errorCode, ErrorCode.NONE)
  assert.match(String(await node.ended), /all log dirs have failed/)
  wire.destroy()
})
