/**
 * Reads what a fetch asks for: partition after partition, within the bytes of the request, without decoding a batch. On
 * the fetch path. The answer is made of regions of files; nothing is copied here. Synchronous unless an index must be
 * loaded first.
 */
import { ApiError, isRegion } from '../base/index.ts'
import type { ReadPlan } from '../log/index.ts'
import { ErrorCode, type FetchResponse } from '../protocol/index.ts'
import type { FetchedPartition, SessionPartition } from './fetch-sessions.ts'
import type { Partition } from './partition.ts'
import type { RoamingReader } from './replica-selector.ts'

/** How far may be read: to the last stable offset, to the high watermark, or, by replicas, to the end of the log. */
export type Isolation = 'committed' | 'uncommitted' | 'log-end'

export interface FetchLimits {
  readonly isolation: Isolation
  readonly maxBytes: number
  /** Undefined: leaders alone are read. */
  readonly roaming?: RoamingReader | undefined
}

/** A follower that fetches: its leader learns with that how far it is. */
export interface Follower {
  readonly brokerId: number
  /** -1 from a version that does not say. */
  readonly brokerEpoch: number
}

/** One partition of a fetch: the replica to read, or why it cannot be read. */
export type Target = { readonly asked: SessionPartition } & (
  | { readonly partition: Partition; readonly follower?: FetchingFollower | undefined; readonly error?: undefined }
  | { readonly partition?: undefined; readonly follower?: undefined; readonly error: ApiError }
)

/** One partition of a follower's fetch. */
export class FetchingFollower {
  readonly #follower: Follower
  #isNoted = false

  constructor(follower: Follower) {
    this.#follower = follower
  }

