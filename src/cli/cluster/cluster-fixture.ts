/**
 * A cluster without replicas: its brokers, each with a port of its own, answer what `odradek cluster` asks out of a table, and
 * reassignments are under way until the test lets them go.
 */
import { createEnv } from '../../env/index.ts'
import {
  type AlterPartitionReassignmentsRequest,
  alterPartitionReassignments,
  describeCluster,
  describeConfigs,
  describeQuorum,
  ErrorCode,
  electLeaders,
  incrementalAlterConfigs,
  listPartitionReassignments,
  metadata,
} from '../../protocol/index.ts'
import { apiVersionsHandler, type BoundHandler, bind, Router, Server } from '../../server/index.ts'

interface Partition {
  readonly topic: string
  readonly partition: number
  leader: number
  replicas: readonly number[]
  /** What it is on its way to. */
  target: readonly number[] | undefined
}

const limits = {
  requestBytesMax: 1024 * 1024,
  connectionsMax: 100,
  connectionsPerAddressMax: 100,
  connectionsPerAddressOverrides: new Map<string, number>(),
  idleMsMax: 600_000,
  queuedReplyBytesMax: 1024 * 1024,
  inFlightMax: 10,
}

function after<T>(reply: T, then: () => void): T {
  then()
  return reply
}

/** As in Kafka: those that it is to have come first. */
const allOf = (replicas: readonly number[], target: readonly number[]): number[] => [
  ...target,
  ...replicas.filter((it) => !target.includes(it)),
]

export class FakeCluster {
  readonly partitions: Partition[] = []
  /** `broker 1 leader.replication.throttled.rate`, and its value. */
  readonly configs = new Map<string, string>()
  /** What was asked of it that changes something, in order. */
  readonly asked: string[] = []
  /** So many requests for what is under way leave all as it is; then it is done. */
  slowness = 1
  /** Partitions, as `t-0`, of which a reassignment is refused. */
  readonly refused = new Set<string>()
  /** Called when somebody has asked for metadata. */
  onMetadata: () => void = () => undefined
  /** Error codes of whole replies to what was done all the same, the next one first. */
  readonly codes: Readonly<Record<'alter' | 'elect' | 'list', number[]>> = { alter: [], elect: [], list: [] }
  underWayMax = 0
  readonly ids: readonly number[]
  readonly #servers = new Map<number, Server>()
  readonly #env = createEnv({ level: 'error' })
  readonly #ports = new Map<number, number>()
  #looks = 0

  private constructor(ids: readonly number[]) {
    this.ids = ids
  }

