/**
 * A consumer of the classic protocol: eager, it gives up all that it owns whenever it joins again. The leader deals out
 * the partitions; in a group of the consumer protocol, the node does, and the client does not see the difference.
 */
import assert from 'node:assert/strict'
import { Reader, Writer } from '../../../src/base/index.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  ErrorCode,
  heartbeat,
  joinGroup,
  leaveGroup,
  syncGroup,
} from '../../../src/protocol/index.ts'
import { isGone, type Line } from '../node-world.ts'
import { keyOf, type Place } from '../producers.ts'
import { GroupClient, rebalanceTimeoutMs, sessionTimeoutMs } from './group-client.ts'

const protocolType = 'consumer'
const protocolName = 'range'
const heartbeatIntervalMs = 300

/** It joins again, after a while. */
class JoinAgain extends Error {}

const joinAgainCodes: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

export class ClassicClient extends GroupClient {
  #line: Line | undefined

  protected override async live(): Promise<void> {
    const { node, draw } = this.options.task
    while (this.ending === undefined) {
      try {
        if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await node.connect()
        await this.#join(this.#line)
      } catch (error) {
        if (!(error instanceof JoinAgain) && !isGone(error)) throw error
      }
      if (this.ending === undefined) await this.pause(draw.exponential(50))
    }
    if (this.ending === 'leaves') await this.#leave()
    else this.abandon()
    this.#line?.wire.destroy()
  }

  async #join(line: Line): Promise<void> {
    const { group, instanceId } = this.options
    // Eager: it reads nothing more until it is told what.
    await this.reader.commit(this.reader.keys)
    this.abandon()
    const sentMs = this.nowMs
    const { errorCode, memberId, generationId, leader, members } = await line.wire.call(joinGroup, {
      groupId: group,
      memberId: this.memberId,
      groupInstanceId: instanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType,
      protocols: [{ name: protocolName, metadata: this.#subscription() }],
    })
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.memberId = memberId
      return
    }
    this.#orJoinAgain(errorCode)
    this.memberId = memberId
    this.epoch = generationId
    if (this.ending !== undefined) return
    await this.#sync(line, { sentMs, members: leader === memberId ? members.map((member) => member.memberId) : [] })
    await this.#work(line)
  }

  #orJoinAgain(errorCode: number): void {
    if (errorCode === ErrorCode.NONE) return
    assert.ok(joinAgainCodes.has(errorCode), `a member was answered ${errorCode}`)
    const isOut = errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_INSTANCE_ID
    if (isOut) this.memberId = ''
    throw new JoinAgain()
  }

  #heard(source: Line, heard: { sentMs: number; joins: boolean; told: readonly string[] | null }): void {
    const { group, task } = this.options
    const { epoch, nowMs } = this
    // Who is told has joined, and said by that what it owns.
    const reports = heard.told !== null
    const of = { group, client: task.name, epoch, atMs: nowMs, sessionTimeoutMs, rebalanceTimeoutMs, reports }
    this.see({ kind: 'member-heard', source, ...of, ...heard })
  }

  /** A generation that was joined and not synced is in no log, so only now it is known to have joined. */
  async #sync(line: Line, { sentMs, members }: { sentMs: number; members: readonly string[] }): Promise<void> {
    const { group, places, instanceId } = this.options
    const assignments = members.map((memberId, i) => ({
      memberId,
      assignment: assignmentOf(places.filter((_, at) => at % members.length === i)),
    }))
    const { errorCode, assignment } = await line.wire.call(syncGroup, {
      groupId: group,
      memberId: this.memberId,
      groupInstanceId: instanceId,
      generationId: this.epoch,
      protocolType,
      protocolName,
      assignments,
    })
    this.#orJoinAgain(errorCode)
    if (this.ending !== undefined) return
    const told = keysIn(assignment)
    this.#heard(line, { sentMs, joins: true, told })
    this.reader.take(this.placesOf(told))
    this.own()
  }

  async #work({ wire, ...source }: Line): Promise<void> {
    const { group, instanceId } = this.options
    const line = { wire, ...source }
    while (this.ending === undefined) {
      await this.pause(heartbeatIntervalMs)
      await this.stall()
      if (this.ending !== undefined) return
      const sentMs = this.nowMs
      const member = { memberId: this.memberId, groupInstanceId: instanceId, generationId: this.epoch }
      const { errorCode } = await wire.call(heartbeat, { groupId: group, ...member })
      this.#orJoinAgain(errorCode)
      if (this.ending === undefined) this.#heard(line, { sentMs, joins: false, told: null })
    }
  }

  async #leave(): Promise<void> {
    const { group, instanceId, task } = this.options
    await this.reader.commit(this.reader.keys)
    this.abandon()
    // A static one goes away without a word, and comes back.
    if (this.memberId === '' || instanceId !== null) return
    try {
      if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await task.node.connect()
      await this.#line.wire.call(leaveGroup, { groupId: group, members: [{ memberId: this.memberId }] })
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  #subscription(): Buffer {
    const writer = new Writer(64)
    writer.i16(1)
    const topics = [...new Set(this.options.places.map(({ topic }) => topic))]
    consumerProtocolSubscription.encode(writer, 1, consumerProtocolSubscription.create({ topics }))
    return writer.finishAsOne()
  }
}

function assignmentOf(places: readonly Place[]): Buffer {
  const writer = new Writer(64)
  writer.i16(1)
  const assignedPartitions = places.map(({ topic, partition }) => ({ topic, partitions: [partition] }))
  consumerProtocolAssignment.encode(writer, 1, consumerProtocolAssignment.create({ assignedPartitions }))
  return writer.finishAsOne()
}

function keysIn(assignment: Uint8Array): readonly string[] {
  if (assignment.length === 0) return []
  const reader = new Reader(assignment)
  const { assignedPartitions } = consumerProtocolAssignment.decode(reader, reader.i16())
  return assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => keyOf({ topic, partition })),
  )
}
