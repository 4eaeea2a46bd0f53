/**
 * ListOffsets (2), versions 1 to 11: where a log starts and ends, and where a point in time lies in it.
 *
 * 2: isolation level. 4: leader epochs (KIP-320). 6: flexible. 7: largest timestamp (KIP-734). 8: local start (KIP-405).
 * 9: tiered end (KIP-1005). 10: time-out of lookups in tiers. 11: what waits for its tier (KIP-1023).
 *
 * There are no tiers yet: the local start is the start, and nothing is tiered. A time is looked up in one batch, which is
 * read and, if it is compressed, decompressed here.
 */
import { ApiError, assert, DiskError, MalformedError, viewOf } from '../../base/index.ts'
import type { Log } from '../../log/index.ts'
import { ErrorCode, type ListOffsetsRequest, type ListOffsetsResponse, listOffsets } from '../../protocol/index.ts'
import {
  BatchCursor,
  batchHeader,
  CompressionError,
  messageTimestamp,
  readMessages,
  readRecords,
} from '../../records/index.ts'
import type { Partition, ReplicaManager } from '../../replication/index.ts'
import type { Handler } from '../handler.ts'

export interface ListOffsetsServices {
  readonly replicas: ReplicaManager
  /** What a batch may have after decompression. */
  readonly decompressedBytesMax: () => number
}

type Asked = ListOffsetsRequest['topics'][number]['partitions'][number]
type Reply = ListOffsetsResponse['topics'][number]['partitions'][number]
type Found = Pick<Reply, 'timestamp' | 'offset' | 'leaderEpoch'>

const latest = -1n
const earliest = -2n
const largestTimestamp = -3n
const earliestLocal = -4n
const latestTiered = -5n
const earliestPendingUpload = -6n

/** The first version that knows each of the timestamps that are none. */
const specialSince: ReadonlyMap<bigint, number> = new Map([
  [latest, 1],
  [earliest, 1],
  [largestTimestamp, 7],
  [earliestLocal, 8],
  [latestTiered, 9],
  [earliestPendingUpload, 11],
])

const clientReplica = -1
/** Of tools: any replica answers, and tells where its own log ends. */
const debuggingReplica = -2
const readCommitted = 1

const nothing: Found = { timestamp: -1n, offset: -1, leaderEpoch: -1 }
const failed = ({ partitionIndex }: Asked, errorCode: number): Reply => ({ ...nothing, partitionIndex, errorCode })

export function listOffsetsHandler(services: ListOffsetsServices): Handler<ListOffsetsRequest, ListOffsetsResponse> {
  return {
    api: listOffsets,
    async handle(request, { apiVersion }) {
      const repeated = repeatedPartitions(request)
      const answered = new Map<string, Map<number, Reply>>()
      for (const { name, partitions } of request.topics) {
        const replies = answered.get(name) ?? new Map<number, Reply>()
        answered.set(name, replies)
        // One after the other: each may read a batch.
        for (const asked of partitions) {
          const { partitionIndex } = asked
          const code = repeated.has(`${partitionIndex}:${name}`)
            ? ErrorCode.INVALID_REQUEST
            : refusal(request, asked, apiVersion)
          const isRefused = code !== ErrorCode.NONE
          const reply = isRefused ? failed(asked, code) : await lookUp(services, { request, topic: name, asked })
          replies.set(partitionIndex, reply)
        }
      }
      const topics = [...answered].map(([name, replies]) => ({ name, partitions: [...replies.values()] }))
      return { throttleTimeMs: 0, topics }
    },
  }
}

