/** A member of a group: joins, is assigned partitions, reads them with long polls, commits, leaves, or is not heard again. */
import assert from 'node:assert/strict'
import {
  ErrorCode,
  fetch,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from '../../src/protocol/index.ts'
import { group, isGone, type Line, Refused } from './node-world.ts'
import { seenBatches } from './observation.ts'
import { keyOf, type Place, type TaskOptions } from './producers.ts'

const sessionTimeoutMs = 2000
const rebalanceTimeoutMs = 3000
const protocolType = 'consumer'
const protocolName = 'all'

/** Ids of commits, in the order in which they were sent by anybody. */
export interface CommitIds {
  next: number
}

interface Membership {
  readonly line: Line
  readonly memberId: string
  readonly generationId: number
}

/** The group goes through a change, or does not know this member: it joins again. */
class JoinAgain extends Error {}

const joinAgainCodes: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

function orJoinAgain(errorCode: number, memberIsLost: () => void): void {
  if (errorCode === ErrorCode.NONE) return
  assert.ok(joinAgainCodes.has(errorCode), `a member was answered ${errorCode}`)
  if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) memberIsLost()
  throw new JoinAgain()
}

export class Member {
  readonly #options: TaskOptions
  readonly #places: readonly Place[]
  readonly #ids: CommitIds
  readonly #positions = new Map<string, number>()
  #memberId = ''
  #line: Line | undefined

  constructor(options: TaskOptions, places: readonly Place[], ids: CommitIds) {
    this.#options = options
    this.#places = places
    this.#ids = ids
  }

  async run(): Promise<void> {
    const { node, draw, isOver } = this.#options
    while (!isOver()) {
      try {
        if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await node.connect()
        const membership = await this.#join(this.#line)
        if (membership !== undefined) {
          const mine = await this.#sync(membership)
          await this.#commitLate(membership)
          await this.#work(membership, mine)
        }
      } catch (error) {
        if (!(error instanceof JoinAgain) && !isGone(error)) throw error
      }
      await node.sleep(draw.exponential(30))
    }
  }

