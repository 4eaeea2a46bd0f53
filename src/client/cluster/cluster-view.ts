/**
 * What a client knows of a cluster: brokers, topics, who leads what. Immutable; each answer to Metadata, and each hint in an
 * answer to something else (KIP-951), makes the next one. Pure.
 */
import { type Uuid, zeroUuid } from '../../base/index.ts'
import { ErrorCode, type MetadataResponse } from '../../protocol/index.ts'

export interface BrokerView {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** As answers tell of one, those that do not know of racks too. */
interface ToldBroker extends Omit<BrokerView, 'id' | 'rack'> {
  readonly nodeId: number
  readonly rack?: string | null
}

export const brokerView = ({ nodeId: id, host, port, rack = null }: ToldBroker): BrokerView => ({
  id,
  host,
  port,
  rack,
})

export interface PartitionView {
  readonly partition: number
  /** Undefined: nobody leads it, or not yet. */
  readonly leaderId: number | undefined
  /** -1 where the broker does not tell (before 2.4). */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface TopicView {
  readonly name: string
  /** All zero where the broker does not tell (before 2.8). */
  readonly id: Uuid
  readonly isInternal: boolean
  /** By number. */
  readonly partitions: readonly PartitionView[]
}

/** Who leads, as an answer to a produce or fetch says. */
export interface LeaderHint {
  readonly topic: string
  readonly partition: number
  readonly leaderId: number
  readonly leaderEpoch: number
}

interface Parts {
  readonly clusterId: string | null
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerView>
  readonly topics: ReadonlyMap<string, TopicView>
  readonly failed: ReadonlyMap<string, number>
}

export class ClusterView {
  readonly clusterId: string | null
  /** -1: none is known. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerView>
  readonly topics: ReadonlyMap<string, TopicView>
  /** Topics that were asked for and are not there, by the error that says why. */
  readonly failed: ReadonlyMap<string, number>

  static readonly empty = new ClusterView({
    clusterId: null,
    controllerId: -1,
    brokers: new Map(),
    topics: new Map(),
    failed: new Map(),
  })

  private constructor(parts: Parts) {
    this.clusterId = parts.clusterId
    this.controllerId = parts.controllerId
    this.brokers = parts.brokers
    this.topics = parts.topics
    this.failed = parts.failed
  }

  partition(topic: string, partition: number): PartitionView | undefined {
    return this.topics.get(topic)?.partitions[partition]
  }

  /**
   * The view behind an answer to Metadata, in which of the topics that it does not tell of those stay that are `kept`. A leader of
   * an epoch before the known one is not believed, unless the topic is another one: the broker that answered lags behind (KIP-320).
   */
  after(response: MetadataResponse, isKept: (topic: string) => boolean): ClusterView {
    const told = new Set(response.topics.map(({ name }) => name))
    const stays = (name: string): boolean => told.has(name) || isKept(name)
    const topics = new Map([...this.topics].filter(([name]) => stays(name)))
    const failed = new Map([...this.failed].filter(([name]) => stays(name)))
    for (const topic of response.topics) {
      const { name, errorCode } = topic
      // Only who asks by id is answered without a name.
      if (name === null) continue
      if (errorCode === ErrorCode.NONE) {
        topics.set(name, topicView({ ...topic, name }, topics.get(name)))
        failed.delete(name)
      } else {
        topics.delete(name)
        failed.set(name, errorCode)
      }
    }
    const brokers = response.brokers.map(brokerView)
    return new ClusterView({
      clusterId: response.clusterId,
      controllerId: response.controllerId,
      brokers: new Map(brokers.map((broker) => [broker.id, broker])),
      topics,
      failed,
    })
  }

  /** The same view where no hint is newer than what is known. */
  withLeaders(hints: readonly LeaderHint[], endpoints: readonly BrokerView[]): ClusterView {
    const topics = new Map(this.topics)
    const brokers = new Map(this.brokers)
    for (const broker of endpoints) brokers.set(broker.id, broker)
    let isNewer = false
    for (const { topic, partition, leaderId, leaderEpoch } of hints) {
      const known = topics.get(topic)
      const view = known?.partitions[partition]
      if (known === undefined || view === undefined || leaderEpoch <= view.leaderEpoch || !brokers.has(leaderId))
        continue
      isNewer = true
      topics.set(topic, { ...known, partitions: known.partitions.with(partition, { ...view, leaderId, leaderEpoch }) })
    }
    return isNewer ? new ClusterView({ ...this, brokers, topics }) : this
  }
}

type ToldTopic = MetadataResponse['topics'][number]

/** A broker that tells of partitions beyond is not believed: no cluster has as many in one topic. */
const partitionsMax = 200_000

function topicView(told: ToldTopic & { readonly name: string }, before: TopicView | undefined): TopicView {
  const isSame = before !== undefined && (before.id === told.topicId || told.topicId === zeroUuid)
  const partitions: PartitionView[] = []
  for (const { partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes } of told.partitions) {
    if (partitionIndex < 0 || partitionIndex >= partitionsMax) continue
    for (let i = partitions.length; i < partitionIndex; i++) partitions[i] = unknownPartition(i)
    const known = isSame ? before.partitions[partitionIndex] : undefined
    const isStale = known !== undefined && leaderEpoch >= 0 && leaderEpoch < known.leaderEpoch
    partitions[partitionIndex] = isStale
      ? known
      : {
          partition: partitionIndex,
          leaderId: leaderId < 0 ? undefined : leaderId,
          leaderEpoch,
          replicas: replicaNodes,
          isr: isrNodes,
        }
  }
  return { name: told.name, id: told.topicId, isInternal: told.isInternal, partitions }
}

/** It has to be there, for another one behind it is; it has not been told of, or not yet. */
const unknownPartition = (partition: number): PartitionView => ({
  ...{ partition, leaderId: undefined, leaderEpoch: -1, replicas: [], isr: [] },
})
