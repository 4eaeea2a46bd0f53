/**
 * A client of the consumer protocol, as Kafka's own goes (KIP-848): joins with epoch 0, tells what has changed, and all
 * after an answer that it did not get; gives up and takes over beside its heartbeats, and says so at once.
 */
import assert from 'node:assert/strict'
import { consumerGroupHeartbeat, ErrorCode } from '../../../src/protocol/index.ts'
import { isGone, type Line } from '../node-world.ts'
import { keyOf } from '../producers.ts'
import { GroupClient, rebalanceTimeoutMs, sessionTimeoutMs } from './group-client.ts'

const { FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, GROUP_ID_NOT_FOUND } = ErrorCode

/** It is no member: it abandons all and joins anew. */
const outs: ReadonlySet<number> = new Set([
  FENCED_MEMBER_EPOCH,
  UNKNOWN_MEMBER_ID,
  FENCED_INSTANCE_ID,
  GROUP_ID_NOT_FOUND,
])

const retries: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  // The process before it has not left, and its session is not over.
  ErrorCode.UNRELEASED_INSTANCE_ID,
])

const sameKeys = (a: readonly string[], b: readonly string[]): boolean => `${a.toSorted()}` === `${b.toSorted()}`

export class ConsumerClient extends GroupClient {
  #line: Line | undefined
  #target: readonly string[] = []
  /** As it was when it was last told to the group, or is to be told. */
  #current: readonly string[] = []
  #mustTellAll = true
  #mustAcknowledge = false
  #isReconciling = false
  /** Of its memberships. */
  #membership = 0

  protected override async live(): Promise<void> {
    const { draw } = this.options.task
    this.memberId = Buffer.from(Array.from({ length: 16 }, () => draw.below(256))).toString('base64url')
    while (this.ending === undefined) {
      await this.stall()
      const waitMs = await this.#beat()
      if (this.ending === undefined && waitMs > 0) await this.pause(waitMs)
    }
    if (this.ending === 'leaves') await this.#leave()
    else this.abandon()
    this.#line?.wire.destroy()
  }

  /** Returns how long to wait for the next one. */
  async #beat(): Promise<number> {
    const { draw, node } = this.options.task
    try {
      if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await node.connect()
      return await this.#heartbeat(this.#line)
    } catch (error) {
      if (!isGone(error)) throw error
      this.#mustTellAll = true
      return 20 + draw.exponential(100)
    }
  }

  async #heartbeat(source: Line): Promise<number> {
    const { group, instanceId, places, task } = this.options
    const joins = this.epoch === 0
    const all = joins || this.#mustTellAll
    const acknowledges = this.#mustAcknowledge
    this.#mustAcknowledge = false
    const sentMs = this.nowMs
    const { errorCode, errorMessage, memberEpoch, heartbeatIntervalMs, assignment } = await source.wire.call(
      consumerGroupHeartbeat,
      {
        groupId: group,
        memberId: this.memberId,
        memberEpoch: this.epoch,
        instanceId,
        rebalanceTimeoutMs: all ? rebalanceTimeoutMs : -1,
        subscribedTopicNames: all ? [...new Set(places.map(({ topic }) => topic))] : null,
        topicPartitions: all || acknowledges ? this.#reported() : null,
      },
    )
    if (retries.has(errorCode)) {
      this.#mustTellAll = true
      return 20 + task.draw.exponential(200)
    }
    if (outs.has(errorCode)) {
      this.#rejoin()
      return 0
    }
    assert.equal(errorCode, ErrorCode.NONE, `a heartbeat was answered ${errorCode}: ${errorMessage}`)
    this.#mustTellAll = false
    this.epoch = memberEpoch
    const told = assignment === null ? null : this.#keysOf(assignment.topicPartitions)
    if (this.ending === undefined) {
      this.see({
        kind: 'member-heard',
        source,
        group,
        client: task.name,
        sentMs,
        atMs: this.nowMs,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        joins,
        reports: all || acknowledges,
        epoch: memberEpoch,
        told,
      })
    }
    this.#target = told ?? this.#target
    if (!this.#isReconciling && !sameKeys(this.#target, this.#current)) this.#startReconciling()
    return this.#mustAcknowledge ? 0 : heartbeatIntervalMs
  }

  #rejoin(): void {
    this.abandon()
    this.#membership++
    this.epoch = 0
    this.#target = []
    this.#current = []
    this.#mustAcknowledge = false
  }

  #startReconciling(): void {
    this.#isReconciling = true
    // What it throws ends the run of the world, as any promise that nobody waits for.
    void this.#reconcile().finally(() => {
      this.#isReconciling = false
      if (this.ending === undefined && !sameKeys(this.#target, this.#current)) this.#startReconciling()
    })
  }

  async #reconcile(): Promise<void> {
    const { node, draw } = this.options.task
    const membership = this.#membership
    const planned = this.#target
    // The application is told, and takes its time: now and then more than it has.
    const isSlow = !this.options.isHealing() && draw.below(40) === 0
    await node.sleep(isSlow ? rebalanceTimeoutMs * 1.5 : draw.exponential(80))
    const revoked = this.reader.keys.filter((key) => !planned.includes(key))
    if (revoked.length > 0 && membership === this.#membership) await this.reader.commit(revoked)
    if (membership !== this.#membership || this.ending !== undefined) return
    this.reader.drop(revoked)
    // What it has told that it does not have may be another's by now: it does not take what is no more meant for it.
    const target = planned.filter((key) => this.#target.includes(key) || this.reader.keys.includes(key))
    const known = new Set(this.reader.keys)
    this.reader.take(this.placesOf(target.filter((key) => !known.has(key))))
    this.own()
    this.#current = target
    this.#mustAcknowledge = true
    this.wake()
  }

  /** Static members only go away for a while. */
  async #leave(): Promise<void> {
    const { group, instanceId, task } = this.options
    await this.reader.commit(this.reader.keys)
    this.abandon()
    if (this.epoch === 0) return
    try {
      if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await task.node.connect()
      const memberEpoch = instanceId === null ? -1 : -2
      const member = { groupId: group, memberId: this.memberId, memberEpoch, instanceId }
      await this.#line.wire.call(consumerGroupHeartbeat, member)
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  #reported() {
    const { topicIdOf } = this.options
    const byTopic = new Map<string, number[]>()
    for (const { topic, partition } of this.placesOf(this.#current)) {
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
    }
    return [...byTopic].map(([topic, partitions]) => ({ topicId: topicIdOf(topic), partitions }))
  }

  #keysOf(topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): readonly string[] {
    const { places, topicIdOf } = this.options
    const told = new Map(topics.map(({ topicId, partitions }) => [topicId, partitions]))
    return places
      .filter(({ topic, partition }) => told.get(topicIdOf(topic))?.includes(partition))
      .map((place) => keyOf(place))
  }
}
