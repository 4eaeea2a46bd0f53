/**
 * Where the leader of a partition is now, told with the error that says it is not here (KIP-951): saves the client a round
 * of metadata. Off the hot path: only replies with such an error are looked at twice.
 */
import type { Uuid } from '../base/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'

export interface CurrentLeaders {
  readonly image: () => MetadataImage
  readonly topicName: (topicId: Uuid) => string | undefined
}

interface Hinted {
  readonly errorCode: number
  readonly currentLeader: { readonly leaderId: number; readonly leaderEpoch: number }
}

interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

interface HintedTopic<P extends Hinted> {
  readonly name: string | undefined
  readonly partitions: readonly P[]
}

/** Of an answer in whose error the leader is told. */
export const asksForLeader = ({ errorCode }: Pick<Hinted, 'errorCode'>): boolean =>
  errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH

/** Undefined where no partition has such an error; else the partitions with their leaders, topic by topic. */
export function nameLeaders<P extends Hinted>(
  services: CurrentLeaders,
  listenerName: string,
  topics: readonly HintedTopic<P>[],
  idOf: (partition: P) => number,
): { readonly topics: readonly (readonly P[])[]; readonly nodeEndpoints: readonly NodeEndpoint[] } | undefined {
  if (!topics.some(({ partitions }) => partitions.some(asksForLeader))) return undefined
  const image = services.image()
  const endpoints = new Map<number, NodeEndpoint>()
  const hinted = topics.map(({ name, partitions }) =>
    partitions.map((partition) => {
      const state = name === undefined ? undefined : image.topics.byName.get(name)?.partitions.get(idOf(partition))
      if (state === undefined || !asksForLeader(partition)) return partition
      const { leader: leaderId, leaderEpoch } = state
      const broker = image.cluster.brokers.get(leaderId)
      const endpoint = broker?.endPoints.find((it) => it.name === listenerName)
      if (endpoint !== undefined) {
        endpoints.set(leaderId, {
          nodeId: leaderId,
          host: endpoint.host,
          port: endpoint.port,
          rack: broker?.rack ?? null,
        })
      }
      return { ...partition, currentLeader: { leaderId, leaderEpoch } }
    }),
  )
  return { topics: hinted, nodeEndpoints: [...endpoints.values()] }
}
