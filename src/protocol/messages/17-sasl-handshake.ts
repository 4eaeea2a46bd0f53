/** SaslHandshake (API key 17). */
import { api } from '../message.ts'
import { type Infer, i16, list, string } from '../words.ts'

export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  listeners: ['broker', 'controller'],
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: i16(),
    mechanisms: list(string()),
  },
})

export interface SaslHandshakeRequest extends Infer<typeof saslHandshake.request.fields> {}
export interface SaslHandshakeResponse extends Infer<typeof saslHandshake.response.fields> {}
