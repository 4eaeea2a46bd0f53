/** Records and replies of groups as transcripts show them: one line each, what is usual left out. */
import { ApiError, type Uuid, uuidToBytes } from '../../../base/index.ts'
import { errorName } from '../../../protocol/index.ts'
import type { JoinReply, SyncReply } from '../classic-member.ts'
import type { OwnedPartitions } from '../consumer-member.ts'
import type { ConsumerRecord } from '../consumer-record.ts'
import type { ConsumerHeartbeatReply } from '../consumer-requests.ts'
import type { GroupRecord } from '../group-record.ts'
import type { ConsumerDescription, DescribedPartitions, GroupDescription } from '../group-state.ts'
import { assignmentText, subscriptionText } from './transcript-bytes.ts'

const instance = (groupInstanceId: string | null): string => (groupInstanceId === null ? '' : `/${groupInstanceId}`)

export function recordText(record: GroupRecord | undefined): string {
  if (record === undefined) return 'a record of another kind'
  const { groupId } = record
  if (record.kind === 'offset') {
    return `offset ${groupId} ${record.topic}-${record.partition} = ${record.value?.offset ?? 'none'}`
  }
  if (record.kind !== 'classic-group') return consumerRecordText(record)
  if (record.value === null) return `group ${groupId} is no more`
  const { generationId, protocolType, protocolName, leaderId, members } = record.value
  const shown = members.map(
    (it) =>
      `${it.memberId}${instance(it.groupInstanceId)}: ${subscriptionText(it.subscription)} -> ${assignmentText(it.assignment)}`,
  )
  return `group ${groupId} generation=${generationId} type=${protocolType} protocol=${protocolName} leader=${leaderId} {${shown.join('; ')}}`
}

const partitionsText = (assignment: ReadonlyMap<Uuid, { keys(): Iterable<number> }>): string =>
  [...assignment].map(([topicId, partitions]) => `${topicName(topicId)}-${[...partitions.keys()].join(',')}`).join(' ')

/** Topics of transcripts have ids that are made of their names. */
const topicName = (topicId: Uuid): string => uuidToBytes(topicId).toString('latin1').replace(/\0+$/, '')

function ownedText(owned: OwnedPartitions): string {
  const all = [...owned].flatMap(([topicId, partitions]) =>
    [...partitions].map(([partition, epoch]) => `${topicName(topicId)}-${partition}@${epoch}`),
  )
  return `[${all.join(' ')}]`
}

function consumerRecordText(record: ConsumerRecord): string {
  const { groupId, kind } = record
  const member = 'memberId' in record ? ` ${record.memberId}` : ''
  const regex = record.kind === 'consumer-regex' ? ` ${record.regex}` : ''
  if (record.value === null) return `${kind} ${groupId}${member}${regex} is no more`
  return `${kind} ${groupId}${member} ${consumerValueText(record)}`
}

function consumerValueText(record: ConsumerRecord): string {
  if (record.value === null) return ''
  switch (record.kind) {
    case 'consumer-epoch':
      return `epoch=${record.value.epoch}`
    case 'consumer-metadata':
      return record.value
    case 'consumer-target-epoch':
      return `epoch=${record.value.epoch}`
    case 'consumer-target':
      return `[${partitionsText(record.value)}]`
    case 'consumer-regex':
      return `${record.regex} = [${record.value.topics.join(' ')}]`
    case 'consumer-current': {
      const { memberEpoch, previousMemberEpoch, state, assigned, revoking } = record.value
      const owed = revoking.size === 0 ? '' : ` revoking=${ownedText(revoking)}`
      return `epoch=${memberEpoch} previous=${previousMemberEpoch} ${state} ${ownedText(assigned)}${owed}`
    }
    case 'consumer-member': {
      const { instanceId, topicNames, topicRegex, serverAssignor, classic } = record.value
      return [
        `topics=[${topicNames.join(' ')}]`,
        ...(instanceId === null ? [] : [`instance=${instanceId}`]),
        ...(topicRegex === '' ? [] : [`regex=${topicRegex}`]),
        ...(serverAssignor === null ? [] : [`assignor=${serverAssignor}`]),
        ...(classic === null ? [] : [`classic=${classic.protocols.map(({ name }) => name).join(',')}`]),
      ].join(' ')
    }
  }
}

export function consumerReplyText({ errorCode, errorMessage, memberEpoch, assigned }: ConsumerHeartbeatReply): string {
  if (errorCode !== 0) return `${errorName(errorCode)}: ${errorMessage ?? ''}`
  const told = assigned === null ? '' : ` assigned=[${partitionsText(assigned)}]`
  return `NONE epoch=${memberEpoch}${told}`
}

const describedText = (partitions: readonly DescribedPartitions[]): string =>
  `[${partitions.map((it) => `${it.topicName}-${it.partitions.join(',')}`).join(' ')}]`

export function consumerDescriptionText(describe: () => ConsumerDescription): readonly string[] {
  try {
    const { state, epoch, assignmentEpoch, assignor, members } = describe()
    return [
      `${state} epoch=${epoch} assignment-epoch=${assignmentEpoch} assignor=${assignor}`,
      ...members.map(
        ({ member, assignment, target }) =>
          `  ${member.memberId}${instance(member.instanceId)} epoch=${member.memberEpoch} ${describedText(assignment)} -> ${describedText(target)}`,
      ),
    ]
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return [`${errorName(error.code)}: ${error.message}`]
  }
}

export function joinText({ errorCode, memberId, ...reply }: JoinReply): string {
  if (errorCode !== 0) return `${errorName(errorCode)} id=${memberId}`
  const members = reply.members.map(
    (it) => `${it.memberId}${instance(it.groupInstanceId)}: ${subscriptionText(it.metadata)}`,
  )
  return [
    `NONE id=${memberId} generation=${reply.generationId} type=${reply.protocolType} protocol=${reply.protocolName}`,
    `leader=${reply.leader}`,
    ...(reply.skipAssignment ? ['skip-assignment'] : []),
    ...(members.length > 0 ? [`{${members.join('; ')}}`] : []),
  ].join(' ')
}

export function syncText({ errorCode, protocolType, protocolName, assignment }: SyncReply): string {
  if (errorCode !== 0) return errorName(errorCode)
  return `NONE type=${protocolType} protocol=${protocolName} assignment=${assignmentText(assignment)}`
}

export function descriptionText(group: GroupDescription): readonly string[] {
  if (group.errorCode !== 0) return [`${errorName(group.errorCode)} ${group.state} ${group.errorMessage ?? ''}`]
  return [
    `${group.state} type=${group.protocolType} protocol=${group.protocolName}`,
    ...group.members.map(
      (it) =>
        `  ${it.memberId}${instance(it.groupInstanceId)} ${it.clientId}@${it.clientHost}: ${subscriptionText(it.metadata)} -> ${assignmentText(it.assignment)}`,
    ),
  ]
}
