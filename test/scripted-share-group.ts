/**
 * For tests of share consumers: the brokers of a scripted cluster give out the records of topic `t` as Apache Kafka 4.3.1 does. Epochs of
 * sessions are taken at their word, a partition acknowledges all of a request or nothing, who loses the connection loses what it has, and
 * locks run out.
 */
import { type Connection, getOrInsert, type Uuid } from '../src/base/index.ts'
import {
  ErrorCode,
  findCoordinator,
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponse,
  type ShareFetchRequest,
  type ShareFetchResponse,
  shareAcknowledge,
  shareFetch,
  shareGroupHeartbeat,
} from '../src/protocol/index.ts'
import { buildBatch } from '../src/records/index.ts'
import { type Asked, type ScriptedCluster, topicId } from './scripted-cluster.ts'

interface Kept {
  /** Null: it was compacted, but is acquired all the same. */
  readonly value: string | null
  state: 'available' | 'acquired' | 'accepted' | 'rejected' | 'gap'
  memberId: string
  untilMs: number
  deliveryCount: number
}

interface Session {
  epoch: number
  readonly partitions: Set<number>
  readonly connection: Connection
}

type Partition = Partial<ShareFetchResponse['responses'][number]['partitions'][number]> & {
  readonly partitionIndex: number
}
type Batches = ShareAcknowledgeRequest['topics']

const states = ['gap', 'accepted', 'available', 'rejected'] as const
const renew = 4

export class ScriptedShareGroup {
  readonly #cluster: ScriptedCluster
  readonly #sessions = new Map<string, Session>()
  readonly #logs = new Map<number, Kept[]>()
  lockMs = 10_000
  /** What each member is told to fetch, when it joins and when it is another one. */
  assignment: readonly number[] = [0]
  /** As they came: what was asked, with the epoch of each. */
  readonly heard: string[] = []
  /** By the member epoch. */
  readonly heartbeats: number[] = []
  readonly maxRecords: number[] = []
  /** The next answers of an API are this error instead. */
  readonly errors: { readonly of: 'heartbeat' | 'fetch' | 'acknowledge'; readonly code: number }[] = []
  /** What a partition answers instead of what it has, to a fetch, or to what is acknowledged. */
  partitionError: number = ErrorCode.NONE
  acknowledgeError: number = ErrorCode.NONE
  #memberEpoch = 0
  #told: readonly number[] | undefined

  constructor(cluster: ScriptedCluster) {
    this.#cluster = cluster
    cluster.serve(findCoordinator, ({ reply }) => {
      const coordinator = { key: 'g', nodeId: 1, host: cluster.hostOf(1), port: 9092 }
      reply(findCoordinator.response.create({ coordinators: [coordinator] }))
    })
    cluster.serve(shareGroupHeartbeat, ({ request, reply }) => {
      const { memberId, memberEpoch } = request
      this.heartbeats.push(memberEpoch)
      const errorCode = this.#error('heartbeat')
      if (errorCode !== ErrorCode.NONE) {
        reply(shareGroupHeartbeat.response.create({ errorCode }))
        return
      }
      const isNews = memberEpoch === 0 || this.#told !== this.assignment
      const assignment = isNews ? { topicPartitions: [{ topicId, partitions: [...this.assignment] }] } : null
      this.#told = this.assignment
      const epoch = memberEpoch < 0 ? -1 : ++this.#memberEpoch
      reply(
        shareGroupHeartbeat.response.create({ memberId, memberEpoch: epoch, heartbeatIntervalMs: 1000, assignment }),
      )
    })
    cluster.serve(shareFetch, (asked) => this.#fetch(asked))
    cluster.serve(shareAcknowledge, (asked) => this.#acknowledge(asked))
  }

  add(values: readonly (string | null)[], partition = 0): void {
    const kept = values.map(
      (value): Kept => ({ value, state: 'available', memberId: '', untilMs: 0, deliveryCount: 0 }),
    )
    this.#log(partition).push(...kept)
  }

  /** `value:state*deliveries` of each record. */
  states(partition = 0): string[] {
    return this.#log(partition).map(({ value, state, deliveryCount }) => `${value}:${state}*${deliveryCount}`)
  }

  /** Its lock runs out before anybody can know. */
  runOut(offset: number, partition = 0): void {
    const kept = this.#log(partition)[offset]
    if (kept !== undefined) kept.state = 'available'
  }

  /** The connections of all sessions end. */
  hangUp(): void {
    for (const [name, { connection }] of this.#sessions) {
      this.#sessions.delete(name)
      this.#release(name.slice(name.indexOf(' ') + 1))
      connection.destroy()
    }
  }

  /** Brokers know nothing of the sessions any more; locks stay. */
  forgetSessions(): void {
    this.#sessions.clear()
  }

  /** Another broker leads it: it knows nothing of who has acquired what. */
  lead(partition: number, brokerId: number): void {
    this.#cluster.leaders[partition] = brokerId
    this.#cluster.leaderEpoch++
    for (const kept of this.#log(partition)) if (kept.state === 'acquired') kept.state = 'available'
  }

  #log(partition: number): Kept[] {
    return getOrInsert(this.#logs, partition, () => [])
  }

  #error(of: string): number {
    const at = this.errors.findIndex((error) => error.of === of)
    return at < 0 ? ErrorCode.NONE : (this.errors.splice(at, 1)[0]?.code ?? ErrorCode.NONE)
  }

  #release(memberId: string): void {
    for (const log of this.#logs.values()) {
      for (const kept of log) if (kept.state === 'acquired' && kept.memberId === memberId) kept.state = 'available'
    }
  }

  #runOut(): void {
    for (const log of this.#logs.values()) {
      for (const kept of log) {
        if (kept.state === 'acquired' && kept.untilMs <= this.#cluster.world.nowMs) kept.state = 'available'
      }
    }
  }

  /** Of a request in an epoch: an error of the session's, or none, and then the epoch is over. */
  #turn(name: string, epoch: number): number {
    const session = this.#sessions.get(name)
    if (session === undefined) return ErrorCode.SHARE_SESSION_NOT_FOUND
    if (epoch === -1) return ErrorCode.NONE
    if (session.epoch !== epoch) return ErrorCode.INVALID_SHARE_SESSION_EPOCH
    session.epoch++
    return ErrorCode.NONE
  }