  static async start(ids: readonly number[]): Promise<FakeCluster> {
    const cluster = new FakeCluster(ids)
    for (const id of ids) {
      const router = new Router(cluster.#handlers(id), cluster.#env.logger)
      const listener = { name: 'PLAINTEXT', host: '127.0.0.1', port: 0, router }
      const onFault = (error: Error): void => void cluster.asked.push(`fault: ${error.message}`)
      const server = new Server({ ...cluster.#env, limits: () => limits, poison: true, onFault })
      cluster.#servers.set(id, server)
      cluster.#ports.set(id, (await server.listen(listener)).port)
    }
    return cluster
  }

  get port(): number {
    return this.#ports.get(this.ids[0] ?? -1) ?? 0
  }

  add(topic: string, ...replicas: readonly (readonly number[])[]): void {
    for (const [partition, it] of replicas.entries()) {
      this.partitions.push({ topic, partition, leader: it[0] ?? -1, replicas: it, target: undefined })
    }
  }

  /** Of a partition, where it is; `>` and where it goes, if it does. */
  replicasOf(topic: string): readonly string[] {
    return this.partitions
      .filter((it) => it.topic === topic)
      .map(({ replicas, target }) => `${replicas}${target === undefined ? '' : `>${target}`}`)
  }

  async stop(): Promise<void> {
    for (const id of this.ids) await this.kill(id)
  }

  /** It answers no more, and the others do not know it yet. */
  async kill(id: number): Promise<void> {
    const server = this.#servers.get(id)
    this.#servers.delete(id)
    await server?.stopListening()
    await server?.close()
  }

  #find(topic: string, partition: number): Partition | undefined {
    return this.partitions.find((it) => it.topic === topic && it.partition === partition)
  }

  #handlers(id: number): readonly BoundHandler[] {
    const all: BoundHandler[] = [
      bind({ api: describeCluster, handle: () => this.#describe() }),
      bind({ api: metadata, handle: () => after(this.#metadata(), this.onMetadata) }),
      bind({ api: describeQuorum, handle: () => this.#quorum() }),
      bind({ api: describeConfigs, handle: ({ resources }) => this.#configs(resources) }),
      bind({ api: electLeaders, handle: ({ topicPartitions }) => this.#elect(topicPartitions) }),
      bind({ api: listPartitionReassignments, handle: () => this.#list() }),
      bind({ api: alterPartitionReassignments, handle: (request) => this.#alter(request) }),
      bind({ api: incrementalAlterConfigs, handle: ({ resources }) => this.#configure(id, resources) }),
    ]
    const features = () => ({ supported: [], finalizedEpoch: -1, finalized: [] })
    all.push(bind(apiVersionsHandler({ served: () => all, features })))
    return all
  }

  #describe() {
    return describeCluster.response.create({
      clusterId: 'fake',
      brokers: this.ids.map((brokerId) => ({
        brokerId,
        host: '127.0.0.1',
        port: this.#ports.get(brokerId) ?? 0,
        rack: null,
        isFenced: false,
      })),
    })
  }

  #metadata() {
    const topics = Array.from(
      Map.groupBy(this.partitions, ({ topic }) => topic),
      ([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, leader, replicas, target = [] }) => ({
          partitionIndex: partition,
          leaderId: leader,
          replicaNodes: allOf(replicas, target),
          isrNodes: [...replicas],
        })),
      }),
    )
    return metadata.response.create({ topics })
  }

  #quorum() {
    const currentVoters = this.ids.slice(0, 1).map((replicaId) => ({ replicaId }))
    return describeQuorum.response.create({
      topics: [{ topicName: '__cluster_metadata', partitions: [{ currentVoters }] }],
    })
  }

  #elect(topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null) {
    for (const { topic, partitions } of topics ?? []) {
      for (const partition of partitions) {
        const found = this.#find(topic, partition)
        if (found !== undefined) found.leader = found.replicas[0] ?? -1
      }
    }
    return electLeaders.response.create({ errorCode: this.codes.elect.shift() ?? ErrorCode.NONE })
  }

  #list() {
    const moving = this.partitions.filter(({ target }) => target !== undefined)
    this.underWayMax = Math.max(this.underWayMax, moving.length)
    const topics = moving.map(({ topic, partition, replicas, target = [] }) => ({
      name: topic,
      partitions: [
        {
          partitionIndex: partition,
          replicas: allOf(replicas, target),
          addingReplicas: target.filter((it) => !replicas.includes(it)),
          removingReplicas: replicas.filter((it) => !target.includes(it)),
        },
      ],
    }))
    if (++this.#looks > this.slowness) this.#finish(moving)
    return listPartitionReassignments.response.create({ errorCode: this.codes.list.shift() ?? ErrorCode.NONE, topics })
  }

  #finish(moving: readonly Partition[]): void {
    this.#looks = 0
    for (const partition of moving) {
      partition.replicas = partition.target ?? partition.replicas
      partition.target = undefined
      if (!partition.replicas.includes(partition.leader)) partition.leader = partition.replicas[1] ?? -1
    }
  }

  #alter({ topics, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest) {
    this.#looks = 0
    if (allowReplicationFactorChange) this.asked.push('as many replicas as may be')
    const responses = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        this.asked.push(`${name}-${partitionIndex} ${replicas === null ? 'cancelled' : `to ${replicas}`}`)
        return { partitionIndex, errorCode: this.#reassign(name, partitionIndex, replicas) }
      }),
    }))
    return alterPartitionReassignments.response.create({
      errorCode: this.codes.alter.shift() ?? ErrorCode.NONE,
      responses,
    })
  }

  #reassign(topic: string, partition: number, replicas: readonly number[] | null): number {
    const found = this.#find(topic, partition)
    if (found === undefined || this.refused.has(`${topic}-${partition}`)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if (replicas === null && found.target === undefined) return ErrorCode.NO_REASSIGNMENT_IN_PROGRESS
    found.target = replicas ?? undefined
    return ErrorCode.NONE
  }

  #configs(
    resources: readonly {
      readonly resourceType: number
      readonly resourceName: string
      readonly configurationKeys: readonly string[] | null
    }[],
  ) {
    const results = resources.map(({ resourceType, resourceName, configurationKeys }) => {
      const configs = (configurationKeys ?? []).map((name) => {
        const value = this.configs.get(`${resourceType === 4 ? 'broker' : 'topic'} ${resourceName} ${name}`)
        // Of this topic, of this broker, or the default.
        return { name, value: value ?? null, configSource: value === undefined ? 5 : resourceType === 4 ? 2 : 1 }
      })
      return { resourceType, resourceName, configs }
    })
    return describeConfigs.response.create({ results })
  }

  #configure(
    id: number,
    resources: readonly {
      readonly resourceType: number
      readonly resourceName: string
      readonly configs: readonly {
        readonly name: string
        readonly configOperation: number
        readonly value: string | null
      }[]
    }[],
  ) {
    const responses = resources.map(({ resourceType, resourceName, configs }) => {
      // As in Kafka: a broker takes its own alone.
      const isOthers = resourceType === 4 && resourceName !== String(id)
      const errorCode = isOthers ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE
      for (const { name, configOperation, value } of isOthers ? [] : configs) {
        const key = `${resourceType === 4 ? 'broker' : 'topic'} ${resourceName} ${name}`
        this.asked.push(`${configOperation === 0 ? 'set' : 'delete'} ${key}`)
        if (configOperation === 0) this.configs.set(key, value ?? '')
        else this.configs.delete(key)
      }
      return { resourceType, resourceName, errorCode }
    })
    return incrementalAlterConfigs.response.create({ responses })
  }
}
