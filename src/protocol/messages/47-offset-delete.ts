/** OffsetDelete (API key 47). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, string } from '../words.ts'

const offsetDeleteRequestPartition = {
  partitionIndex: i32(),
}

const offsetDeleteRequestTopic = {
  name: string(),
  partitions: list(offsetDeleteRequestPartition),
}

const offsetDeleteResponsePartition = {
  partitionIndex: i32(),
  errorCode: i16(),
}

const offsetDeleteResponseTopic = {
  name: string(),
  partitions: list(offsetDeleteResponsePartition),
}

export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(offsetDeleteRequestTopic),
  },
  response: {
    errorCode: i16(),
    throttleTimeMs: i32(),
    topics: list(offsetDeleteResponseTopic),
  },
})

export interface OffsetDeleteRequest extends Infer<typeof offsetDelete.request.fields> {}
export interface OffsetDeleteResponse extends Infer<typeof offsetDelete.response.fields> {}
