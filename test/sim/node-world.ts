/**
 * One node in a world from a seed, and the client that works with it: what goes wrong is drawn from the seed too. After
 * every restart and at the end the invariants are checked against what the client was told.
 */
import assert from 'node:assert/strict'
import { type Env, uuidFromLatin1, uuidToString } from '../../src/base/index.ts'
import { BrokerConfig, formatStorage, jobs, Node } from '../../src/node/index.ts'
import {
  createTopics,
  ErrorCode,
  fetch,
  findCoordinator,
  initProducerId,
  offsetCommit,
  offsetFetch,
  produce,
} from '../../src/protocol/index.ts'
import { BatchCursor, batchHeader, buildBatch, readRecords } from '../../src/records/index.ts'
import { type LogLine, World } from '../../src/sim/index.ts'
import { Wire } from '../wire.ts'

const port = 9092
const nodeName = 'node'
const topic = 'numbers'
const group = 'readers'
const partitions = 2

const texts = new Map(
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `PLAINTEXT://${nodeName}:${port},CONTROLLER://${nodeName}:9093`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@${nodeName}:9093`,
    'log.dirs': '/data',
    'log.segment.bytes': '1048576',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'metadata.log.max.record.bytes.between.snapshots': '2000',
    'group.initial.rebalance.delay.ms': '0',
  }),
)

/** What a partition's client was told, by offset; and how far a cut of power may have taken it back. */
export interface Told {
  readonly values: Map<number, string>
  /** The last committed offset of the group that was acknowledged. */
  committed: number
}

export interface Outcome {
  readonly hash: string
  readonly events: number
  readonly acknowledged: number
  readonly kills: number
  readonly crashes: number
}

export class NodeWorld {
  readonly world: World
  readonly lines: LogLine[] = []
  readonly told: readonly Told[] = Array.from({ length: partitions }, () => ({ values: new Map(), committed: 0 }))
  #node: Node | undefined
  #wire: Wire | undefined
  #next = 0
  kills = 0
  crashes = 0

  constructor(seed: number) {
    const draw = new World({ seed, turn: setImmediate }).random.stream('options')
    this.world = new World({
      seed,
      turn: setImmediate,
      jobs,
      network: { splitRate: draw.float() * 0.2 },
      disk: { slowRate: draw.float() * 0.02, slowMs: 50 },
      log: (line) => void this.lines.push(line),
    })
  }

  get #clientEnv(): Env {
    return this.world.env('client')
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clientEnv.clock.after(ms, resolve))
  }

  async start(): Promise<void> {
    const env = this.world.env(nodeName)
    const config = BrokerConfig.parse(texts)
    if ((await env.disk.stat('/data/meta.properties')) === undefined) {
      const clusterId = uuidToString(uuidFromLatin1('0123456789abcdef'))
      await formatStorage({ ...env, config, options: { clusterId }, print: () => undefined })
    }
    this.#node = await Node.start({ env, config, hostName: nodeName, poison: true })
  }

  /** The process dies; what it wrote stays. */
  kill(): void {
    this.kills++
    this.world.kill(nodeName)
    this.#wire = undefined
  }

  /** The power goes: what was not synced may be gone, in part and in any order. */
  crash(): void {
    this.crashes++
    this.world.crash(nodeName)
    this.#wire = undefined
  }

  async stop(): Promise<void> {
    await this.#node?.stop()
  }

  async connected(): Promise<Wire> {
    if (this.#wire === undefined || this.#wire.isClosed) {
      this.#wire = await Wire.connect(this.#clientEnv.network, nodeName, port)
    }
    return this.#wire
  }

  async createTopic(): Promise<void> {
    const wire = await this.connected()
    const topics = [{ name: topic, numPartitions: partitions, replicationFactor: 1 }]
    const reply = await wire.call(createTopics, { topics, timeoutMs: 30_000 })
    assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
    // The first one that asks has the topic of the offsets made.
    while ((await wire.call(findCoordinator, { key: group }, 3)).errorCode !== ErrorCode.NONE) await this.sleep(50)
  }

  async producerId(): Promise<{ readonly producerId: number; readonly producerEpoch: number }> {
    const wire = await this.connected()
    const { producerId, producerEpoch, errorCode } = await wire.call(initProducerId, { transactionalId: null })
    assert.equal(errorCode, ErrorCode.NONE)
    return { producerId, producerEpoch }
  }

  /** Sends one batch; remembers it when it is acknowledged. Returns whether it was. */
  async produce(partition: number, acks: -1 | 0 | 1): Promise<boolean> {
    const values = Array.from({ length: 1 + (this.#next % 5) }, () => `${partition}-${this.#next++}`)
    const nowMs = this.#clientEnv.clock.now()
    const records = buildBatch(values.map((value) => ({ timestampMs: nowMs, key: null, value: Buffer.from(value) })))
    const request = {
      acks,
      timeoutMs: 5000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    }
    try {
      const wire = await this.connected()
      if (acks === 0) {
        wire.send(produce, request, 12)
        return false
      }
      const reply = await wire.call(produce, request, 12)
      const answer = reply.responses[0]?.partitionResponses[0]
      if (answer?.errorCode !== ErrorCode.NONE) return false
      for (const [i, value] of values.entries()) {
        const offset = answer.baseOffset + i
        assert.ok(!this.told[partition]?.values.has(offset), `offset ${offset} is given once`)
        this.told[partition]?.values.set(offset, value)
      }
      return true
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      return false
    }
  }

  /** Commits how far the group has read; remembers it when it is acknowledged. */
  async commit(partition: number, offset: number): Promise<void> {
    const request = {
      groupId: group,
      generationIdOrMemberEpoch: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: BigInt(offset) }] }],
    }
    try {
      const wire = await this.connected()
      const reply = await wire.call(offsetCommit, request, 9)
      const told = this.told[partition]
      if (reply.topics[0]?.partitions[0]?.errorCode === ErrorCode.NONE && told !== undefined) told.committed = offset
    } catch {
      // The node is away: nothing was promised.
    }
  }

  async committed(partition: number): Promise<number> {
    const wire = await this.connected()
    for (;;) {
      const topics = [{ name: topic, partitionIndexes: [partition] }]
      const reply = await wire.call(offsetFetch, { groups: [{ groupId: group, topics }] }, 9)
      const [answer] = reply.groups
      if (answer?.errorCode === ErrorCode.NONE) return Number(answer.topics[0]?.partitions[0]?.committedOffset ?? -1n)
      await this.sleep(50)
    }
  }

  /** Everything that a consumer gets of a partition: each batch with its checksum, offsets without a gap. */
  async readAll(partition: number): Promise<string[]> {
    const wire = await this.connected()
    const read: string[] = []
    for (;;) {
      const partitionMaxBytes = 2000
      const asked = { partition, fetchOffset: read.length, partitionMaxBytes }
      const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 10_000, topics: [{ topic, partitions: [asked] }] }
      const reply = await wire.call(fetch, request, 12)
      const answer = reply.responses[0]?.partitions[0]
      assert.equal(answer?.errorCode, ErrorCode.NONE)
      const bytes = answer.records instanceof Uint8Array ? answer.records : new Uint8Array(0)
      const before = read.length
      const cursor = new BatchCursor(bytes)
      while (cursor.next()) {
        assert.ok(cursor.isCrcValid(), 'a fetched batch has its checksum')
        if (batchHeader.lastOffset(cursor.view, cursor.position) < read.length) continue
        for (const { offset, value } of readRecords(bytes, cursor.position, 1_000_000)) {
          if (offset < before) continue
          assert.equal(offset, read.length, 'offsets follow one another')
          read.push(value?.toString() ?? '')
        }
      }
      if (read.length === before) {
        assert.equal(read.length, answer.highWatermark, 'a reader gets all below the high watermark')
        return read
      }
    }
  }

  /**
   * What was acknowledged is there. After a cut of power, which one replica alone does not survive whole, what is there is
   * a first part of it: nothing in between is missing, and nothing is another's.
   */
  async check(afterPowerCut: boolean): Promise<void> {
    for (const [partition, told] of this.told.entries()) {
      const read = await this.readAll(partition)
      for (const [offset, value] of told.values) {
        if (offset < read.length) assert.equal(read[offset], value, `partition ${partition}, offset ${offset}`)
        else {
          assert.ok(afterPowerCut, `partition ${partition}: offset ${offset} was acknowledged and is gone`)
          told.values.delete(offset)
        }
      }
      const committed = await this.committed(partition)
      if (afterPowerCut) told.committed = Math.max(0, committed)
      else assert.equal(Math.max(0, committed), told.committed, 'the place of the group')
    }
  }
}

