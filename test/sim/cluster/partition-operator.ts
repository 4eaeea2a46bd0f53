/**
 * Whoever looks after the partitions of the replicated topics: moves replicas to other brokers, gives that up again, asks for
 * preferred leaders, and adds partitions.
 */
import { alterPartitionReassignments, createPartitions, ErrorCode, electLeaders } from '../../../src/protocol/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { CallingClient } from './calling-client.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { partitionsMax, replicatedTopics } from './record-history.ts'

/** Mean time between two changes. */
const thinkMs = 3000
const timeoutMs = 10_000
const preferred = 0

export class PartitionOperator {
  readonly counts = { reassignments: 0, reassignmentsCancelled: 0, elections: 0, partitionsAdded: 0 }
  readonly #cluster: ClusterWorld
  readonly #client: CallingClient
  readonly #draw: SeededStream

  constructor(cluster: ClusterWorld) {
    this.#cluster = cluster
    this.#draw = cluster.world.random.stream('partition operator')
    this.#client = new CallingClient(cluster, this.#draw)
  }

  async run(isOver: () => boolean): Promise<void> {
    await this.#client.keepChanging({ thinkMs, isOver }, () => this.#change())
  }

  async #change(): Promise<void> {
    const topic = replicatedTopics[this.#draw.below(replicatedTopics.length)] ?? ''
    const known = this.#cluster.leader?.node?.quorum.image.topics.byName.get(topic)
    if (known === undefined) return
    const count = known.partitions.size
    const partition = this.#draw.below(count)
    const kind = this.#draw.below(20)
    if (kind < 9) await this.#reassign(topic, partition, this.#replicas())
    else if (kind < 11) await this.#reassign(topic, partition, null)
    else if (kind < 19) await this.#elect(topic, partition)
    else if (count < partitionsMax) await this.#add(topic, count + 1)
  }

  /** Some brokers, in some order. */
  #replicas(): readonly number[] {
    const ids = this.#cluster.brokers.map(({ id }) => id)
    const size = Math.min(ids.length, 3)
    return Array.from({ length: size }, () => ids.splice(this.#draw.below(ids.length), 1)).flat()
  }

  async #reassign(topic: string, partitionIndex: number, replicas: readonly number[] | null): Promise<void> {
    const partitions = [{ partitionIndex, replicas: replicas === null ? null : [...replicas] }]
    const topics = [{ name: topic, partitions }]
    const reply = await this.#client.call(alterPartitionReassignments, { timeoutMs, topics })
    if (reply.responses[0]?.partitions[0]?.errorCode !== ErrorCode.NONE) return
    if (replicas === null) this.counts.reassignmentsCancelled++
    else this.counts.reassignments++
  }

  async #elect(topic: string, partition: number): Promise<void> {
    const topicPartitions = [{ topic, partitions: [partition] }]
    const reply = await this.#client.call(electLeaders, { electionType: preferred, timeoutMs, topicPartitions })
    if (reply.replicaElectionResults[0]?.partitionResult[0]?.errorCode === ErrorCode.NONE) this.counts.elections++
  }

  async #add(topic: string, count: number): Promise<void> {
    const topics = [{ name: topic, count, assignments: null }]
    const reply = await this.#client.call(createPartitions, { topics, timeoutMs })
    if (reply.results[0]?.errorCode === ErrorCode.NONE) this.counts.partitionsAdded++
  }
}
