/** Groups of Kafka Streams applications as they are (KIP-1071). What they have committed is told as of all groups. */
import { ErrorCode, type StreamsGroupDescribeResponse, streamsGroupDescribe } from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import { type AclOperation, operationsOf } from './acl-operations.ts'
import { coordinatorPasses, coordinators } from './coordinators.ts'
import type { DescribeGroupsOptions } from './group-descriptions.ts'
import type { Routing } from './routing.ts'

/** Tasks of one subtopology, by the partitions that they read. */
export interface StreamsTasks {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

export interface StreamsAssignment {
  readonly activeTasks: readonly StreamsTasks[]
  readonly standbyTasks: readonly StreamsTasks[]
  readonly warmupTasks: readonly StreamsTasks[]
}

export interface StreamsMemberDescription {
  readonly memberId: string
  readonly memberEpoch: number
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly host: string
  readonly topologyEpoch: number
  readonly processId: string
  /** Where it answers queries; null: nowhere. */
  readonly userEndpoint: { readonly host: string; readonly port: number } | null
  readonly clientTags: ReadonlyMap<string, string>
  readonly assignment: StreamsAssignment
  readonly targetAssignment: StreamsAssignment
  /** Whether it speaks the classic protocol. */
  readonly isClassic: boolean
}

export interface StreamsTopic {
  readonly name: string
  /** 0: as many as its sources have. */
  readonly partitions: number
  /** 0: as the broker is configured. */
  readonly replicationFactor: number
  readonly configs: ReadonlyMap<string, string>
}

export interface StreamsSubtopology {
  readonly subtopologyId: string
  readonly sourceTopics: readonly string[]
  readonly repartitionSinkTopics: readonly string[]
  readonly stateChangelogTopics: readonly StreamsTopic[]
  readonly repartitionSourceTopics: readonly StreamsTopic[]
}

export interface StreamsGroupDescription {
  readonly groupId: string
  readonly type: 'streams'
  /** As its coordinator writes it: `Stable`, `NotReady`. */
  readonly state: string
  readonly groupEpoch: number
  readonly targetAssignmentEpoch: number
  /** -1: there is no topology. */
  readonly topologyEpoch: number
  readonly subtopologies: readonly StreamsSubtopology[]
  readonly members: readonly StreamsMemberDescription[]
  /** What the caller may do with the group; undefined: not asked for. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

export function describeStreamsGroups(routing: Routing, groupIds: readonly string[], options: DescribeGroupsOptions) {
  return routing.settle(groupIds, {
    deadline: routing.deadline('describeStreamsGroups', options),
    place: coordinators('group', (it) => it),
    passes: coordinatorPasses,
    keyOf: (it) => it,
    ask: async (to, asked) => {
      const includeAuthorizedOperations = options.includeAuthorizedOperations ?? false
      const { groups } = await to.send(streamsGroupDescribe, { groupIds: asked, includeAuthorizedOperations })
      return groups.map((it) => [it.groupId, groupOf(it)])
    },
  })
}

type ToldGroup = StreamsGroupDescribeResponse['groups'][number]
type ToldSubtopology = NonNullable<NonNullable<ToldGroup['topology']>['subtopologies']>[number]

function groupOf(told: ToldGroup): StreamsGroupDescription | KafkaError {
  const { groupId, errorCode, errorMessage, topology } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `group '${groupId}'`, errorMessage)
  return {
    groupId,
    type: 'streams',
    state: told.groupState,
    groupEpoch: told.groupEpoch,
    targetAssignmentEpoch: told.assignmentEpoch,
    topologyEpoch: topology?.epoch ?? -1,
    subtopologies: topology?.subtopologies?.map(subtopologyOf) ?? [],
    members: told.members.map(memberOf),
    authorizedOperations: operationsOf(told.authorizedOperations),
  }
}

const textMap = (pairs: readonly { readonly key: string; readonly value: string }[]): ReadonlyMap<string, string> =>
  new Map(pairs.map(({ key, value }) => [key, value]))

const topicOf = ({
  name,
  partitions,
  replicationFactor,
  topicConfigs,
}: ToldSubtopology['stateChangelogTopics'][number]) => ({
  name,
  partitions,
  replicationFactor,
  configs: textMap(topicConfigs),
})

const subtopologyOf = (told: ToldSubtopology): StreamsSubtopology => ({
  subtopologyId: told.subtopologyId,
  sourceTopics: told.sourceTopics,
  repartitionSinkTopics: told.repartitionSinkTopics,
  stateChangelogTopics: told.stateChangelogTopics.map(topicOf),
  repartitionSourceTopics: told.repartitionSourceTopics.map(topicOf),
})

const memberOf = (told: ToldGroup['members'][number]): StreamsMemberDescription => ({
  memberId: told.memberId,
  memberEpoch: told.memberEpoch,
  groupInstanceId: told.instanceId,
  rackId: told.rackId,
  clientId: told.clientId,
  host: told.clientHost,
  topologyEpoch: told.topologyEpoch,
  processId: told.processId,
  userEndpoint: told.userEndpoint,
  clientTags: textMap(told.clientTags),
  assignment: told.assignment,
  targetAssignment: told.targetAssignment,
  isClassic: told.isClassic,
})