function repeatedPartitions({ topics }: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${partitionIndex}:${name}`
      if (seen.has(key)) repeated.add(key)
      seen.add(key)
    }
  }
  return repeated
}

function refusal({ isolationLevel }: ListOffsetsRequest, { timestamp }: Asked, apiVersion: number): number {
  // As Kafka answers a level that it does not know.
  if (isolationLevel !== 0 && isolationLevel !== readCommitted) return ErrorCode.UNKNOWN_SERVER_ERROR
  if (timestamp >= 0n) return ErrorCode.NONE
  const since = specialSince.get(timestamp)
  return since === undefined || apiVersion < since ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE
}

interface Lookup {
  readonly request: ListOffsetsRequest
  readonly topic: string
  readonly asked: Asked
}

async function lookUp(services: ListOffsetsServices, lookup: Lookup): Promise<Reply> {
  const { asked } = lookup
  try {
    const partition = replicaOf(services.replicas, lookup)
    const found = await find(partition, lookup, services.decompressedBytesMax())
    return { partitionIndex: asked.partitionIndex, errorCode: ErrorCode.NONE, ...found }
  } catch (error) {
    return failed(asked, codeOf(error))
  }
}

function codeOf(error: unknown): number {
  if (error instanceof ApiError) return error.code
  if (error instanceof MalformedError || error instanceof CompressionError) return ErrorCode.CORRUPT_MESSAGE
  if (error instanceof DiskError) return ErrorCode.KAFKA_STORAGE_ERROR
  throw error
}

/** Throws ApiError 3, 6, 56, 74 or 75. */
function replicaOf(replicas: ReplicaManager, { request, topic, asked }: Lookup): Partition {
  const { partitionIndex, currentLeaderEpoch } = asked
  try {
    return replicas.leader(topic, partitionIndex, currentLeaderEpoch)
  } catch (error) {
    const isLeaderNeeded = request.replicaId !== debuggingReplica
    const isOther = !(error instanceof ApiError) || error.code !== ErrorCode.NOT_LEADER_OR_FOLLOWER
    const replica = replicas.get(topic, partitionIndex)
    if (isLeaderNeeded || isOther || replica === undefined) throw error
    return replica
  }
}

/** The end of what the asker may read: what clients see, or all. */
function readableEnd({ log }: Partition, { replicaId, isolationLevel }: ListOffsetsRequest): number {
  if (replicaId !== clientReplica) return log.logEndOffset
  return isolationLevel === readCommitted ? log.lastStableOffset : log.highWatermark
}

async function find(partition: Partition, { request, topic, asked }: Lookup, limitBytes: number): Promise<Found> {
  const { log } = partition
  const { timestamp } = asked
  if (timestamp === latestTiered || timestamp === earliestPendingUpload) return nothing
  if (timestamp === latest) {
    return { timestamp: -1n, offset: readableEnd(partition, request), leaderEpoch: partition.leaderEpoch }
  }
  if (timestamp === earliest || timestamp === earliestLocal) {
    const { logStartOffset } = log
    return { timestamp: -1n, offset: logStartOffset, leaderEpoch: log.epochOf(logStartOffset) ?? -1 }
  }
  const isLargest = timestamp === largestTimestamp
  const found = isLargest ? await firstOfLargest(log, limitBytes) : await firstSince(log, timestamp, limitBytes)
  // The disk was waited for: who leads may be another now.
  if (request.replicaId !== debuggingReplica) partition.checkLeader(asked.currentLeaderEpoch)
  if (partition.isOffline) throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, `the directory of ${topic} is offline`)
  return found === undefined || found.offset >= readableEnd(partition, request) ? nothing : found
}

/** The first record with a timestamp of at least `timestamp`. */
async function firstSince(log: Log, timestamp: bigint, limitBytes: number): Promise<Found | undefined> {
  // Timestamps that are no exact number are told apart below only: the log compares numbers, which saturate.
  const key = Math.min(Number(timestamp), Number.MAX_SAFE_INTEGER)
  let from = log.logStartOffset
  for (;;) {
    const batch = await log.batchForTimestamp(key, from)
    if (batch === undefined) return undefined
    const found = firstIn(batch, { timestamp, from, limitBytes })
    if (found !== undefined) return found
    // Its young records lie before the start of the log, or were compacted away.
    from = cursorAt(batch).lastOffset + 1
  }
}

async function firstOfLargest(log: Log, limitBytes: number): Promise<Found | undefined> {
  const batch = await log.batchOfMaxTimestamp()
  if (batch === undefined) return undefined
  const view = viewOf(batch)
  const isOld = batchHeader.magic(view, 0) !== 2
  const timestamp = isOld ? messageTimestamp(view, 0) : view.getBigInt64(batchHeader.maxTimestampAt)
  return firstIn(batch, { timestamp, from: log.logStartOffset, limitBytes })
}

function cursorAt(batch: Uint8Array): BatchCursor {
  const cursor = new BatchCursor(batch)
  assert(cursor.next(), 'the log gives whole batches')
  return cursor
}

interface Wanted {
  readonly timestamp: bigint
  readonly from: number
  readonly limitBytes: number
}

function firstIn(batch: Uint8Array, { timestamp, from, limitBytes }: Wanted): Found | undefined {
  const { magic, leaderEpoch } = cursorAt(batch)
  for (const record of magic === 2 ? readRecords(batch, 0, limitBytes) : readMessages(batch, 0, limitBytes)) {
    if (record.offset < from || record.timestamp < timestamp) continue
    return { timestamp: record.timestamp, offset: record.offset, leaderEpoch }
  }
  return undefined
}
