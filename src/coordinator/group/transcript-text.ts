/** Records and replies of groups as transcripts show them: one line each, what is usual left out. */
import { errorName } from '../../protocol/index.ts'
import type { JoinReply, SyncReply } from './classic-member.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupDescription } from './group-state.ts'

const text = (bytes: Uint8Array): string => {
  const plain = Buffer.from(bytes).toString('latin1')
  return plain.length > 40 ? `${plain.slice(0, 20)}...(${plain.length})` : plain
}

const instance = (groupInstanceId: string | null): string => (groupInstanceId === null ? '' : `/${groupInstanceId}`)

export function recordText(record: GroupRecord | undefined): string {
  if (record === undefined) return 'a record of another kind'
  const { groupId } = record
  if (record.kind === 'offset') {
    return `offset ${groupId} ${record.topic}-${record.partition} = ${record.value?.offset ?? 'none'}`
  }
  if (record.value === null) return `group ${groupId} is no more`
  const { generationId, protocolType, protocolName, leaderId, members } = record.value
  const shown = members.map(
    (it) => `${it.memberId}${instance(it.groupInstanceId)}: ${text(it.subscription)} -> ${text(it.assignment)}`,
  )
  return `group ${groupId} generation=${generationId} type=${protocolType} protocol=${protocolName} leader=${leaderId} {${shown.join('; ')}}`
}

export function joinText({ errorCode, memberId, ...reply }: JoinReply): string {
  if (errorCode !== 0) return `${errorName(errorCode)} id=${memberId}`
  const members = reply.members.map((it) => `${it.memberId}${instance(it.groupInstanceId)}: ${text(it.metadata)}`)
  return [
    `NONE id=${memberId} generation=${reply.generationId} type=${reply.protocolType} protocol=${reply.protocolName}`,
    `leader=${reply.leader}`,
    ...(reply.skipAssignment ? ['skip-assignment'] : []),
    ...(members.length > 0 ? [`{${members.join('; ')}}`] : []),
  ].join(' ')
}

export function syncText({ errorCode, protocolType, protocolName, assignment }: SyncReply): string {
  if (errorCode !== 0) return errorName(errorCode)
  return `NONE type=${protocolType} protocol=${protocolName} assignment=${text(assignment)}`
}

export function descriptionText(group: GroupDescription): readonly string[] {
  if (group.errorCode !== 0) return [`${errorName(group.errorCode)} ${group.state} ${group.errorMessage ?? ''}`]
  return [
    `${group.state} type=${group.protocolType} protocol=${group.protocolName}`,
    ...group.members.map(
      (it) =>
        `  ${it.memberId}${instance(it.groupInstanceId)} ${it.clientId}@${it.clientHost}: ${text(it.metadata)} -> ${text(it.assignment)}`,
    ),
  ]
}
