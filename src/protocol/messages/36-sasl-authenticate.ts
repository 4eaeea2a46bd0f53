/** SaslAuthenticate (API key 36). */
import { api } from '../message.ts'
import { bytes, type Infer, i16, i64, orNull, string } from '../words.ts'

export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexible: 2,
  listeners: ['broker', 'controller'],
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: i16(),
    errorMessage: orNull(string()),
    authBytes: bytes(),
    sessionLifetimeMs: i64({ since: 1 }),
  },
})

export interface SaslAuthenticateRequest extends Infer<typeof saslAuthenticate.request.fields> {}
export interface SaslAuthenticateResponse extends Infer<typeof saslAuthenticate.response.fields> {}
