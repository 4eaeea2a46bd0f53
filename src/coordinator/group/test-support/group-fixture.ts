/** For tests of the group coordinator: partitions in memory whose appends are committed, or fail, when the test says so. */
import { ApiError, type Clock, type Logger, type Timer } from '../../../base/index.ts'
import { BrokerConfig } from '../../../config/index.ts'
import { BatchCursor, batchHeader, type TargetCompression } from '../../../records/index.ts'
import type { ConsumerHeartbeat } from '../consumer-requests.ts'
import type { CoordinatorPartition } from '../coordinator-partition.ts'
import type { CommitRequest, PartitionCodes } from '../group-requests.ts'
import { GroupService } from '../group-service.ts'

/** Stands until it is moved; what is due fires in the order of its time. */
export class ManualClock implements Clock {
  #nowMs = 1_700_000_000_000
  #timers: { readonly atMs: number; readonly fire: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  after(delayMs: number, fire: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fire }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((it) => it !== timer)
      },
    }
  }

  afterDrain(then: () => void): void {
    then()
  }

  /** When the next timer is due. */
  get nextTimerMs(): number | undefined {
    return this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0]?.atMs
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#nowMs = next.atMs
      this.#timers = this.#timers.filter((timer) => timer !== next)
      next.fire()
    }
    this.#nowMs = untilMs
  }
}

interface Waiting {
  readonly baseOffset: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A log of whole batches, which outlives the leaders that write to it. */
export class MemoryPartition {
  readonly #batches: { readonly baseOffset: number; readonly bytes: Buffer }[] = []
  #waiting: Waiting[] = []
  endOffset = 0
  /** Without it, appends wait for `commit` or `fail`. */
  commitsAtOnce = true
  /** Thrown by the next append, which writes nothing. */
  refusal: ApiError | undefined
  reads = 0
  targetCompression: TargetCompression | undefined
  /** Reads wait for it. */
  gate: Promise<void> = Promise.resolve()

  /** Batches as another broker has written them, behind what is there. */
  write(bytes: Uint8Array): void {
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) {
      const batch = Buffer.from(bytes.subarray(cursor.position, cursor.nextPosition))
      const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
      // Messages of older formats are where they say.
      if (cursor.magic === 2) batchHeader.patchBaseOffset(view, 0, this.endOffset)
      this.#batches.push({ baseOffset: this.endOffset, bytes: batch })
      this.endOffset = cursor.magic === 2 ? batchHeader.nextOffset(view, 0) : cursor.lastOffset + 1
    }
  }

  get batches(): readonly Buffer[] {
    return this.#batches.map(({ bytes }) => bytes)
  }

  ledIn(leaderEpoch: number): CoordinatorPartition {
    const { endOffset } = this
    const nextOffset = (): number => this.endOffset
    return {
      get nextOffset() {
        return nextOffset()
      },
      leaderEpoch,
      logStartOffset: 0,
      endOffset,
      targetCompression: this.targetCompression,
      read: async (startOffset, maxBytes) => {
        this.reads++
        await this.gate
        return this.#read(startOffset, maxBytes)
      },
      append: (batch) => this.#append(batch),
    }
  }

  #read(startOffset: number, maxBytes: number): Buffer {
    const found: Buffer[] = []
    let size = 0
    for (const { bytes } of this.#batches) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      if (batchHeader.nextOffset(view, 0) <= startOffset) continue
      size += bytes.length
      if (found.length > 0 && size > maxBytes) break
      found.push(bytes)
    }
    return Buffer.concat(found)
  }

  #append(batch: Uint8Array): { readonly baseOffset: number; readonly committed: Promise<void> } {
    const { refusal } = this
    this.refusal = undefined
    if (refusal !== undefined) throw refusal
    const baseOffset = this.endOffset
    this.write(batch)
    if (this.commitsAtOnce) return { baseOffset, committed: Promise.resolve() }
    const committed = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ baseOffset, resolve, reject })
    })
    return { baseOffset, committed }
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  refuseOnce(code: number): void {
    this.refusal = new ApiError(code, 'refused')
  }

  /** What waits is committed. */
  commit(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  /** The first of what waits is committed. */
  commitFirst(): void {
    for (const { resolve } of this.#waiting.splice(0, 1)) resolve()
  }

  /** What waits is cut off again. */
  fail(code: number): void {
    const failed = this.#waiting.splice(0)
    const from = failed[0]?.baseOffset ?? this.endOffset
    while ((this.#batches.at(-1)?.baseOffset ?? -1) >= from) this.#batches.pop()
    this.endOffset = from
    for (const { reject } of failed) reject(new ApiError(code, 'the append failed'))
  }
}

const noTexts: ReadonlyMap<string, string> = new Map()

const brokerSettings = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.voters': '1@localhost:9093',
  'group.initial.rebalance.delay.ms': '0',
}

export interface BrokerGiven {
  readonly partitionCount?: number | undefined
  readonly settings?: Readonly<Record<string, string>>
  readonly batchBytesMax?: number
  readonly clock?: Clock
}

/** A broker's groups over partitions that may outlive it. */
export class GroupBroker {
  readonly clock: Clock
  readonly lines: string[] = []
  readonly faults: unknown[] = []
  readonly groups: GroupService

  constructor(given: BrokerGiven = {}) {
    this.clock = given.clock ?? new ManualClock()
    const config = BrokerConfig.parse(new Map(Object.entries({ ...brokerSettings, ...given.settings })))
    const logger: Logger = { child: () => logger, log: (_level, message) => void this.lines.push(message) }
    this.groups = new GroupService({
      clock: this.clock,
      logger,
      config: () => config,
      groupTexts: () => noTexts,
      partitionCount: () => ('partitionCount' in given ? given.partitionCount : 1),
      batchBytesMax: () => given.batchBytesMax ?? 1_048_588,
      onFault: (error) => void this.faults.push(error),
    })
  }

  /** Leads the partition, and has loaded it. */
  async lead(partition: MemoryPartition, { index = 0, leaderEpoch = 0 } = {}): Promise<void> {
    this.groups.becomeLeader(index, leaderEpoch, partition.ledIn(leaderEpoch))
    await turns()
  }
}

/** Rejects where the whole commit is refused. */
export const commitTo = (groups: GroupService, request: CommitRequest): Promise<PartitionCodes> =>
  new Promise((resolve) => groups.commit(request, resolve))

/** Lets promises that are settled go on. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

/** Of a consumer `m` that joins and subscribes to `t`, but for what is given. */
export const heartbeatOf = (given: Partial<ConsumerHeartbeat> = {}): ConsumerHeartbeat => ({
  memberId: 'm',
  newMemberId: '',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 60_000,
  topicNames: ['t'],
  topicRegex: null,
  serverAssignor: null,
  owned: [],
  clientId: 'c',
  clientHost: '/127.0.0.1',
  ...given,
})

/** Of a member that is in the group and tells nothing new. */
export const laterHeartbeatOf = (given: Partial<ConsumerHeartbeat>): ConsumerHeartbeat =>
  heartbeatOf({ rebalanceTimeoutMs: -1, topicNames: null, owned: null, ...given })
