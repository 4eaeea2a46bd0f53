/** AllocateProducerIds (API key 67). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64 } from '../words.ts'

export const allocateProducerIds = api({
  key: 67,
  name: 'AllocateProducerIds',
  versions: [0, 0],
  flexible: 0,
  listeners: ['controller'],
  forwardable: true,
  request: {
    brokerId: i32(),
    brokerEpoch: i64({ default: -1 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    producerIdStart: i64(),
    producerIdLen: i32(),
  },
})

export interface AllocateProducerIdsRequest extends Infer<typeof allocateProducerIds.request.fields> {}
export interface AllocateProducerIdsResponse extends Infer<typeof allocateProducerIds.response.fields> {}
