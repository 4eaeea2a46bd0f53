/** ListGroups (API key 16). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, string } from '../words.ts'

const listedGroup = {
  groupId: string(),
  protocolType: string(),
  groupState: string({ since: 4 }),
  groupType: string({ since: 5 }),
}

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexible: 3,
  listeners: ['broker'],
  request: {
    statesFilter: list(string(), { since: 4 }),
    typesFilter: list(string(), { since: 5 }),
  },
  response: {
    throttleTimeMs: i32({ since: 1 }),
    errorCode: i16(),
    groups: list(listedGroup),
  },
})

export interface ListGroupsRequest extends Infer<typeof listGroups.request.fields> {}
export interface ListGroupsResponse extends Infer<typeof listGroups.response.fields> {}
