/** RenewDelegationToken (API key 39). */
import { api } from '../message.ts'
import { bytes, type Infer, i16, i32, i64 } from '../words.ts'

export const renewDelegationToken = api({
  key: 39,
  name: 'RenewDelegationToken',
  versions: [1, 2],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    hmac: bytes(),
    renewPeriodMs: i64(),
  },
  response: {
    errorCode: i16(),
    expiryTimestampMs: i64(),
    throttleTimeMs: i32(),
  },
})

export interface RenewDelegationTokenRequest extends Infer<typeof renewDelegationToken.request.fields> {}
export interface RenewDelegationTokenResponse extends Infer<typeof renewDelegationToken.response.fields> {}
