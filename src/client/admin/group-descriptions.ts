/** Groups of consumers as they are, in one form for both protocols: asked for as KIP-848 groups first, the others as classic ones. */
import {
  type ConsumerGroupDescribeResponse,
  describeGroups as classicDescribe,
  consumerGroupDescribe,
  type DescribeGroupsResponse,
  ErrorCode,
} from '../../protocol/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { decodeAssignment } from '../group/subscription.ts'
import { KafkaError } from '../kafka-error.ts'
import { type AclOperation, operationsOf } from './acl-operations.ts'
import type { Addressee } from './addressee.ts'
import type { CallOptions } from './admin-options.ts'
import { coordinatorPasses, coordinators } from './coordinators.ts'
import type { Routing } from './routing.ts'

export interface MemberDescription {
  readonly memberId: string
  /** `group.instance.id` of a static member (KIP-345). */
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly host: string
  /** What it has; of a classic member that is no consumer, nothing is known. */
  readonly assignment: readonly TopicPartition[]
  /** Of a `consumer` group: what it is to have. */
  readonly targetAssignment: readonly TopicPartition[] | undefined
  /** Of a `consumer` group. */
  readonly memberEpoch: number | undefined
  /** Of a `consumer` group: whether it speaks the classic protocol; undefined before Kafka 4.0. */
  readonly isClassic: boolean | undefined
}

export interface GroupDescription {
  readonly groupId: string
  readonly type: 'classic' | 'consumer'
  /** `consumer` where its members are consumers. */
  readonly protocolType: string
  /** As its coordinator writes it: `Stable`, `Empty`, `Reconciling`. */
  readonly state: string
  /** Which assignor shares out the partitions; empty where nothing is shared out. */
  readonly assignor: string
  readonly members: readonly MemberDescription[]
  /** Of a `consumer` group. */
  readonly groupEpoch: number | undefined
  readonly targetAssignmentEpoch: number | undefined
  /** What the caller may do with the group; undefined: not asked for, or not told. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

export interface DescribeGroupsOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean
}

type Described = readonly [groupId: string, GroupDescription | KafkaError]

export function describeGroups(
  routing: Routing,
  groupIds: readonly string[],
  options: DescribeGroupsOptions,
  deadline = routing.deadline('describeGroups', options),
) {
  const includeAuthorizedOperations = options.includeAuthorizedOperations ?? false
  const asClassic = async (to: Addressee, groups: readonly string[]): Promise<readonly Described[]> => {
    if (groups.length === 0) return []
    const told = await to.send(classicDescribe, { groups, includeAuthorizedOperations })
    return told.groups.map((it) => [it.groupId, ofClassic(it)])
  }
  const asConsumer = async (to: Addressee, asked: readonly string[]): Promise<readonly Described[]> => {
    const told = await to.send(consumerGroupDescribe, { groupIds: asked, includeAuthorizedOperations })
    const [others, theirs] = [told.groups.filter(isOther), told.groups.filter((it) => !isOther(it))]
    const classic = await asClassic(
      to,
      others.map(({ groupId }) => groupId),
    )
    return [...theirs.map((it) => [it.groupId, ofConsumer(it)] as const), ...classic]
  }
  return routing.settle(groupIds, {
    deadline,
    place: coordinators('group', (it) => it),
    passes: coordinatorPasses,
    keyOf: (it) => it,
    ask: (to, asked) =>
      to.either(
        () => asConsumer(to, asked),
        () => asClassic(to, asked),
      ),
  })
}

type ToldConsumer = ConsumerGroupDescribeResponse['groups'][number]
type ToldClassic = DescribeGroupsResponse['groups'][number]

/** It is no group of KIP-848, or this cluster has none. */
const isOther = ({ errorCode }: ToldConsumer): boolean =>
  errorCode === ErrorCode.GROUP_ID_NOT_FOUND || errorCode === ErrorCode.UNSUPPORTED_VERSION

function ofConsumer(told: ToldConsumer): GroupDescription | KafkaError {
  const { groupId, errorCode, errorMessage } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `group '${groupId}'`, errorMessage)
  return {
    groupId,
    type: 'consumer',
    protocolType: 'consumer',
    state: told.groupState,
    assignor: told.assignorName,
    members: told.members.map((it) => ({
      memberId: it.memberId,
      groupInstanceId: it.instanceId,
      rackId: it.rackId,
      clientId: it.clientId,
      host: it.clientHost,
      assignment: flatTopics(it.assignment),
      targetAssignment: flatTopics(it.targetAssignment),
      memberEpoch: it.memberEpoch,
      isClassic: it.memberType < 0 ? undefined : it.memberType === 0,
    })),
    groupEpoch: told.groupEpoch,
    targetAssignmentEpoch: told.assignmentEpoch,
    authorizedOperations: operationsOf(told.authorizedOperations),
  }
}

const flatTopics = ({ topicPartitions }: ToldConsumer['members'][number]['assignment']): TopicPartition[] =>
  topicPartitions.flatMap(({ topicName, partitions }) =>
    partitions.map((partition) => ({ topic: topicName, partition })),
  )

function ofClassic(told: ToldClassic): GroupDescription | KafkaError {
  const { groupId, errorCode, errorMessage, protocolType, groupState } = told
  const what = `group '${groupId}'`
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, what, errorMessage)
  // Before version 6 that is how a group is told that does not exist.
  if (groupState === 'Dead') return new KafkaError('GROUP_ID_NOT_FOUND', `${what} is not there`)
  const isOfConsumers = protocolType === 'consumer' || protocolType === ''
  return {
    groupId,
    type: 'classic',
    protocolType,
    state: groupState,
    assignor: told.protocolData,
    members: told.members.map((it) => ({
      memberId: it.memberId,
      groupInstanceId: it.groupInstanceId,
      rackId: null,
      clientId: it.clientId,
      host: it.clientHost,
      assignment: isOfConsumers ? decodeAssignment(it.memberAssignment) : [],
      targetAssignment: undefined,
      memberEpoch: undefined,
      isClassic: undefined,
    })),
    groupEpoch: undefined,
    targetAssignmentEpoch: undefined,
    authorizedOperations: operationsOf(told.authorizedOperations),
  }
}
