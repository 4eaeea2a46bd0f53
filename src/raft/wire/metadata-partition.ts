/**
 * What the messages of the quorum have in common on the wire: all of them speak of the one partition of
 * `__cluster_metadata`, in lists of one, and their replies tell where the leader listens.
 */
import { ApiError, MalformedError, oneUuid, type Uuid } from '../../base/index.ts'
import { ErrorCode, errorName } from '../../protocol/index.ts'
import { type Endpoint, endpointOf, endpointsByName } from '../messages.ts'
import type { KnownLeader } from '../role.ts'

export const metadataTopic = '__cluster_metadata'

/** Who says it, and to which listener. */
export interface WireNames {
  readonly clusterId: string
  /** Of the listener for controllers that this node uses: addresses in replies have no name of their own. */
  readonly listenerName: string
}

/** Fetch goes by id, all else by name. */
interface Topic<Partition> {
  readonly topicName?: string
  readonly topicId?: Uuid
  readonly partitions: readonly Partition[]
}

/** Undefined where it is not about the metadata, or about more than that. */
export function onePartition<Partition>(
  topics: readonly Topic<Partition>[],
  indexOf: (partition: Partition) => number,
): Partition | undefined {
  const [topic] = topics
  if (topic === undefined || topics.length > 1 || topic.partitions.length !== 1) return undefined
  if (topic.topicName !== metadataTopic && topic.topicId !== oneUuid) return undefined
  const [partition] = topic.partitions
  return partition !== undefined && indexOf(partition) === 0 ? partition : undefined
}

/** Kafka refuses them so. */
export const notMetadata = (name: string): ApiError =>
  new ApiError(ErrorCode.INVALID_REQUEST, `${name} is about one partition, that of the metadata`)

/** A reply that answers something else. */
export const strangeReply = (name: string): MalformedError =>
  new MalformedError(`the reply to ${name} is not about the partition of the metadata`)

/** Throws ApiError with the code of a whole reply. */
export function checkWhole(name: string, errorCode: number): void {
  if (errorCode === ErrorCode.NONE) return
  throw new ApiError(errorCode, `${name} was refused with ${errorName(errorCode)} (${errorCode})`)
}

/** Throws ApiError where a request is of another cluster; who names none is not asked for it (as Kafka). */
export function checkCluster(asked: string | null, { clusterId }: WireNames): void {
  if (asked === null || asked === clusterId) return
  throw new ApiError(ErrorCode.INCONSISTENT_CLUSTER_ID, `this cluster is ${clusterId}, not ${asked}`)
}

interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** The leader's address for who asked at `listenerName`; none where it is not known, as where it has no such listener. */
export function nodeEndpointsOf(
  { leaderId, leaderEndpoints }: KnownLeader,
  { listenerName }: WireNames,
): NodeEndpoint[] {
  const endpoint = endpointOf(leaderEndpoints, listenerName)
  if (leaderId < 0 || endpoint === undefined) return []
  return [{ nodeId: leaderId, host: endpoint.host, port: endpoint.port }]
}

export function leaderEndpointsOf(
  leaderId: number,
  nodeEndpoints: readonly NodeEndpoint[],
  { listenerName }: WireNames,
): readonly Endpoint[] {
  return nodeEndpoints
    .filter(({ nodeId }) => nodeId === leaderId)
    .map(({ host, port }) => ({ name: listenerName, host, port }))
}

/** Kafka sets no limit; what a voter says of itself goes into the log, and into each message about it. */
const listenersMax = 64
const listenersBytesMax = 64 * 1024

/** Addresses alone, without what the wire may add to them. Throws ApiError where they are more than anybody listens at. */
export function endpointsFrom(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const named = endpointsByName(endpoints)
  const size = named.reduce((sum, { name, host }) => sum + Buffer.byteLength(name) + Buffer.byteLength(host), 0)
  if (named.length > listenersMax || size > listenersBytesMax) {
    const most = `at most ${listenersMax} of ${listenersBytesMax} bytes are taken`
    throw new ApiError(ErrorCode.INVALID_REQUEST, `${named.length} listeners of ${size} bytes: ${most}`)
  }
  return named
}