  #fetch(asked: Asked<ShareFetchRequest, ShareFetchResponse>): void {
    const { broker, request, connection, reply } = asked
    const { memberId, shareSessionEpoch, topics, forgottenTopicsData, maxRecords, maxWaitMs } = request
    const name = `${broker} ${memberId}`
    this.heard.push(`fetch ${shareSessionEpoch} from ${broker}${shown(topics)}${forgotten(forgottenTopicsData)}`)
    this.maxRecords.push(maxRecords)
    const scripted = this.#error('fetch')
    if (shareSessionEpoch === 0) this.#sessions.set(name, { epoch: 1, partitions: new Set(), connection })
    const errorCode = scripted !== 0 ? scripted : shareSessionEpoch === 0 ? 0 : this.#turn(name, shareSessionEpoch)
    const session = this.#sessions.get(name)
    if (errorCode !== ErrorCode.NONE || session === undefined) {
      reply(shareFetch.response.create({ errorCode }))
      return
    }
    for (const { partitions } of forgottenTopicsData) for (const each of partitions) session.partitions.delete(each)
    for (const { partitions } of topics) for (const each of partitions) session.partitions.add(each.partitionIndex)
    const acknowledged = this.#acknowledgeAll(broker, request)
    const answer = (): boolean => {
      const told = [...session.partitions].map((index) => this.#acquired(broker, memberId ?? '', index, maxRecords))
      const all = told.map((each) => ({ ...each, ...acknowledged.get(each.partitionIndex) }))
      const isEmpty = all.every(
        ({ acquiredRecords, errorCode = 0 }) => acquiredRecords === undefined && errorCode === 0,
      )
      if (isEmpty) return false
      reply(this.#fetched(all))
      return true
    }
    if (answer()) return
    this.#cluster.world.after(maxWaitMs, () => {
      if (answer()) return
      const partitions = [...acknowledged].map(([partitionIndex, each]) => ({ partitionIndex, ...each }))
      reply(this.#fetched(partitions))
    })
  }

