/** ExpireDelegationToken (API key 40). */
import { api } from '../message.ts'
import { bytes, type Infer, i16, i32, i64 } from '../words.ts'

export const expireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [1, 2],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    hmac: bytes(),
    expiryTimePeriodMs: i64(),
  },
  response: {
    errorCode: i16(),
    expiryTimestampMs: i64(),
    throttleTimeMs: i32(),
  },
})

export interface ExpireDelegationTokenRequest extends Infer<typeof expireDelegationToken.request.fields> {}
export interface ExpireDelegationTokenResponse extends Infer<typeof expireDelegationToken.response.fields> {}
