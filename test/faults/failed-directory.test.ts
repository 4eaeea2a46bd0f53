/** Log directories that fail: one alone goes offline, and without any the node stops and says why. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, DiskError, type DiskFile } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import { BrokerConfig, formatStorage, Node } from '../../src/node/index.ts'
import { createTopics, describeLogDirs, ErrorCode } from '../../src/protocol/index.ts'
import { layered, testDefaults } from '../../src/stack/index.ts'
import { Wire } from '../wire.ts'
import { goodBatch, produceTo } from './kit.ts'

class BrokenDisk {
  /** Nothing below it can be written or cut any more. */
  broken: string | undefined

  wrap(disk: Disk): Disk {
    const open: Disk['open'] = async (path, options) => this.#file(await disk.open(path, options))
    return new Proxy(disk, { get: (target, name) => (name === 'open' ? open : bound(target, name)) })
  }

  #file(file: DiskFile): DiskFile {
    const fail = (): never => {
      throw new DiskError('EIO', file.path, `input/output error: ${file.path}`)
    }
    const isBroken = (): boolean => this.broken !== undefined && file.path.startsWith(this.broken)
    const broken = new Set<string | symbol>(['writeSync', 'truncateSync', 'write', 'sync'])
    return new Proxy(file, { get: (target, name) => (broken.has(name) && isBroken() ? fail : bound(target, name)) })
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

async function start(logDirs: string) {
  const lines: string[] = []
  const disk = new BrokenDisk()
  const real = createEnv({ disk: 'memory', write: (line) => void lines.push(line) })
  const env = { ...real, disk: disk.wrap(real.disk) }
  const config = BrokerConfig.parse(layered(testDefaults, { 'log.dirs': logDirs, 'metadata.log.dir': '/meta' }))
  await formatStorage({ ...env, config, options: { clusterId: 'cluster' }, print: () => undefined })
  const node = await Node.start({ env, config, hostName: 'localhost' })
  const port = node.listeners[0]?.port ?? 0
  const wire = await Wire.connect(env.network, '127.0.0.1', port)
  const topics = [{ name: 't', numPartitions: 4, replicationFactor: 1 }]
  const reply = await wire.call(createTopics, { topics, timeoutMs: 5000 })
  assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
  return { node, wire, disk, lines }
}

test('one of two directories fails: its partitions answer 56, the others go on', async () => {
  const { node, wire, disk, lines } = await start('/a,/b')
  const codes = async (): Promise<number[]> => {
    const found: number[] = []
    for (let partition = 0; partition < 4; partition++) {
      found.push((await produceTo(wire, { topic: 't', partition, records: goodBatch() })).errorCode)
    }
    return found.sort()
  }
  assert.deepEqual(await codes(), [0, 0, 0, 0])
  disk.broken = '/b/'
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
  const { node, wire, disk } = await start('/a')
  disk.broken = '/a/'
  const { errorCode } = await produceTo(wire, { topic: 't', records: goodBatch() }).catch(() => ({ errorCode: -1 }))
  assert.notEqual(errorCode, ErrorCode.NONE)
  assert.match(String(await node.ended), /all log dirs have failed/)
  wire.destroy()
})