  /** With the first read that finds its place in the log: when the fetch waits, it is read again. Throws ApiError 6 or 75. */
  note(partition: Partition, { fetchOffset, logStartOffset, currentLeaderEpoch }: SessionPartition): void {
    if (this.#isNoted) return
    this.#isNoted = true
    const { brokerId, brokerEpoch } = this.#follower
    partition.followerFetched(brokerId, { fetchOffset, logStartOffset, brokerEpoch, currentLeaderEpoch })
  }

  /** Whether it gets no records for now (KIP-73). One that is in sync does always: it would not stay so. */
  isThrottled(partition: Partition): boolean {
    const { leaderQuota } = partition
    return leaderQuota?.isExceeded === true && !partition.isAwaited(this.#follower.brokerId)
  }
}

export interface FetchRead {
  readonly results: FetchedPartition[]
  readonly sizeInBytes: number
  /** An error, a diverging epoch or another replica to read: the answer does not wait for more. */
  readonly isUrgent: boolean
}

const noRecords = new Uint8Array(0)
const unknownOffset = -1

interface Progress {
  readonly targets: readonly Target[]
  readonly limits: FetchLimits
  readonly results: FetchedPartition[]
  left: number
  sizeInBytes: number
  isUrgent: boolean
}

export function readTargets(targets: readonly Target[], limits: FetchLimits): FetchRead | Promise<FetchRead> {
  return readFrom({ targets, limits, results: [], left: limits.maxBytes, sizeInBytes: 0, isUrgent: false })
}

/** What it has read so far is given back if it fails: a fault of ours, and nobody else knows of it. */
function readFrom(progress: Progress): FetchRead | Promise<FetchRead> {
  try {
    const read = readOn(progress)
    if (!(read instanceof Promise)) return read
    return read.catch((error: unknown) => {
      releaseRead(progress)
      throw error
    })
  } catch (error) {
    releaseRead(progress)
    throw error
  }
}

function readOn(progress: Progress): FetchRead | Promise<FetchRead> {
  const { targets, results } = progress
  for (let target = targets[results.length]; target !== undefined; target = targets[results.length]) {
    const reading = target
    const plan = planOf(reading, progress)
    if (plan instanceof Promise) {
      return plan.then((late) => {
        take(reading, late, progress)
        return readFrom(progress)
      })
    }
    take(reading, plan, progress)
  }
  return progress
}

/** To read from another replica. */
interface Elsewhere {
  readonly preferredReadReplica: number
}

type Plan = ReadPlan | ApiError | Elsewhere | 'diverged'

function planOf(target: Target, { limits, left, sizeInBytes }: Progress): Plan | Promise<Plan> {
  const { asked, partition, follower } = target
  if (partition === undefined) return target.error
  try {
    check(partition, asked, limits)
    // As Kafka: before it is known whether the offset is in the log.
    const preferredReadReplica = limits.roaming && partition.preferredReplica(limits.roaming, asked.fetchOffset)
    if (preferredReadReplica !== undefined) return { preferredReadReplica }
    if (diverging(partition, asked) !== undefined) return 'diverged'
    const isThrottled = follower?.isThrottled(partition) === true
    const plan = partition.log.read({
      startOffset: asked.fetchOffset,
      maxBytes: isThrottled ? 0 : Math.max(0, Math.min(asked.maxBytes, left)),
      maxOffset: readableEnd(partition, limits.isolation),
      // The first batch of a reply comes whole, so that a consumer gets past any size (KIP-74).
      minOneBatch: sizeInBytes === 0 && !isThrottled,
    })
    if (plan instanceof Promise) return plan.then((late) => stillSo(target, late, limits)).catch(asApiError)
    return noted(target, plan)
  } catch (refused) {
    return asApiError(refused)
  }
}

function check(partition: Partition, { currentLeaderEpoch }: SessionPartition, { roaming }: FetchLimits): void {
  if (roaming === undefined) partition.checkLeader(currentLeaderEpoch)
  else partition.checkReplica(currentLeaderEpoch)
}

/** The disk was waited for: who leads may be another now, and the log may have been cut. Throws ApiError. */
function stillSo(target: Target, plan: Plan, limits: FetchLimits): Plan {
  const { partition, asked } = target
  if (partition === undefined) return plan
  check(partition, asked, limits)
  return diverging(partition, asked) === undefined ? noted(target, plan) : 'diverged'
}

/** Throws ApiError where the follower is none. */
function noted(target: Target, plan: Plan): Plan {
  if (target.partition !== undefined) target.follower?.note(target.partition, target.asked)
  return plan
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  throw error
}

function readableEnd({ log }: Partition, isolation: Isolation): number {
  if (isolation === 'log-end') return log.logEndOffset
  return isolation === 'committed' ? log.lastStableOffset : log.highWatermark
}

/** Where the reader's log left ours (KIP-320); undefined while they agree. Throws ApiError 1. */
function diverging({ log }: Partition, { lastFetchedEpoch, fetchOffset }: SessionPartition) {
  if (lastFetchedEpoch < 0) return undefined
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
  if (endOffset < 0) {
    throw new ApiError(ErrorCode.OFFSET_OUT_OF_RANGE, `the log knows nothing of leader epoch ${lastFetchedEpoch}`)
  }
  return leaderEpoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch: leaderEpoch, endOffset } : undefined
}

function take(target: Target, plan: Plan, progress: Progress): void {
  const { asked, partition } = target
  if (plan instanceof ApiError || partition === undefined) {
    progress.isUrgent = true
    progress.results.push(failed(asked, plan instanceof ApiError ? plan.code : ErrorCode.UNKNOWN_SERVER_ERROR))
    return
  }
  const { log } = partition
  const marks = {
    ...blank,
    partitionIndex: asked.partition,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
  }
  if (plan === 'diverged') {
    progress.isUrgent = true
    progress.results.push({ ...marks, divergingEpoch: diverging(partition, asked) ?? blank.divergingEpoch })
    return
  }
  if ('preferredReadReplica' in plan) {
    progress.isUrgent = true
    progress.results.push({ ...marks, ...plan })
    return
  }
  progress.sizeInBytes += plan.sizeInBytes
  progress.left -= plan.sizeInBytes
  const { startOffset, upperBoundOffset } = plan
  const isCommitted = progress.limits.isolation === 'committed'
  const aborted = isCommitted ? log.abortedTransactions({ startOffset, upperBoundOffset }) : null
  progress.results.push({
    ...marks,
    abortedTransactions: aborted?.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })) ?? null,
    records: plan.sizeInBytes === 0 ? noRecords : plan.open(),
  })
}

type PartitionData = FetchResponse['responses'][number]['partitions'][number]

/** Nothing known: what every answer begins with. */
const blank: PartitionData = {
  partitionIndex: 0,
  errorCode: ErrorCode.NONE,
  highWatermark: unknownOffset,
  lastStableOffset: unknownOffset,
  logStartOffset: unknownOffset,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
  snapshotId: { endOffset: -1, epoch: -1 },
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: noRecords,
}

export const failed = ({ partition }: SessionPartition, errorCode: number): FetchedPartition => ({
  ...blank,
  partitionIndex: partition,
  errorCode,
})

/** Gives the files back that an answer holds which will not be sent. */
export function releaseRead({ results }: FetchRead): void {
  for (const { records } of results) {
    if (records === null || records instanceof Uint8Array) continue
    for (const part of records) if (isRegion(part)) part.release()
  }
}
