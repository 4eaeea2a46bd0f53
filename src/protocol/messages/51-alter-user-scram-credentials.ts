/** AlterUserScramCredentials (API key 51). */
import { api } from '../message.ts'
import { bytes, type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const scramCredentialDeletion = {
  name: string(),
  mechanism: i8(),
}

const scramCredentialUpsertion = {
  name: string(),
  mechanism: i8(),
  iterations: i32(),
  salt: bytes(),
  saltedPassword: bytes(),
}

const alterUserScramCredentialsResult = {
  user: string(),
  errorCode: i16(),
  errorMessage: orNull(string()),
}

export const alterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    deletions: list(scramCredentialDeletion),
    upsertions: list(scramCredentialUpsertion),
  },
  response: {
    throttleTimeMs: i32(),
    results: list(alterUserScramCredentialsResult),
  },
})

export interface AlterUserScramCredentialsRequest extends Infer<typeof alterUserScramCredentials.request.fields> {}
export interface AlterUserScramCredentialsResponse extends Infer<typeof alterUserScramCredentials.response.fields> {}
