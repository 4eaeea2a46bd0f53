/**
 * Tells the controller in which directory each replica of this broker lies (KIP-858): what is new goes out in batches, one
 * request at a time, again and again until the controller knows it.
 */
import { ApiError, type Clock, getOrInsert, type Logger, type Uuid } from '../base/index.ts'
import type { ControllerChannel } from '../metadata/index.ts'
import { type AssignReplicasToDirsResponse, assignReplicasToDirs, ErrorCode } from '../protocol/index.ts'
import { RepeatedAsk } from './repeated-ask.ts'

export interface DirectoryAssignmentsOptions {
  readonly channel: Pick<ControllerChannel, 'assignReplicasToDirs'>
  readonly clock: Clock
  readonly logger: Logger
  readonly brokerId: number
  /** -1 before the controller gave one: nothing is sent. */
  readonly brokerEpoch: () => number
  readonly onFault: (error: unknown) => void
}

interface Assignment {
  readonly topicId: Uuid
  readonly partitionId: number
  readonly directoryId: Uuid
}

/** Kafka's own limit. */
const perRequestMax = 2250
/** What comes together goes together. */
const gatherMs = 5
const retryMsMin = 100
const retryMsMax = 10_000

export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions
  /** By topic id and partition: the newest word on each. */
  readonly #pending = new Map<string, Assignment>()
  readonly #asking: RepeatedAsk
  #retryMs = retryMsMin

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options
    this.#asking = new RepeatedAsk({ ...options, isDue: () => this.#pending.size > 0, ask: () => this.#ask() })
  }

  report(topicId: Uuid, partitionId: number, directoryId: Uuid): void {
    this.#pending.set(`${topicId}${partitionId}`, { topicId, partitionId, directoryId })
    this.#asking.within(gatherMs)
  }

  stop(): void {
    this.#asking.stop()
  }

  async #ask(): Promise<number> {
    const { logger, brokerEpoch } = this.#options
    // Not registered yet.
    if (brokerEpoch() < 0) return retryMsMin
    try {
      await this.#sendNow()
      this.#retryMs = retryMsMin
      return gatherMs
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const { code, message: reason } = error
      logger.log('warn', 'directories of replicas were not taken by the controller', { code, reason })
      this.#retryMs = Math.min(this.#retryMs * 2, retryMsMax)
      return this.#retryMs
    }
  }

  async #sendNow(): Promise<void> {
    const { channel, brokerId, brokerEpoch } = this.#options
    const sent = [...this.#pending].slice(0, perRequestMax)
    const directories = grouped(sent.map(([, assignment]) => assignment))
    const request = assignReplicasToDirs.request.create({ brokerId, brokerEpoch: brokerEpoch(), directories })
    const codes = codesOf(await channel.assignReplicasToDirs(request))
    let failed: ApiError | undefined
    for (const [key, assignment] of sent) {
      const code = codes.get(key) ?? ErrorCode.UNKNOWN_SERVER_ERROR
      if (code !== ErrorCode.NONE && !gone.has(code)) failed ??= new ApiError(code, `partition ${key.slice(16)}`)
      // Another word may have come meanwhile.
      else if (this.#pending.get(key) === assignment) this.#pending.delete(key)
    }
    if (failed !== undefined) throw failed
  }
}

/** The controller, which is never behind us, knows no such replica: there is nothing to tell. */
const gone = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
])

function grouped(assignments: readonly Assignment[]) {
  const directories = new Map<Uuid, Map<Uuid, number[]>>()
  for (const { topicId, partitionId, directoryId } of assignments) {
    const topics = getOrInsert(directories, directoryId, () => new Map<Uuid, number[]>())
    getOrInsert(topics, topicId, () => []).push(partitionId)
  }
  return [...directories].map(([id, topics]) => ({
    id,
    topics: [...topics].map(([topicId, partitions]) => ({
      topicId,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
    })),
  }))
}

function codesOf({ directories }: AssignReplicasToDirsResponse): ReadonlyMap<string, number> {
  const codes = new Map<string, number>()
  for (const { topics } of directories) {
    for (const { topicId, partitions } of topics) {
      for (const { partitionIndex, errorCode } of partitions) codes.set(`${topicId}${partitionIndex}`, errorCode)
    }
  }
  return codes
}
