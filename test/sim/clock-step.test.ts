/**
 * The wall clock of a node is set by an hour or ten years, either way (`reference/behaviour.md` D28): what has an age is
 * judged by the timestamps of records, what has a deadline by the monotonic clock, and nothing else notices.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../../src/log/index.ts'
import { ErrorCode, fetch, heartbeat, joinGroup, produce, syncGroup } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import type { Wire } from '../wire.ts'
import { group, NodeWorld, nodeName } from './node-world.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const yearMs = 365 * 24 * hourMs
const segmentMs = 30 * minuteMs
const retentionCheckMs = 5 * minuteMs
const topic = 't'

class Node {
  readonly world = new NodeWorld(28)
  #wire: Wire | undefined

  async start(): Promise<void> {
    await this.world.start()
    await this.world.createTopics([{ name: topic, partitions: 1, configs: { 'segment.ms': `${segmentMs}` } }])
  }

  /** Sets the clock so far off the time that everybody else has. */
  set(ms: number): void {
    this.world.world.skew(nodeName, ms)
  }

  get log(): Log {
    const log = this.world.node?.broker.replicas.get(topic, 0)?.log
    assert.ok(log)
    return log
  }

  async wire(): Promise<Wire> {
    if (this.#wire === undefined || this.#wire.isClosed) this.#wire = (await this.world.connect()).wire
    return this.#wire
  }

  /** A record of a client whose clock is right, but for that. */
  async produce(aheadMs = 0): Promise<number> {
    const timestampMs = this.world.clientEnv.clock.now() + aheadMs
    const records = buildBatch([{ key: null, value: Buffer.from('value'), timestampMs }])
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
    const reply = await (await this.wire()).call(produce, { acks: -1, timeoutMs: 5000, topicData }, 12)
    return reply.responses[0]?.partitionResponses[0]?.errorCode ?? -1
  }

  /** How long the node waits with a fetch that finds nothing. */
  async waitedMs(maxWaitMs: number): Promise<number> {
    const { world } = this.world
    const startMs = world.nowMs
    const partitions = [{ partition: 0, fetchOffset: this.log.logEndOffset, partitionMaxBytes: 1000 }]
    const request = { maxWaitMs, minBytes: 1, maxBytes: 1000, topics: [{ topic, partitions }] }
    const reply = await (await this.wire()).call(fetch, request, 12)
    assert.equal(reply.responses[0]?.partitions[0]?.errorCode, ErrorCode.NONE)
    return world.nowMs - startMs
  }

  run(work: () => Promise<void>): Promise<void> {
    const all = async (): Promise<void> => {
      await this.start()
      await work()
      await this.world.stop()
    }
    return this.world.world.settle(all(), 24 * hourMs)
  }
}

const steps = [hourMs, -hourMs, 10 * yearMs, -10 * yearMs]

test('retention goes by the timestamps of records, when its timer says so', async () => {
  const node = new Node()
  await node.run(async () => {
    assert.equal(await node.produce(), ErrorCode.NONE)
    for (const step of [hourMs, -hourMs, -10 * yearMs]) {
      node.set(step)
      await node.world.sleep(2 * retentionCheckMs)
      assert.equal(node.log.logStartOffset, 0, `nothing is too old ${step} ms off`)
    }
    node.set(0)
    await node.world.sleep(retentionCheckMs)
    node.set(10 * yearMs)
    await node.world.sleep(1000)
    assert.equal(node.log.logStartOffset, 0, 'it is not looked at before the timer')
    await node.world.sleep(retentionCheckMs)
    assert.equal(node.log.logStartOffset, 1, 'seen from there it is ten years old, as in Kafka')
    // What bears a date of then is young when the clock is right again.
    assert.equal(await node.produce(10 * yearMs), ErrorCode.NONE)
    node.set(0)
    await node.world.sleep(2 * retentionCheckMs)
    assert.equal(node.log.logStartOffset, 1)
    assert.equal(await node.produce(2 * hourMs), ErrorCode.INVALID_TIMESTAMP, 'the clock that is right refuses it')
  })
})

