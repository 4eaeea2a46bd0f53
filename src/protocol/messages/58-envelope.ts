/** Envelope (API key 58). */
import { api } from '../message.ts'
import { bytes, type Infer, i16, orNull } from '../words.ts'

export const envelope = api({
  key: 58,
  name: 'Envelope',
  versions: [0, 0],
  flexible: 0,
  listeners: ['controller'],
  request: {
    requestData: bytes(),
    requestPrincipal: orNull(bytes()),
    clientHostAddress: bytes(),
  },
  response: {
    responseData: orNull(bytes(), { default: null }),
    errorCode: i16(),
  },
})

export interface EnvelopeRequest extends Infer<typeof envelope.request.fields> {}
export interface EnvelopeResponse extends Infer<typeof envelope.response.fields> {}
