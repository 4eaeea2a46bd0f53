/**
 * Fetch (1), versions 4 to 18: batches as they lie in the log, by regions of files, never decoded.
 *
 * 5: the start of the log. 7: sessions (KIP-227). 9: leader epochs (KIP-320). 10: zstd, which any version may carry here.
 * 11: rack, and any replica may be read (KIP-392). 12: flexible, diverging epochs (KIP-595). 13: topic ids. 15: replica state. 16: endpoints of leaders. 17:
 * directory of a replica. 18: high watermark of the replica.
 *
 * A fetch that finds less than `minBytes` waits on its partitions.
 */
import { ApiError, partSizeInBytes, zeroUuid } from '../../base/index.ts'
import { type BrokerConfig, selectsByRack } from '../../config/index.ts'
import { ErrorCode, type FetchRequest, type FetchResponse, fetch } from '../../protocol/index.ts'
import {
  type FetchContext,
  FetchingFollower,
  type FetchRead,
  type FetchSessions,
  type FetchWaiters,
  type Follower,
  type ReplicaManager,
  type RoamingReader,
  type SessionPartition,
  type Target,
} from '../../replication/index.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { type CurrentLeaders, nameLeaders } from '../leader-hints.ts'

export interface FetchServices extends CurrentLeaders {
  readonly replicas: ReplicaManager
  readonly sessions: FetchSessions
  readonly waiters: FetchWaiters
  readonly config: () => BrokerConfig
}

const isolations = ['uncommitted', 'committed'] as const

export function fetchHandler(services: FetchServices): Handler<FetchRequest, FetchResponse> {
  return {
    api: fetch,
    handle(request, context) {
      const { topicName, sessions, waiters, config } = services
      const follower = followerOf(request, context)
      const isFollower = follower !== undefined
      const isolation = isFollower ? 'log-end' : isolations[request.isolationLevel]
      // As Kafka: an isolation level that it does not know is its own error, and no session is touched.
      if (isolation === undefined) return refused(request, context)
      const session = sessions.begin(request, { apiVersion: context.apiVersion, topicName, isFollower })
      const roaming = isFollower ? undefined : roamingOf(services, request, context)
      const targets = session.partitions.map((asked) => targetOf(services, asked, { follower, roaming }))
      const fetching = waiters.fetch(targets, {
        isolation,
        roaming,
        maxBytes: Math.min(request.maxBytes, config().number('fetch.max.bytes')),
        minBytes: Math.min(request.minBytes, request.maxBytes, config().number('fetch.max.bytes')),
        maxWaitMs: request.maxWaitMs,
      })
      const { read } = fetching
      if (!(read instanceof Promise)) return answer(services, { session, targets, read, context })
      context.onClose(() => fetching.cancel())
      return read.then((late) => answer(services, { session, targets, read: late, context }))
    },
    fail: (_request, error) => fetch.response.create({ errorCode: error.code }),
  }
}

/** From topic ids on, Kafka's error names no partition. */
function refused({ topics }: FetchRequest, { apiVersion }: RequestContext): FetchResponse {
  const errorCode = ErrorCode.UNKNOWN_SERVER_ERROR
  const responses = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition }) => ({ partitionIndex: partition, errorCode })),
  }))
  return fetch.response.create({ errorCode, responses: apiVersion >= topicIdsSince ? [] : responses })
}

const topicIdsSince = 13

/** Undefined: a client. */
function followerOf({ replicaId, replicaState }: FetchRequest, { apiVersion }: RequestContext): Follower | undefined {
  const inOne = { brokerId: replicaId, brokerEpoch: -1 }
  const { brokerId, brokerEpoch } =
    apiVersion < 15 ? inOne : { brokerId: replicaState.replicaId, brokerEpoch: replicaState.replicaEpoch }
  return brokerId < 0 ? undefined : { brokerId, brokerEpoch }
}

const anyReplicaSince = 11
const anywhere: RoamingReader = { rackId: '', rackOf: () => undefined }

/** Undefined: a client that reads from leaders alone. */
function roamingOf(
  { image, config }: FetchServices,
  { rackId }: FetchRequest,
  { apiVersion, listenerName }: RequestContext,
): RoamingReader | undefined {
  if (apiVersion < anyReplicaSince) return undefined
  if (rackId === '' || !selectsByRack(config())) return anywhere
  const rackOf = (brokerId: number): string | undefined => {
    const broker = image().cluster.brokers.get(brokerId)
    const isReached = broker?.fenced === false && broker.endPoints.some(({ name }) => name === listenerName)
    return isReached ? (broker.rack ?? undefined) : undefined
  }
  return { rackId, rackOf }
}

interface Asker {
  readonly follower: Follower | undefined
  readonly roaming: RoamingReader | undefined
}

function targetOf({ replicas }: FetchServices, asked: SessionPartition, { follower, roaming }: Asker): Target {
  try {
    if (asked.topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID, 'there is no topic with this id')
    const { topic, partition: id, currentLeaderEpoch } = asked
    const partition =
      roaming === undefined
        ? replicas.leader(topic, id, currentLeaderEpoch)
        : replicas.replica(topic, id, currentLeaderEpoch)
    if (asked.topicId !== zeroUuid && asked.topicId !== partition.topicId) {
      throw new ApiError(ErrorCode.INCONSISTENT_TOPIC_ID, `${topic} was made anew with another id`)
    }
    if (follower === undefined) return { asked, partition }
    partition.checkFollower(follower.brokerId, currentLeaderEpoch)
    return { asked, partition, follower: new FetchingFollower(follower) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { asked, error }
  }
}

interface Fetched {
  readonly session: FetchContext
  readonly targets: readonly Target[]
  readonly read: FetchRead
  readonly context: RequestContext
}

function answer(services: FetchServices, { session, targets, read, context }: Fetched): FetchResponse {
  const { apiVersion, listenerName } = context
  for (let i = 0; i < targets.length; i++) {
    const { partition, follower } = targets[i] ?? {}
    if (partition === undefined) continue
    const sizeInBytes = recordsSize(read.results[i]?.records ?? null)
    partition.traffic.bytesOut += sizeInBytes
    if (follower !== undefined) partition.leaderQuota?.record(sizeInBytes)
  }
  const response = session.finish(read.results)
  // The client did not wait, and its session is a step further: nothing of this goes out.
  if (response.errorCode !== ErrorCode.NONE) services.waiters.release(read)
  // Only errors name leaders, and they are urgent.
  if (apiVersion < 16 || !read.isUrgent) return response
  const topics = response.responses.map(({ topic, topicId, partitions }) => ({
    name: topic === '' ? services.topicName(topicId) : topic,
    partitions,
  }))
  const hints = nameLeaders(services, listenerName, topics, (it) => it.partitionIndex)
  if (hints === undefined) return response
  const responses = response.responses.map((topic, i) => ({ ...topic, partitions: hints.topics[i] ?? [] }))
  return { ...response, responses, nodeEndpoints: hints.nodeEndpoints }
}

function recordsSize(records: FetchRead['results'][number]['records']): number {
  if (records === null || records instanceof Uint8Array) return records?.length ?? 0
  return records.reduce((sum, part) => sum + partSizeInBytes(part), 0)
}
