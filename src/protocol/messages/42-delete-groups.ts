/** DeleteGroups (API key 42). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, string } from '../words.ts'

const deletableGroupResult = {
  groupId: string(),
  errorCode: i16(),
}

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexible: 2,
  listeners: ['broker'],
  request: {
    groupsNames: list(string()),
  },
  response: {
    throttleTimeMs: i32(),
    results: list(deletableGroupResult),
  },
})

export interface DeleteGroupsRequest extends Infer<typeof deleteGroups.request.fields> {}
export interface DeleteGroupsResponse extends Infer<typeof deleteGroups.response.fields> {}
