/** Asks leaders where partitions begin and end, and where the first record of a time lies (ListOffsets). */
import { type ExponentialBackoff, PeerError } from '../../peer/index.ts'
import { ErrorCode, listOffsets, retriableErrors } from '../../protocol/index.ts'
import type { BrokerView } from '../cluster/cluster-view.ts'
import type { Connections } from '../cluster/connections.ts'
import type { Metadata } from '../cluster/metadata.ts'
import type { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Position } from './assigned-partition.ts'
import type { TopicPartition } from './assignors/assignor.ts'

export interface OffsetFinderOptions {
  readonly connections: Connections
  readonly metadata: Metadata
  readonly backoff: ExponentialBackoff
  readonly requestTimeoutMs: number
  /** 0: all that is replicated; 1: up to the first open transaction. */
  readonly isolationLevel: 0 | 1
}

/** Where in a partition: at an end, or at the first record that is not older than a time in milliseconds. */
export type Spot = 'earliest' | 'latest' | number

export interface Wanted extends TopicPartition {
  readonly spot: Spot
}

export interface Found extends Position {
  /** Of the record there; -1 at an end. */
  readonly timestampMs: number
}

/** By their places in what is wanted. */
export interface Finding {
  /** Hears of each as soon as it is known. */
  readonly tell: (i: number, found: Found | undefined) => void
  /** Asked before each attempt: nothing is found out for nobody. */
  readonly isNeeded: (i: number) => boolean
}

/** What comes of each. */
interface Answers {
  readonly take: (each: Wanted, place: Found | undefined) => void
  /** It does not pass. */
  readonly fail: (these: Iterable<Wanted>, error: unknown) => void
}

const atEarliest = -2n
const atLatest = -1n

const timestampOf = (spot: Spot): bigint =>
  spot === 'earliest' ? atEarliest : spot === 'latest' ? atLatest : BigInt(Math.trunc(spot))

export class OffsetFinder {
  readonly #options: OffsetFinderOptions

  constructor(options: OffsetFinderOptions) {
    this.#options = options
  }

  /**
   * Resolves with one place for each of `wanted`, in its order; undefined: there is no record of that time or later, or nobody needs it
   * any more. Rejects with KafkaError: what a leader says that does not pass, or TIMED_OUT.
   */
  async find(
    wanted: readonly Wanted[],
    deadline: Deadline,
    by: Partial<Finding> = {},
  ): Promise<readonly (Found | undefined)[]> {
    const { tell = () => undefined, isNeeded = () => true } = by
    const needed = (): Wanted[] => wanted.filter((_, i) => isNeeded(i))
    const stopWanting = this.#options.metadata.wantedBy(() => needed().map(({ topic }) => topic))
    try {
      return await this.#find(wanted, deadline, { tell, isNeeded })
    } finally {
      stopWanting()
    }
  }

  async #find(
    wanted: readonly Wanted[],
    deadline: Deadline,
    { tell, isNeeded }: Finding,
  ): Promise<readonly (Found | undefined)[]> {
    const found = new Map<Wanted, Found | undefined>()
    const take = (each: Wanted, place: Found | undefined): void => {
      found.set(each, place)
      tell(wanted.indexOf(each), place)
    }
    const { connections, backoff } = this.#options
    let last: unknown
    /** What is wrong with one of them holds up none of the others. */
    const failed = new Map<Wanted, unknown>()
    const fail = (these: Iterable<Wanted>, error: unknown): void => {
      for (const each of these) failed.set(each, error)
    }
    for (let attempts = 0; ; attempts++) {
      const left = wanted.filter((it, i) => isNeeded(i) && !found.has(it) && !failed.has(it))
      if (left.length === 0 || deadline.isOver) {
        for (const [it, error] of failed) if (isNeeded(wanted.indexOf(it))) throw error
        if (left.length > 0) throw deadline.error(last)
        return wanted.map((it) => found.get(it))
      }
      last = (await this.#know(left, { isKnown: attempts === 0, fail }, deadline)) ?? last
      if (attempts > 0) await connections.rest(Math.min(backoff.backoffMs(attempts - 1), deadline.leftMs))
      const placed = this.#byLeader(left.filter((it) => !failed.has(it)))
      const asked = [...placed].map(([broker, them]) => this.#ask(broker, them, { take, fail }, deadline))
      for (const error of await Promise.all(asked)) last = error ?? last
    }
  }

  /** Asks about all topics at once: one that is not there holds up no other. Returns what is wrong with one, and may pass. */
  async #know(
    wanted: readonly Wanted[],
    { isKnown, fail }: Pick<Answers, 'fail'> & { readonly isKnown: boolean },
    deadline: Deadline,
  ): Promise<unknown> {
    const { metadata } = this.#options
    const byTopic = Map.groupBy(wanted, ({ topic }) => topic)
    if (!isKnown || [...byTopic.keys()].some((topic) => !metadata.view.topics.has(topic))) {
      await deadline.within(metadata.update()).catch((error: unknown) => {
        if (!deadline.isOver) throw error
      })
    }
    let passing: unknown
    for (const [topic, them] of byTopic) {
      const failure = metadata.failureOf(topic)
      if (failure?.isPassing === false) fail(them, failure.error)
      else passing = failure?.error ?? passing
    }
    return passing
  }

  #byLeader(wanted: readonly Wanted[]): ReadonlyMap<BrokerView, Wanted[]> {
    const { view } = this.#options.metadata
    const byLeader = new Map<BrokerView, Wanted[]>()
    for (const each of wanted) {
      const leaderId = view.partition(each.topic, each.partition)?.leaderId
      const broker = leaderId === undefined ? undefined : view.brokers.get(leaderId)
      if (broker === undefined) continue
      const them = byLeader.get(broker) ?? []
      them.push(each)
      byLeader.set(broker, them)
    }
    return byLeader
  }

  /** Returns what went wrong and may pass. */
  async #ask(
    broker: BrokerView,
    wanted: readonly Wanted[],
    { take, fail }: Answers,
    deadline: Deadline,
  ): Promise<unknown> {
    const { connections, metadata, requestTimeoutMs, isolationLevel } = this.#options
    const { view } = metadata
    const topics = [...Map.groupBy(wanted, ({ topic }) => topic)].map(([name, them]) => ({
      name,
      partitions: them.map(({ partition, spot }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: view.partition(name, partition)?.leaderEpoch ?? -1,
        timestamp: timestampOf(spot),
      })),
    }))
    const request = listOffsets.request.create({ replicaId: -1, isolationLevel, topics, timeoutMs: requestTimeoutMs })
    const timeoutMs = Math.max(1, Math.min(requestTimeoutMs, deadline.leftMs))
    try {
      const response = await connections.to(broker, 'main').send(listOffsets, request, { timeoutMs })
      let passing: unknown
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode, offset, leaderEpoch, timestamp } of partitions) {
          const each = wanted.find((it) => it.topic === name && it.partition === partitionIndex)
          if (each === undefined) continue
          const error = errorCode === ErrorCode.NONE ? undefined : KafkaError.of(errorCode, `${name}-${partitionIndex}`)
          if (error === undefined) {
            take(each, offset < 0 ? undefined : { offset, leaderEpoch, timestampMs: Number(timestamp) })
          } else if (retriableErrors.has(errorCode)) passing = error
          else fail([each], error)
        }
      }
      return passing
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      return new KafkaError('NETWORK', error.message, { cause: error })
    }
  }
}
