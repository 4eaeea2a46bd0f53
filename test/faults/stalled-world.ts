/**
 * A node whose disk holds the loop: writes to one partition take as long as the test says. What waits in the sockets
 * meanwhile must be read before anybody's time is over.
 */
import assert from 'node:assert/strict'
import { Worker } from 'node:worker_threads'
import type { Disk, DiskFile } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import { supportedFeatures } from '../../src/metadata/index.ts'
import { BrokerConfig, formatStorage, Node } from '../../src/node/index.ts'
import { createTopics, ErrorCode } from '../../src/protocol/index.ts'
import { layered, testDefaults } from '../../src/stack/index.ts'
import { Wire } from '../wire.ts'
import { goodBatch, produceTo } from './kit.ts'
import type { ClientReport } from './stalled-client.ts'

/** Within this time of the loop's release the one who asks is answered, and the thread that asked was woken too. */
const answeredMsMax = 10
/** What two threads and a busy machine may add. */
const schedulingMs = 40

const config = {
  'log.dirs': '/memory/data',
  'group.min.session.timeout.ms': '100',
  'broker.session.timeout.ms': '500',
  'broker.heartbeat.interval.ms': '100',
  listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
}

class Stall {
  /** The next write to the partition holds the loop for so long; 0: none. */
  writeMs = 0
  syncMs = 0
  releasedMs = 0

  wrap(disk: Disk): Disk {
    const open: Disk['open'] = async (path, options) => {
      const file = await disk.open(path, options)
      return path.includes('/stalled-0/') && path.endsWith('.log') ? this.#slow(file) : file
    }
    return new Proxy(disk, { get: (target, name) => (name === 'open' ? open : bound(target, name)) })
  }

  #slow(file: DiskFile): DiskFile {
    const writeSync: DiskFile['writeSync'] = (bytes, position) => {
      if (this.writeMs > 0) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.writeMs)
        this.writeMs = 0
        this.releasedMs = Date.now()
      }
      return file.writeSync(bytes, position)
    }
    const sync = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, this.syncMs))
      await file.sync()
    }
    return new Proxy(file, {
      get: (target, name) => (name === 'writeSync' ? writeSync : name === 'sync' ? sync : bound(target, name)),
    })
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

/** Holds the loop for each of these times; throws if somebody lost what it had, or was answered late. */
export async function runStalls(stallsMs: readonly number[]): Promise<{ readonly latestMs: number }> {
  const stall = new Stall()
  const lines: string[] = []
  const real = createEnv({ disk: 'memory', write: (line) => void lines.push(line) })
  const env = { ...real, disk: stall.wrap(real.disk) }
  const parsed = BrokerConfig.parse(layered(testDefaults, config))
  await formatStorage({ ...env, config: parsed, options: { clusterId: 'cluster' }, print: () => undefined })
  const node = await Node.start({ env, config: parsed, hostName: 'localhost' })
  const portOf = (name: string): number => node.listeners.find(({ listener }) => listener === name)?.port ?? 0
  const wire = await Wire.connect(env.network, '127.0.0.1', portOf('PLAINTEXT'))
  const topics = [
    { name: 'stalled', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'flush.messages', value: '1' }] },
  ]
  await wire.call(createTopics, { topics, timeoutMs: 5000 })
  const reports: ClientReport[] = []
  const client = new Worker(new URL('./stalled-client.ts', import.meta.url), {
    workerData: {
      port: portOf('PLAINTEXT'),
      controllerPort: portOf('CONTROLLER'),
      clusterId: node.clusterId,
      features: supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
        name,
        minSupportedVersion: minLevel,
        maxSupportedVersion: maxLevel,
      })),
    },
  })
  try {
    client.on('message', (report: ClientReport) => void reports.push(report))
    const failed = new Promise<never>((_, reject) => client.on('error', reject))
    const sleep = (ms: number): Promise<unknown> =>
      Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), failed])
    while (!reports.some(({ ready }) => ready)) await sleep(20)
    let latestMs = 0
    for (const ms of stallsMs) {
      stall.writeMs = ms
      stall.syncMs = ms
      const { errorCode } = await produceTo(wire, { topic: 'stalled', records: goodBatch() })
      assert.equal(errorCode, ErrorCode.NONE)
      const { releasedMs } = stall
      // Long enough for every session to end, if one was to.
      await sleep(700)
      const waiting = reports
        .flatMap(({ answered }) => answered ?? [])
        .filter((it) => it.askedMs < releasedMs && it.cameMs >= releasedMs)
      assert.ok(waiting.length > 0, 'somebody asked while the loop was held')
      for (const { cameMs } of waiting) latestMs = Math.max(latestMs, cameMs - releasedMs)
    }
    assert.deepEqual(
      reports.flatMap(({ lost }) => lost ?? []),
      [],
    )
    // A broker that was fenced comes back with its next heartbeat: only the log remembers.
    assert.deepEqual(
      lines.filter((line) => /fenced a broker|not heard of/.test(line)),
      [],
    )
    assert.ok(latestMs <= answeredMsMax + schedulingMs, `answered ${latestMs} ms after the release`)
    return { latestMs }
  } finally {
    await client.terminate()
    wire.destroy()
    await node.stop()
  }
}
