/** DescribeUserScramCredentials (API key 50). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const userName = {
  name: string(),
}

const credentialInfo = {
  mechanism: i8(),
  iterations: i32(),
}

const describeUserScramCredentialsResult = {
  user: string(),
  errorCode: i16(),
  errorMessage: orNull(string()),
  credentialInfos: list(credentialInfo),
}

export const describeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker', 'controller'],
  request: {
    users: orNull(list(userName)),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
    results: list(describeUserScramCredentialsResult),
  },
})

export interface DescribeUserScramCredentialsRequest
  extends Infer<typeof describeUserScramCredentials.request.fields> {}
export interface DescribeUserScramCredentialsResponse
  extends Infer<typeof describeUserScramCredentials.response.fields> {}
