/** What consumers put into the opaque bytes of the classic group protocol. */
import { message } from '../message.ts'
import { bytes, type Infer, i32, list, orNull, string } from '../words.ts'

const topicPartition = {
  topic: string({ since: 1 }),
  partitions: list(i32(), { since: 1 }),
}

export const consumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: list(string()),
    userData: orNull(bytes(), { default: null }),
    ownedPartitions: list(topicPartition, { since: 1 }),
    generationId: i32({ since: 2, default: -1 }),
    rackId: orNull(string({ since: 3 }), { default: null }),
  },
})
export interface ConsumerProtocolSubscription extends Infer<typeof consumerProtocolSubscription.fields> {}

const consumerProtocolAssignmentTopicPartition = {
  topic: string(),
  partitions: list(i32()),
}

export const consumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: list(consumerProtocolAssignmentTopicPartition),
    userData: orNull(bytes(), { default: null }),
  },
})
export interface ConsumerProtocolAssignment extends Infer<typeof consumerProtocolAssignment.fields> {}
