/**
 * Elections that are asked for (ElectLeaders, KIP-183 and KIP-460) and those of the controller itself, which brings leaders home
 * and, where the topic allows it, gives partitions a leader that have none. A partition fails for itself.
 */
import { ApiError, type Uuid } from '../../base/index.ts'
import { type ElectLeadersRequest, type ElectLeadersResponse, ErrorCode, electLeaders } from '../../protocol/index.ts'
import { noLeader, type PartitionImage } from '../image/partition-image.ts'
import { type Decision, oneByOne, recordsPerRequestMax, tooManyRecords } from './decision.ts'
import { PartitionDecision } from './partition-decision.ts'
import type { ElectionKind } from './partition-election.ts'
import { hasPreferredLeader, type TopicPartition } from './partition-sets.ts'

/** What is elected by the controller's own will, and by that of others. */
export type WilledElection = Exclude<ElectionKind, 'online'>
type Kind = WilledElection
type Result = ElectLeadersResponse['replicaElectionResults'][number]['partitionResult'][number]

/** `ElectionType` of the wire. */
const kinds: readonly Kind[] = ['preferred', 'unclean']

const messages = {
  [ErrorCode.NONE]: null,
  [ErrorCode.ELECTION_NOT_NEEDED]: 'Leader election not needed for topic partition.',
  [ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]: 'The preferred leader was not available.',
  [ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]: 'Eligible topic partition leaders are not available.',
} as const

export class LeaderElections extends PartitionDecision {
  /** Throws ApiError 42 for a type of election that there is not, 44 where there is too much to do. */
  decide({ electionType, topicPartitions }: ElectLeadersRequest): Decision<ElectLeadersResponse> {
    const kind = kinds[electionType]
    if (kind === undefined) throw new ApiError(ErrorCode.INVALID_REQUEST, `Unknown election type ${electionType}`)
    const replicaElectionResults = topicPartitions === null ? this.#all(kind) : this.#asked(topicPartitions, kind)
    const reply = electLeaders.response.create({ replicaElectionResults })
    return oneByOne(this.leadership.records, reply)
  }

  /** Who asks for all is told of those that there was something to do for. */
  #all(kind: Kind) {
    return Array.from(this.state.topics.values(), ({ name, topicId, partitionCount }) => ({
      topic: name,
      partitionResult: Array.from({ length: partitionCount }, (_, id) => this.#elect(topicId, id, kind))
        .filter((result) => result?.errorCode !== ErrorCode.ELECTION_NOT_NEEDED)
        .filter((result) => result !== undefined),
    }))
  }

  #asked(topics: NonNullable<ElectLeadersRequest['topicPartitions']>, kind: Kind) {
    const refused = (partitionId: number, errorMessage: string): Result => ({
      partitionId,
      errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      errorMessage,
    })
    return topics.map(({ topic, partitions }) => {
      const topicId = this.state.topicIds.get(topic)
      const partitionResult = partitions.map((partitionId) => {
        if (topicId === undefined) return refused(partitionId, `No such topic as ${topic}`)
        const missing = () => refused(partitionId, `No such partition as ${topic}-${partitionId}`)
        return this.#elect(topicId, partitionId, kind) ?? missing()
      })
      return { topic, partitionResult }
    })
  }

  #elect(topicId: Uuid, partitionId: number, kind: Kind): Result | undefined {
    const partition = this.leadership.partition(topicId, partitionId)
    if (partition === undefined) return undefined
    const errorCode = this.#electOf(partition, kind)
    return { partitionId, errorCode, errorMessage: messages[errorCode] }
  }

  #electOf(partition: PartitionImage, kind: Kind): keyof typeof messages {
    const needed = kind === 'preferred' ? !hasPreferredLeader(partition) : partition.leader === noLeader
    if (!needed) return ErrorCode.ELECTION_NOT_NEEDED
    if (this.leadership.want(partition, {}, kind) !== undefined) {
      if (this.leadership.records.length <= recordsPerRequestMax) return ErrorCode.NONE
      throw tooManyRecords()
    }
    return kind === 'preferred' ? ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE : ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE
  }

  /** Of those that are told, partitions that can have another leader get it; returns how many did. */
  decideOwn(kind: Kind, partitions: readonly TopicPartition[]): Decision<number> {
    let elected = 0
    for (const { topicId, partitionId } of partitions) {
      // It may be gone since.
      const topic = this.state.topics.get(topicId)
      const partition = this.state.partition(topicId, partitionId)
      if (topic === undefined || partition === undefined) continue
      if (kind === 'unclean' && !this.settings.uncleanLeaderElection(topic.name)) continue
      if (this.#electOf(partition, kind) === ErrorCode.NONE) elected++
    }
    return oneByOne(this.leadership.records, elected)
  }
}
