/** ShareGroupHeartbeat (API key 76). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, struct, uuid } from '../words.ts'

const topicPartitions = {
  topicId: uuid(),
  partitions: list(i32()),
}

const assignment = {
  topicPartitions: list(topicPartitions),
}

export const shareGroupHeartbeat = api({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [1, 1],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: i32(),
    rackId: orNull(string(), { default: null }),
    subscribedTopicNames: orNull(list(string()), { default: null }),
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

export interface ShareGroupHeartbeatRequest extends Infer<typeof shareGroupHeartbeat.request.fields> {}
export interface ShareGroupHeartbeatResponse extends Infer<typeof shareGroupHeartbeat.response.fields> {}
