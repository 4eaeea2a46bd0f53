/** DeleteTopics (API key 20). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, uuid } from '../words.ts'

const deleteTopicState = {
  name: orNull(string({ since: 6 }), { default: null }),
  topicId: uuid({ since: 6 }),
}

const deletableTopicResult = {
  name: orNull(string(), { since: 6 }),
  topicId: uuid({ since: 6 }),
  errorCode: i16(),
  errorMessage: orNull(string({ since: 5 }), { default: null }),
}

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexible: 4,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    topics: list(deleteTopicState, { since: 6 }),
    topicNames: list(string(), { until: 5 }),
    timeoutMs: i32(),
  },
  response: {
    throttleTimeMs: i32(),
    responses: list(deletableTopicResult),
  },
})

export interface DeleteTopicsRequest extends Infer<typeof deleteTopics.request.fields> {}
export interface DeleteTopicsResponse extends Infer<typeof deleteTopics.response.fields> {}
