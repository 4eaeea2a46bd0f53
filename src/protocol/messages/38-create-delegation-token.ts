/** CreateDelegationToken (API key 38). */
import { api } from '../message.ts'
import { bytes, type Infer, i16, i32, i64, list, orNull, string } from '../words.ts'

const creatableRenewers = {
  principalType: string(),
  principalName: string(),
}

export const createDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [1, 3],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    ownerPrincipalType: orNull(string({ since: 3 })),
    ownerPrincipalName: orNull(string({ since: 3 })),
    renewers: list(creatableRenewers),
    maxLifetimeMs: i64(),
  },
  response: {
    errorCode: i16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ since: 3 }),
    tokenRequesterPrincipalName: string({ since: 3 }),
    issueTimestampMs: i64(),
    expiryTimestampMs: i64(),
    maxTimestampMs: i64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: i32(),
  },
})

export interface CreateDelegationTokenRequest extends Infer<typeof createDelegationToken.request.fields> {}
export interface CreateDelegationTokenResponse extends Infer<typeof createDelegationToken.response.fields> {}