  readonly #forget = (): void => {
    this.#memberId = ''
  }

  async #join(line: Line): Promise<(Membership & { readonly members: readonly string[] }) | undefined> {
    const protocols = [{ name: protocolName, metadata: Buffer.alloc(0) }]
    const { errorCode, memberId, generationId, leader, members } = await line.wire.call(joinGroup, {
      groupId: group,
      memberId: this.#memberId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType,
      protocols,
    })
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = memberId
      return undefined
    }
    orJoinAgain(errorCode, this.#forget)
    this.#memberId = memberId
    this.#options.see({ kind: 'joined', source: line, memberId, generationId, isLeader: leader === memberId })
    return { line, memberId, generationId, members: members.map((member) => member.memberId) }
  }

  /** The places that are this member's. The leader deals them out. */
  async #sync({
    line,
    memberId,
    generationId,
    members,
  }: Membership & { readonly members: readonly string[] }): Promise<readonly Place[]> {
    const shares = members.map((_, i) => this.#places.flatMap((_place, at) => (at % members.length === i ? [at] : [])))
    const assignments = members.map((id, i) => ({ memberId: id, assignment: Buffer.from(shares[i] ?? []) }))
    const { errorCode, assignment } = await line.wire.call(syncGroup, {
      groupId: group,
      memberId,
      generationId,
      protocolType,
      protocolName,
      assignments,
    })
    orJoinAgain(errorCode, this.#forget)
    this.#options.see({ kind: 'synced', source: line, generationId })
    this.#positions.clear()
    return [...assignment].flatMap((at) => this.#places[at] ?? [])
  }

  async #work(membership: Membership, mine: readonly Place[]): Promise<void> {
    const { draw, isOver } = this.#options
    const { line, memberId, generationId } = membership
    for (let i = 0; ; i++) {
      const place = mine[i % mine.length]
      if (place === undefined) await this.#options.node.sleep(300)
      else {
        await this.#read(line, place)
        if (draw.below(3) === 0) await this.#commit(membership, place, this.#positions.get(keyOf(place)) ?? 0)
      }
      const { errorCode } = await line.wire.call(heartbeat, { groupId: group, memberId, generationId })
      orJoinAgain(errorCode, this.#forget)
      const fate = draw.below(150)
      if (fate === 0 || isOver()) {
        await line.wire.call(leaveGroup, { groupId: group, members: [{ memberId }] })
        this.#forget()
        return
      }
      if (fate === 1) {
        // Gone without a word: its session must end.
        line.wire.destroy()
        this.#forget()
        return
      }
    }
  }

  async #read(source: Line, place: Place): Promise<void> {
    const { wire } = source
    const key = keyOf(place)
    const fetchOffset = this.#positions.get(key) ?? Math.max(0, await this.#committed(wire, place))
    const partitions = [{ partition: place.partition, fetchOffset, partitionMaxBytes: 100_000 }]
    const topics = [{ topic: place.topic, partitions }]
    const reply = await wire.call(fetch, { maxWaitMs: 300, minBytes: 1, maxBytes: 1_000_000, topics }, 12)
    const answer = reply.responses[0]?.partitions[0]
    assert.ok(answer)
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      // Power took what was read: on from the end.
      assert.ok(this.#options.node.ends.power > 0, `${key}: ${fetchOffset} was committed and is out of range`)
      this.#positions.set(key, answer.highWatermark)
      return
    }
    if (answer.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER && this.#options.node.isStopping) throw new Refused()
    assert.equal(answer.errorCode, ErrorCode.NONE, key)
    const { highWatermark, records } = answer
    const batches = seenBatches(records instanceof Uint8Array ? records : new Uint8Array(0))
    this.#options.see({ kind: 'fetched', source, key, fetchOffset, highWatermark, batches })
    this.#positions.set(key, (batches.at(-1)?.lastOffset ?? fetchOffset - 1) + 1)
  }

  async #committed(wire: Line['wire'], place: Place): Promise<number> {
    const topics = [{ name: place.topic, partitionIndexes: [place.partition] }]
    const reply = await wire.call(offsetFetch, { groups: [{ groupId: group, topics }] }, 9)
    const [answer] = reply.groups
    assert.ok(answer)
    orJoinAgain(answer.errorCode, this.#forget)
    return Number(answer.topics[0]?.partitions[0]?.committedOffset)
  }

  /** As one that was under way while the group went on. */
  async #commitLate(membership: Membership): Promise<void> {
    const { draw } = this.#options
    const place = this.#places[draw.below(this.#places.length)]
    if (place === undefined || draw.below(4) > 0) return
    const old = { ...membership, generationId: membership.generationId - 1 }
    await this.#commit(old, place, 0).catch((error: unknown) => {
      if (!(error instanceof JoinAgain)) throw error
    })
  }

  async #commit({ line, memberId, generationId }: Membership, place: Place, offset: number): Promise<void> {
    const key = keyOf(place)
    const commit = { key, source: line, generationId, offset, id: this.#ids.next++ }
    this.#options.see({ kind: 'commit-sent', ...commit })
    const partitions = [{ partitionIndex: place.partition, committedOffset: BigInt(offset) }]
    const request = {
      groupId: group,
      memberId,
      generationIdOrMemberEpoch: generationId,
      topics: [{ name: place.topic, partitions }],
    }
    const reply = await line.wire.call(offsetCommit, request, 9)
    const errorCode = reply.topics[0]?.partitions[0]?.errorCode ?? -1
    if (errorCode === ErrorCode.NONE) this.#options.see({ kind: 'commit-acknowledged', ...commit })
    else this.#options.see({ kind: 'commit-refused', ...commit })
    orJoinAgain(errorCode, this.#forget)
  }
}
