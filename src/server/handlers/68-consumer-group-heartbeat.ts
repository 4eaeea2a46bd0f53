/**
 * ConsumerGroupHeartbeat (68): a member of a group of the consumer protocol (KIP-848) joins, stays, tells what has
 * changed, or leaves. It is told its epoch, and what it is to own where that has changed.
 *
 * Versions 0 and 1. 1: subscriptions by regular expression, and members that make their own ids.
 */
import { type Uuid, uuidToString } from '../../base/index.ts'
import type { ConsumerHeartbeatReply, GroupService } from '../../coordinator/index.ts'
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeat,
  ErrorCode,
} from '../../protocol/index.ts'
import { hostText } from '../client-host.ts'
import { type ConsumerProtocolServices, isConsumerProtocolOn } from '../consumer-protocol-feature.ts'
import type { Handler } from '../handler.ts'

export interface ConsumerGroupHeartbeatServices extends ConsumerProtocolServices {
  readonly groups: Pick<GroupService, 'consumerHeartbeat'>
  /** For new member ids. */
  readonly random: { uuid(): Uuid }
}

const { response } = consumerGroupHeartbeat

function answer(reply: ConsumerHeartbeatReply): ConsumerGroupHeartbeatResponse {
  const { assigned } = reply
  return {
    throttleTimeMs: 0,
    errorCode: reply.errorCode,
    errorMessage: reply.errorMessage,
    memberId: reply.memberId,
    memberEpoch: reply.memberEpoch,
    heartbeatIntervalMs: reply.heartbeatIntervalMs,
    assignment: assigned && {
      topicPartitions: [...assigned].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions.keys()] })),
    },
  }
}

export function consumerGroupHeartbeatHandler(
  services: ConsumerGroupHeartbeatServices,
): Handler<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse> {
  return {
    api: consumerGroupHeartbeat,
    handle(request, { apiVersion, clientId, clientHost }) {
      if (!isConsumerProtocolOn(services)) return response.create({ errorCode: ErrorCode.UNSUPPORTED_VERSION })
      const { groupId, memberId } = request
      const heartbeat = {
        memberId,
        newMemberId: memberId === '' ? uuidToString(services.random.uuid()) : memberId,
        memberEpoch: request.memberEpoch,
        instanceId: request.instanceId,
        rackId: request.rackId,
        rebalanceTimeoutMs: request.rebalanceTimeoutMs,
        topicNames: request.subscribedTopicNames,
        topicRegex: request.subscribedTopicRegex,
        serverAssignor: request.serverAssignor,
        owned: request.topicPartitions,
        clientId: clientId ?? '',
        clientHost: hostText(clientHost),
      }
      const reply = services.groups.consumerHeartbeat(groupId, heartbeat, apiVersion)
      return reply instanceof Promise ? reply.then(answer) : answer(reply)
    },
  }
}
