/** ConsumerGroupHeartbeat as the coordinator takes it, what can be said of it without the group, and its answer. */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { leavingEpoch, leavingStaticEpoch, type OwnedPartitions } from './consumer-member.ts'
import type { ReportedPartitions } from './reconciliation.ts'

/** Null, and -1 for the time-out: as told before. */
export interface ConsumerHeartbeat {
  /** Empty only in version 0: then `newMemberId` becomes the member's. */
  readonly memberId: string
  readonly newMemberId: string
  /** 0: joins; -1: leaves; -2: a static member leaves, and comes back. */
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly topicNames: readonly string[] | null
  readonly topicRegex: string | null
  readonly serverAssignor: string | null
  readonly owned: readonly ReportedPartitions[] | null
  readonly clientId: string
  readonly clientHost: string
}

export interface ConsumerHeartbeatReply {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  /** Null: as told before. */
  readonly assigned: OwnedPartitions | null
}

export const heartbeatFailed = (errorCode: number, errorMessage: string | null): ConsumerHeartbeatReply => ({
  errorCode,
  errorMessage,
  memberId: null,
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
  assigned: null,
})

/** As Java trims: nothing but spaces and control characters. */
function isBlank(text: string | null): boolean {
  if (text === null) return false
  let i = 0
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++
  return i === text.length
}

export interface HeartbeatRules {
  /** From version 1 on the member makes its own id. */
  readonly mustHaveMemberId: boolean
  /** Of the server. */
  readonly assignors: readonly { readonly name: string }[]
}

/** Throws INVALID_REQUEST or UNSUPPORTED_ASSIGNOR. */
export function checkHeartbeat(groupId: string, request: ConsumerHeartbeat, rules: HeartbeatRules): void {
  const { memberEpoch } = request
  const isMember = memberEpoch > 0 || memberEpoch === leavingEpoch
  if ((rules.mustHaveMemberId || isMember) && isBlank(request.memberId)) refuse("MemberId can't be empty.")
  if (isBlank(groupId)) refuse("GroupId can't be empty.")
  if (isBlank(request.instanceId)) refuse("InstanceId can't be empty.")
  if (isBlank(request.rackId)) refuse("RackId can't be empty.")
  if (memberEpoch === 0) checkJoin(request)
  if (memberEpoch === leavingStaticEpoch && request.instanceId === null) refuse("InstanceId can't be null.")
  if (memberEpoch < leavingStaticEpoch) refuse('MemberEpoch is invalid.')
  const { serverAssignor } = request
  if (serverAssignor === null || rules.assignors.some(({ name }) => name === serverAssignor)) return
  throw new ApiError(
    ErrorCode.UNSUPPORTED_ASSIGNOR,
    `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${rules.assignors.map(({ name }) => name).join(', ')}.`,
  )
}

function checkJoin({ rebalanceTimeoutMs, owned, topicNames, topicRegex }: ConsumerHeartbeat): void {
  if (rebalanceTimeoutMs === -1) refuse('RebalanceTimeoutMs must be provided in first request.')
  if (owned?.length !== 0) refuse('TopicPartitions must be empty when (re-)joining.')
  if (topicNames === null && topicRegex === null) {
    refuse('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
  }
}

function refuse(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REQUEST, message)
}