test('segment.ms goes by the timestamps of records', async () => {
  const node = new Node()
  await node.run(async () => {
    for (const step of [0, ...steps.filter((ms) => ms > -10 * yearMs)]) {
      node.set(step)
      assert.equal(await node.produce(), ErrorCode.NONE)
    }
    assert.equal(node.log.segmentCount, 1, 'a clock that is set rolls nothing')
    node.set(0)
    await node.world.sleep(segmentMs - minuteMs)
    assert.equal(await node.produce(), ErrorCode.NONE)
    assert.equal(node.log.segmentCount, 1)
    await node.world.sleep(2 * minuteMs)
    assert.equal(await node.produce(), ErrorCode.NONE)
    assert.equal(node.log.segmentCount, 2, 'the time between two records does')
  })
})

test('what waits and what comes again goes by the monotonic clock', async () => {
  const node = new Node()
  await node.run(async () => {
    const { world } = node.world
    /** When the disk says that the file was written, by its own clock. */
    const written = new Set<number>()
    const look = (): void => {
      written.add(world.disk(nodeName).tree.file('/data/replication-offset-checkpoint').modifiedMs)
    }
    for (const step of steps) {
      // In the middle of a wait, too.
      world.after(500, () => node.set(step))
      const waitedMs = await node.waitedMs(2000)
      assert.ok(waitedMs >= 2000 && waitedMs < 2200, `${waitedMs} ms`)
      await node.world.sleep(6000)
      written.clear()
      for (let i = 0; i < 100; i++) {
        await node.world.sleep(1000)
        // There is something new to write.
        assert.equal(await node.produce(step), ErrorCode.NONE)
        look()
      }
      // Each five seconds, and what the writing takes.
      assert.ok(written.size >= 19 && written.size <= 21, `${written.size} checkpoints in 100 s`)
      assert.equal(await node.produce(step), ErrorCode.NONE, 'the node leads as before')
    }
    const fenced = node.world.lines.filter(({ message }) => /fenced|evicted|expired/i.test(message))
    assert.deepEqual(
      fenced.map(({ message }) => message).filter((message) => !/unfenced/i.test(message)),
      [],
    )
  })
})

test('a member stays while it is heard, and is gone a session later when it is not', async () => {
  const node = new Node()
  await node.run(async () => {
    const protocols = [{ name: 'all', metadata: Buffer.alloc(0) }]
    const sessionTimeoutMs = 10_000
    const asked = { groupId: group, sessionTimeoutMs, rebalanceTimeoutMs: 5000, protocolType: 'consumer', protocols }
    const wire = await node.wire()
    const { memberId } = await wire.call(joinGroup, asked)
    const { generationId, errorCode } = await wire.call(joinGroup, { ...asked, memberId })
    assert.equal(errorCode, ErrorCode.NONE)
    const assignments = [{ memberId, assignment: Buffer.alloc(1) }]
    const member = { groupId: group, memberId, generationId }
    await wire.call(syncGroup, { ...member, protocolType: 'consumer', protocolName: 'all', assignments })
    const beat = async (): Promise<number> => (await wire.call(heartbeat, member)).errorCode
    for (const step of steps) {
      node.set(step)
      for (let i = 0; i < 5; i++) {
        await node.world.sleep(sessionTimeoutMs - 2000)
        assert.equal(await beat(), ErrorCode.NONE, `${step} ms off`)
      }
    }
    node.set(-hourMs)
    await node.world.sleep(sessionTimeoutMs + 1000)
    assert.equal(await beat(), ErrorCode.UNKNOWN_MEMBER_ID, 'a clock that is set back keeps nobody')
  })
})

test('a node that starts with another time than it stopped with has all its records', async () => {
  const node = new Node()
  await node.run(async () => {
    for (const step of steps) {
      const { logEndOffset } = node.log
      assert.equal(await node.produce(), ErrorCode.NONE)
      if (step > 0) await node.world.stop()
      else node.world.kill()
      node.set(step)
      await node.world.start()
      assert.equal(node.log.logEndOffset, logEndOffset + 1)
      assert.equal(node.log.logStartOffset, 0)
      assert.equal(await node.produce(step), ErrorCode.NONE)
      node.set(0)
    }
  })
})
