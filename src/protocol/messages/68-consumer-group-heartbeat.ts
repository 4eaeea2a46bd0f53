/** ConsumerGroupHeartbeat (API key 68). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, struct, uuid } from '../words.ts'

const topicPartitions = {
  topicId: uuid(),
  partitions: list(i32()),
}

const consumerGroupHeartbeatResponseTopicPartitions = {
  topicId: uuid(),
  partitions: list(i32()),
}

const assignment = {
  topicPartitions: list(consumerGroupHeartbeatResponseTopicPartitions),
}

export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: i32(),
    instanceId: orNull(string(), { default: null }),
    rackId: orNull(string(), { default: null }),
    rebalanceTimeoutMs: i32({ default: -1 }),
    subscribedTopicNames: orNull(list(string()), { default: null }),
    subscribedTopicRegex: orNull(string({ since: 1 }), { default: null }),
    serverAssignor: orNull(string(), { default: null }),
    topicPartitions: orNull(list(topicPartitions), { default: null }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string(), { default: null }),
    memberId: orNull(string(), { default: null }),
    memberEpoch: i32(),
    heartbeatIntervalMs: i32(),
    assignment: orNull(struct(assignment), { default: null }),
  },
})

export interface ConsumerGroupHeartbeatRequest extends Infer<typeof consumerGroupHeartbeat.request.fields> {}
export interface ConsumerGroupHeartbeatResponse extends Infer<typeof consumerGroupHeartbeat.response.fields> {}
