/** A cluster as its brokers tell it: brokers, partitions, and where replicas are on their way. */
import {
  describeCluster,
  ErrorCode,
  listPartitionReassignments,
  type MetadataResponse,
  metadata,
} from '../../protocol/index.ts'
import type { BrokerAddress, ClusterAdmin } from './admin.ts'
import { AdminError } from './admin-error.ts'
import type { Load, PlanBroker, PlanPartition } from './placement.ts'
import type { PlanCluster } from './plan.ts'

interface SeenBroker extends PlanBroker, BrokerAddress {}

export interface SeenPartition extends PlanPartition {
  /** -1: nobody. */
  readonly leader: number
  /** All that it has now, those that leave among them. */
  readonly present: readonly number[]
  readonly isr: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

export interface SeenCluster extends PlanCluster {
  readonly clusterId: string
  readonly controllerId: number
  readonly brokers: readonly SeenBroker[]
  readonly partitions: readonly SeenPartition[]
}

const readsMax = 20
const rereadMs = 100

export interface ReadOptions {
  /** What is to be shown alone may be of two moments, where replicas come and go all the time. */
  readonly isForShow?: boolean
}

/**
 * What is where comes of a broker, and what is on its way of the controller. Were they of two moments, a replica that leaves could
 * be taken for one that stays: so that is asked before and after, and all again where it differs. Throws AdminError.
 */
export async function readCluster(admin: ClusterAdmin, { isForShow = false }: ReadOptions = {}): Promise<SeenCluster> {
  const { clusterId, controllerId, brokers } = await admin.askWhole(
    describeCluster,
    { includeFencedBrokers: true },
    (reply) => reply,
  )
  const seen = brokers.map(({ brokerId, host, port, rack, isFenced }) => ({ id: brokerId, host, port, rack, isFenced }))
  seen.sort((a, b) => a.id - b.id)
  admin.learn(seen.filter(({ isFenced }) => !isFenced))
  let before = await movingPartitions(admin)
  for (let i = 1; ; i++) {
    const { topics, errorCode } = await admin.ask(metadata, { topics: null, allowAutoTopicCreation: false })
    if (errorCode !== ErrorCode.NONE) throw new AdminError(`Metadata: error ${errorCode}`)
    const moving = await movingPartitions(admin)
    if (isForShow || (isSame(before, moving) && isAsTold(topics, moving))) {
      return { clusterId, controllerId, brokers: seen, partitions: partitionsOf(topics, moving) }
    }
    if (i === readsMax) throw new AdminError('replicas come and go all the time: what is where cannot be told now')
    before = moving
    await admin.pause(rereadMs)
  }
}

interface Moving {
  /** All that it has now, as the controller tells. */
  readonly present: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

export const partitionName = (topic: string, partition: number): string => `${topic}-${partition}`

async function movingPartitions(admin: ClusterAdmin): Promise<ReadonlyMap<string, Moving>> {
  const { topics } = await admin.askWhole(listPartitionReassignments, { topics: null }, (reply) => reply)
  return new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map((it) => [
        partitionName(name, it.partitionIndex),
        { present: it.replicas, adding: it.addingReplicas, removing: it.removingReplicas },
      ]),
    ),
  )
}

const isSame = (a: ReadonlyMap<string, Moving>, b: ReadonlyMap<string, Moving>): boolean =>
  a.size === b.size &&
  [...a].every(([name, { present, adding, removing }]) => {
    const other = b.get(name)
    if (other === undefined) return false
    return sameIds(present, other.present) && sameIds(adding, other.adding) && sameIds(removing, other.removing)
  })

/** A broker may lag behind the controller. */
const isAsTold = (topics: MetadataResponse['topics'], moving: ReadonlyMap<string, Moving>): boolean =>
  topics.every(({ name, partitions }) =>
    partitions.every(({ partitionIndex, replicaNodes }) => {
      const told = name === null ? undefined : moving.get(partitionName(name, partitionIndex))
      return told === undefined || sameIds(told.present, replicaNodes)
    }),
  )

export const sameIds = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i])

function partitionsOf(
  topics: MetadataResponse['topics'],
  moving: ReadonlyMap<string, Moving>,
): readonly SeenPartition[] {
  return topics.flatMap(({ name, partitions }) => {
    // A topic that went away while it was asked for.
    if (name === null) return []
    return partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => {
      const { adding = [], removing = [] } = moving.get(partitionName(name, partitionIndex)) ?? {}
      return {
        topic: name,
        partition: partitionIndex,
        leader: leaderId,
        present: replicaNodes,
        replicas: replicaNodes.filter((id) => !removing.includes(id)),
        isr: isrNodes,
        adding,
        removing,
      }
    })
  })
}

/** Of these topics, by the names of their partitions. Throws AdminError. */
export async function readReplicas(
  admin: ClusterAdmin,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const request = { topics: Array.from(names, (name) => ({ name })), allowAutoTopicCreation: false }
  const { topics } = await admin.ask(metadata, request)
  return new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map((it) => [partitionName(name ?? '', it.partitionIndex), it.replicaNodes]),
    ),
  )
}

/** Brokers that can be asked, and all topics. */
export function askable({ brokers, partitions }: SeenCluster): {
  readonly live: readonly number[]
  readonly topics: readonly string[]
} {
  const live = brokers.filter(({ isFenced }) => !isFenced).map(({ id }) => id)
  return { live, topics: [...new Set(partitions.map(({ topic }) => topic))] }
}

export const isUnderReplicated = ({ replicas, adding, isr }: SeenPartition): boolean =>
  replicas.some((id) => !adding.includes(id) && !isr.includes(id))

export const isMoving = ({ adding, removing }: SeenPartition): boolean => adding.length + removing.length > 0

/** What each broker holds now, fenced ones too. */
export function loadsOf({ brokers, partitions }: SeenCluster): readonly Load[] {
  const loads = new Map(brokers.map(({ id }) => [id, { brokerId: id, replicas: 0, leaders: 0 }]))
  for (const { present, leader } of partitions) {
    for (const id of present) {
      const load = loads.get(id)
      if (load !== undefined) load.replicas++
    }
    const led = loads.get(leader)
    if (led !== undefined) led.leaders++
  }
  return [...loads.values()]
}
