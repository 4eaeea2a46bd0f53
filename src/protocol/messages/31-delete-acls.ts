/** DeleteAcls (API key 31). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const deleteAclsFilter = {
  resourceTypeFilter: i8(),
  resourceNameFilter: orNull(string()),
  patternTypeFilter: i8({ default: 3 }),
  principalFilter: orNull(string()),
  hostFilter: orNull(string()),
  operation: i8(),
  permissionType: i8(),
}

const deleteAclsMatchingAcl = {
  errorCode: i16(),
  errorMessage: orNull(string()),
  resourceType: i8(),
  resourceName: string(),
  patternType: i8({ default: 3 }),
  principal: string(),
  host: string(),
  operation: i8(),
  permissionType: i8(),
}

const deleteAclsFilterResult = {
  errorCode: i16(),
  errorMessage: orNull(string()),
  matchingAcls: list(deleteAclsMatchingAcl),
}

export const deleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    filters: list(deleteAclsFilter),
  },
  response: {
    throttleTimeMs: i32(),
    filterResults: list(deleteAclsFilterResult),
  },
})

export interface DeleteAclsRequest extends Infer<typeof deleteAcls.request.fields> {}
export interface DeleteAclsResponse extends Infer<typeof deleteAcls.response.fields> {}