/** The whole history that a seed makes. */
export async function runSeed(seed: number, steps: number): Promise<Outcome> {
  const node = new NodeWorld(seed)
  const { world } = node
  const draw = world.random.stream('workload')
  const work = async (): Promise<void> => {
    await node.start()
    await node.createTopic()
    await node.producerId()
    for (let step = 0; step < steps; step++) {
      const partition = draw.below(partitions)
      const kind = draw.below(100)
      if (kind < 60) await node.produce(partition, draw.below(2) === 0 ? -1 : 1)
      else if (kind < 65) await node.produce(partition, 0)
      else if (kind < 75) await node.commit(partition, node.told[partition]?.values.size ?? 0)
      else if (kind < 82) await node.readAll(partition)
      else if (kind < 88) await node.sleep(draw.below(3000))
      else if (kind < 91) world.skew(nodeName, draw.below(7_200_000) - 3_600_000)
      else if (kind < 93) world.disk(nodeName).stall(draw.below(2000))
      else if (kind < 95) world.pause(nodeName, draw.below(3000))
      else {
        const isPowerCut = kind >= 98
        // Under way when it happens, so that the last write may be half done.
        const last = node.produce(partition, 1)
        await node.sleep(draw.float())
        if (isPowerCut) node.crash()
        else node.kill()
        await last
        await node.start()
        await node.check(isPowerCut)
      }
    }
    await node.check(false)
    await node.stop()
    await node.start()
    await node.check(false)
    await node.stop()
  }
  await world.settle(work(), 3_600_000)
  const faults = node.lines.filter(({ level, message }) => level === 'error' && /trusted|not clean/.test(message))
  assert.deepEqual(faults, [])
  const acknowledged = node.told.reduce((sum, { values }) => sum + values.size, 0)
  const { kills, crashes } = node
  return { hash: world.traceHash(), events: world.events, acknowledged, kills, crashes }
}
