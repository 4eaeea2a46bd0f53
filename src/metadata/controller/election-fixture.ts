/** For tests: brokers and one topic of a controller, and what is asked of it about the topic's partitions. */
import { present } from '../../base/index.ts'
import {
  alterPartition,
  alterPartitionReassignments,
  createTopics,
  electLeaders,
  listPartitionReassignments,
  type PartitionChangeRecord,
  type PartitionRecord,
} from '../../protocol/index.ts'
import type { PartitionImage } from '../image/partition-image.ts'
import { Fixture } from './controller-fixture.ts'

type Topics = NonNullable<NonNullable<Parameters<typeof alterPartition.request.create>[0]>['topics']>
type Asked = NonNullable<Topics[number]['partitions']>[number]

export class ElectionFixture extends Fixture {
  readonly topicId: PartitionRecord['topicId']

  /** One partition for each list of replicas. */
  constructor(assignments: readonly (readonly number[])[], texts: Readonly<Record<string, string>> = {}) {
    super(texts)
    this.start(...new Set(assignments.flat().sort((a, b) => a - b)))
    const partitions = assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
    const topics = [{ name: 't', numPartitions: -1, replicationFactor: -1, assignments: partitions }]
    this.take(this.controller.createTopics(createTopics.request.create({ topics })))
    this.topicId = present(this.controller.state.topicByName('t'), 'topic t').topicId
  }

  partition(partitionId = 0): PartitionImage {
    return present(this.controller.state.partition(this.topicId, partitionId), `partition ${partitionId}`)
  }

  get lastChange(): PartitionChangeRecord {
    const last = this.written.findLast((it) => it.kind === 'partitionChange')
    return present(last, 'a change of a partition').value
  }

  epochOf(brokerId: number): number {
    return this.controller.state.brokers.get(brokerId)?.registration.brokerEpoch ?? -1
  }

  /** Ends its session. */
  kill(brokerId: number): void {
    this.nowMs += 9_000
    for (const id of this.controller.state.brokers.keys()) {
      if (id !== brokerId && this.controller.state.isActive(id)) this.heartbeat(id)
    }
    this.take(this.controller.fenceStaleBroker(this.context))
  }

  /** The leader of partition 0 tells its ISR, with all epochs as they are unless told. */
  alterIsr(isr: readonly number[], given: Asked = {}, brokerId = this.partition().leader) {
    const { leaderEpoch, partitionEpoch } = this.partition()
    const newIsrWithEpochs = isr.map((id) => ({ brokerId: id, brokerEpoch: this.epochOf(id) }))
    const partitions = [{ partitionIndex: 0, leaderEpoch, partitionEpoch, newIsrWithEpochs, ...given }]
    const topics = [{ topicId: this.topicId, partitions }]
    const asker = { brokerId, brokerEpoch: this.epochOf(brokerId) }
    const request = alterPartition.request.create({ ...asker, topics })
    const reply = this.take(this.controller.alterPartition(request))
    this.calls.push({ kind: 'alterPartition', request, reply })
    const { unknownTags, ...result } = present(reply.topics[0]?.partitions[0], 'a result')
    return result
  }

  /** `partitions` null: all of all topics. Returns error codes by partition. */
  elect(electionType: number, partitions: readonly number[] | null = [0], topic = 't') {
    const topicPartitions = partitions === null ? null : [{ topic, partitions }]
    const request = electLeaders.request.create({ electionType, topicPartitions })
    const reply = this.take(this.controller.electLeaders(request))
    this.calls.push({ kind: 'electLeaders', request, reply })
    return reply.replicaElectionResults.flatMap((it) =>
      it.partitionResult.map((result) => [result.partitionId, result.errorCode]),
    )
  }

  /** `replicas` null: as they were before. Returns the error of partition 0. */
  reassign(replicas: readonly number[] | null, given: { readonly allowReplicationFactorChange?: boolean } = {}) {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }]
    const request = alterPartitionReassignments.request.create({ topics, ...given })
    const reply = this.take(this.controller.alterPartitionReassignments(request))
    this.calls.push({ kind: 'reassign', request, reply })
    const { errorCode, errorMessage } = present(reply.responses[0]?.partitions[0], 'a result')
    return errorCode === 0 ? undefined : `${errorCode} ${errorMessage}`
  }

  /** All that are under way, or those of the partitions of `t` that are named. */
  reassignments(partitionIndexes?: readonly number[]) {
    const topics = partitionIndexes === undefined ? null : [{ name: 't', partitionIndexes }]
    const request = listPartitionReassignments.request.create({ topics })
    const reply = this.take(this.controller.listPartitionReassignments(request))
    return reply.topics.flatMap(({ name, partitions }) =>
      partitions.map((it) => [`${name}-${it.partitionIndex}`, it.replicas, it.addingReplicas, it.removingReplicas]),
    )
  }
}
