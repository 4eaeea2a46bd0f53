/** The headers of requests and responses. */
import { message } from '../message.ts'
import { type Infer, i16, i32, orNull, string } from '../words.ts'

export const requestHeader = message({
  name: 'RequestHeader',
  versions: [1, 2],
  flexible: 2,
  fields: {
    requestApiKey: i16(),
    requestApiVersion: i16(),
    correlationId: i32(),
    clientId: orNull(string({ inflexible: true })),
  },
})
export interface RequestHeader extends Infer<typeof requestHeader.fields> {}

export const responseHeader = message({
  name: 'ResponseHeader',
  versions: [0, 1],
  flexible: 1,
  fields: {
    correlationId: i32(),
  },
})
export interface ResponseHeader extends Infer<typeof responseHeader.fields> {}
