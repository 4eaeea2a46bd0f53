/**
 * A node whose disk holds the loop: writes to one partition take as long as the test says. What waits in the sockets
 * meanwhile must be read before anybody's time is over.
 */
// Loaded before time begins: a world's turns do not wait for a module.
import '../../src/node/broker-role.ts'
import assert from 'node:assert/strict'
import { Worker } from 'node:worker_threads'
import type { Disk, DiskFile, Network } from '../../src/base/index.ts'
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
/** What two threads and a busy machine may add now and then. */
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

/** What the node's log says of somebody whose time is over. A broker comes back with its next heartbeat, a member not. */
interface Eviction {
  readonly line: string
  readonly atMs: number
}

export interface StallOutcome {
  /** Of all stalls, the one in the middle. */
  readonly middleMs: number
  readonly latestMs: number
  /** Of clients that had sent nothing. */
  readonly evictions: number
}

/** Holds the loop for each of these times; throws if somebody lost what it had, or was answered late. */
export async function runStalls(stallsMs: readonly number[]): Promise<StallOutcome> {
  const stall = new Stall()
  const evictions: Eviction[] = []
  const { node, network } = await startNode(stall, (line) => {
    if (/fenced a broker|removes member/.test(line)) evictions.push({ line, atMs: Date.now() })
  })
  const wire = await Wire.connect(network, '127.0.0.1', portOf(node, 'PLAINTEXT'))
  const topics = [
    { name: 'stalled', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'flush.messages', value: '1' }] },
  ]
  await wire.call(createTopics, { topics, timeoutMs: 5000 })
  const client = startClient(node)
  try {
    const reports: ClientReport[] = []
    client.on('message', (report: ClientReport) => void reports.push(report))
    const failed = new Promise<never>((_, reject) => client.on('error', reject))
    const sleep = (ms: number): Promise<unknown> =>
      Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), failed])
    while (!reports.some(({ ready }) => ready)) await sleep(20)
    const answeredMs: number[] = []
    for (const ms of stallsMs) {
      const releasedMs = await hold(stall, wire, ms)
      // Long enough for every session to end, if one was to.
      await sleep(700)
      answeredMs.push(latestAnswerMs(reports, releasedMs))
    }
    const unjust = evictions.filter(({ atMs }) => reports.some((report) => wasWaiting(report, atMs)))
    assert.deepEqual(unjust, [])
    assert.deepEqual(
      reports.flatMap(({ lost }) => lost ?? []).filter((text) => !isExcused(text, evictions)),
      [],
    )
    return { ...judge(answeredMs), evictions: evictions.length }
  } finally {
    await client.terminate()
    wire.destroy()
    await node.stop()
  }
}

async function startNode(stall: Stall, write: (line: string) => void): Promise<{ node: Node; network: Network }> {
  const real = createEnv({ disk: 'memory', write })
  const env = { ...real, disk: stall.wrap(real.disk) }
  const parsed = BrokerConfig.parse(layered(testDefaults, config))
  await formatStorage({ ...env, config: parsed, options: { clusterId: 'cluster' }, print: () => undefined })
  return { node: await Node.start({ env, config: parsed, hostName: 'localhost' }), network: env.network }
}

function portOf(node: Node, name: string): number {
  return node.listeners.find(({ listener }) => listener === name)?.port ?? 0
}

function startClient(node: Node): Worker {
  return new Worker(new URL('./stalled-client.ts', import.meta.url), {
    workerData: {
      port: portOf(node, 'PLAINTEXT'),
      controllerPort: portOf(node, 'CONTROLLER'),
      clusterId: node.clusterId,
      features: supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
        name,
        minSupportedVersion: minLevel,
        maxSupportedVersion: maxLevel,
      })),
    },
  })
}

/** Holds the loop in a write, and lets the sync behind it take as long. Returns when the loop was released. */
async function hold(stall: Stall, wire: Wire, ms: number): Promise<number> {
  stall.writeMs = ms
  stall.syncMs = ms
  // After a slow write the log writes off the loop, until the disk is quick again.
  while (stall.writeMs > 0) {
    const { errorCode } = await produceTo(wire, { topic: 'stalled', records: goodBatch() })
    assert.equal(errorCode, ErrorCode.NONE)
  }
  return stall.releasedMs
}

/** A heartbeat lay in a socket then. */
function wasWaiting({ heartbeat }: ClientReport, atMs: number): boolean {
  return heartbeat !== undefined && heartbeat.sentMs < atMs - 5 && heartbeat.cameMs >= atMs
}

/** Whoever had sent nothing, for its own thread was held too, may be evicted: that tells nothing of the node. */
const isExcused = (lost: string, evictions: readonly Eviction[]): boolean =>
  evictions.some(({ line }) => (lost.startsWith('the broker') ? /fenced a broker/ : /removes member/).test(line))

/** How long after the release the last of those was answered who had asked before it. */
function latestAnswerMs(reports: readonly ClientReport[], releasedMs: number): number {
  const waiting = reports
    .flatMap(({ answered }) => answered ?? [])
    .filter((it) => it.askedMs < releasedMs && it.cameMs >= releasedMs)
  assert.ok(waiting.length > 0, 'somebody asked while the loop was held')
  return Math.max(...waiting.map(({ cameMs }) => cameMs - releasedMs))
}

function judge(answeredMs: readonly number[]): Omit<StallOutcome, 'evictions'> {
  const middleMs = answeredMs.toSorted((a, b) => a - b)[answeredMs.length >> 1] ?? 0
  const latestMs = Math.max(...answeredMs)
  const told = `answered ${answeredMs.join(', ')} ms after the release`
  assert.ok(middleMs <= answeredMsMax && latestMs <= answeredMsMax + schedulingMs, told)
  return { middleMs, latestMs }
}
