/** UnregisterBroker (API key 64). */
import { api } from '../message.ts'
import { type Infer, i16, i32, orNull, string } from '../words.ts'

export const unregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    brokerId: i32(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
  },
})

export interface UnregisterBrokerRequest extends Infer<typeof unregisterBroker.request.fields> {}
export interface UnregisterBrokerResponse extends Infer<typeof unregisterBroker.response.fields> {}
