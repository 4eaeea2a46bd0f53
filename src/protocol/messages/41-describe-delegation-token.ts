/** DescribeDelegationToken (API key 41). */
import { api } from '../message.ts'
import { bytes, type Infer, i16, i32, i64, list, orNull, string } from '../words.ts'

const describeDelegationTokenOwner = {
  principalType: string(),
  principalName: string(),
}

const describedDelegationTokenRenewer = {
  principalType: string(),
  principalName: string(),
}

const describedDelegationToken = {
  principalType: string(),
  principalName: string(),
  tokenRequesterPrincipalType: string({ since: 3 }),
  tokenRequesterPrincipalName: string({ since: 3 }),
  issueTimestamp: i64(),
  expiryTimestamp: i64(),
  maxTimestamp: i64(),
  tokenId: string(),
  hmac: bytes(),
  renewers: list(describedDelegationTokenRenewer),
}

export const describeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [1, 3],
  flexible: 2,
  listeners: ['broker', 'controller'],
  request: {
    owners: orNull(list(describeDelegationTokenOwner)),
  },
  response: {
    errorCode: i16(),
    tokens: list(describedDelegationToken),
    throttleTimeMs: i32(),
  },
})

export interface DescribeDelegationTokenRequest extends Infer<typeof describeDelegationToken.request.fields> {}
export interface DescribeDelegationTokenResponse extends Infer<typeof describeDelegationToken.response.fields> {}