  #fetched(partitions: Partition[]): ShareFetchResponse {
    return shareFetch.response.create({
      acquisitionLockTimeoutMs: this.lockMs,
      responses: [{ topicId, partitions }],
      nodeEndpoints: this.#cluster.brokers.map((nodeId) => ({
        nodeId,
        host: this.#cluster.hostOf(nodeId),
        port: 9092,
      })),
    })
  }

  #acquired(broker: number, memberId: string, partitionIndex: number, maxRecords: number): Partition {
    const leaderId = this.#cluster.leaders[partitionIndex]
    if (leaderId !== broker) {
      const currentLeader = { leaderId: leaderId ?? -1, leaderEpoch: this.#cluster.leaderEpoch }
      return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader }
    }
    if (this.partitionError !== ErrorCode.NONE) return { partitionIndex, errorCode: this.partitionError }
    this.#runOut()
    const free = [...this.#log(partitionIndex).entries()].filter(([, kept]) => kept.state === 'available')
    const taken = free.slice(0, maxRecords)
    if (taken.length === 0) return { partitionIndex }
    const untilMs = this.#cluster.world.nowMs + this.lockMs
    const batches: Buffer[] = []
    const acquiredRecords = taken.map(([offset, kept]) => {
      Object.assign(kept, { state: 'acquired', memberId, untilMs, deliveryCount: kept.deliveryCount + 1 })
      const { value } = kept
      if (value !== null) {
        batches.push(buildBatch([{ value: Buffer.from(value), timestampMs: 7 }], { baseOffset: offset }))
      }
      return { firstOffset: offset, lastOffset: offset, deliveryCount: kept.deliveryCount }
    })
    return { partitionIndex, records: Buffer.concat(batches), acquiredRecords }
  }

  #acknowledge(asked: Asked<ShareAcknowledgeRequest, ShareAcknowledgeResponse>): void {
    const { broker, request, reply } = asked
    const { memberId, shareSessionEpoch, topics } = request
    const name = `${broker} ${memberId}`
    this.heard.push(`acknowledge ${shareSessionEpoch} at ${broker}${shown(topics)}`)
    const scripted = this.#error('acknowledge')
    const errorCode = scripted !== 0 ? scripted : this.#turn(name, shareSessionEpoch)
    if (errorCode !== ErrorCode.NONE) {
      reply(shareAcknowledge.response.create({ errorCode }))
      return
    }
    const partitions = [...this.#acknowledgeAll(broker, request)].map(([partitionIndex, told]) => {
      return { partitionIndex, errorCode: told.acknowledgeErrorCode }
    })
    if (shareSessionEpoch === -1) {
      this.#sessions.delete(name)
      this.#release(memberId ?? '')
    }
    const response = { acquisitionLockTimeoutMs: this.lockMs, responses: [{ topicId, partitions }] }
    reply(shareAcknowledge.response.create(response))
  }

  #acknowledgeAll(
    broker: number,
    { memberId, topics, isRenewAck }: Pick<ShareAcknowledgeRequest, 'memberId' | 'topics' | 'isRenewAck'>,
  ): Map<number, { acknowledgeErrorCode: number }> {
    this.#runOut()
    const told = new Map<number, { acknowledgeErrorCode: number }>()
    for (const { partitionIndex, acknowledgementBatches } of topics.flatMap(({ partitions }) => partitions)) {
      if (acknowledgementBatches.length === 0) continue
      const offsets = acknowledgementBatches.flatMap(offsetsOf)
      const ours = offsets.map(({ offset }) => this.#log(partitionIndex)[offset])
      const isLeader = this.#cluster.leaders[partitionIndex] === broker
      const isHeld = ours.every((kept) => kept?.state === 'acquired' && kept.memberId === memberId)
      const isWrong = !isRenewAck && offsets.some(({ type }) => type === renew)
      const faults = [
        this.acknowledgeError,
        isWrong ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE,
        isLeader ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER,
        isHeld ? ErrorCode.NONE : ErrorCode.INVALID_RECORD_STATE,
      ]
      const code = faults.find((it) => it !== ErrorCode.NONE) ?? ErrorCode.NONE
      told.set(partitionIndex, { acknowledgeErrorCode: code })
      if (code !== ErrorCode.NONE) continue
      for (const [i, { type }] of offsets.entries()) {
        const kept = ours[i]
        if (kept === undefined) continue
        if (type === renew) kept.untilMs = this.#cluster.world.nowMs + this.lockMs
        else kept.state = states[type] ?? kept.state
      }
    }
    return told
  }
}

type Batch = Batches[number]['partitions'][number]['acknowledgementBatches'][number]

function offsetsOf({ firstOffset, lastOffset, acknowledgeTypes }: Batch): { offset: number; type: number }[] {
  const count = lastOffset - firstOffset + 1
  const of = (i: number): number => acknowledgeTypes[acknowledgeTypes.length === 1 ? 0 : i] ?? -1
  return Array.from({ length: count }, (_, i) => ({ offset: firstOffset + i, type: of(i) }))
}

/** ` +0` for a partition that is named, ` 0:3-9=1` for what is acknowledged of it. */
const shown = (topics: Batches): string =>
  topics
    .flatMap(({ partitions }) => partitions)
    .map(({ partitionIndex, acknowledgementBatches: batches }) => {
      const texts = batches.map((it) => `${it.firstOffset}-${it.lastOffset}=${it.acknowledgeTypes}`)
      return texts.length === 0 ? ` +${partitionIndex}` : ` ${partitionIndex}:${texts.join(';')}`
    })
    .join('')

const forgotten = (topics: readonly { readonly topicId: Uuid; readonly partitions: readonly number[] }[]): string =>
  topics
    .flatMap(({ partitions }) => partitions)
    .map((partition) => ` -${partition}`)
    .join('')
