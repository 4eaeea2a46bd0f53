/** DescribeAcls (API key 29). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const aclDescription = {
  principal: string(),
  host: string(),
  operation: i8(),
  permissionType: i8(),
}

const describeAclsResource = {
  resourceType: i8(),
  resourceName: string(),
  patternType: i8({ default: 3 }),
  acls: list(aclDescription),
}

export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexible: 2,
  listeners: ['broker', 'controller'],
  request: {
    resourceTypeFilter: i8(),
    resourceNameFilter: orNull(string()),
    patternTypeFilter: i8({ default: 3 }),
    principalFilter: orNull(string()),
    hostFilter: orNull(string()),
    operation: i8(),
    permissionType: i8(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
    resources: list(describeAclsResource),
  },
})

export interface DescribeAclsRequest extends Infer<typeof describeAcls.request.fields> {}
export interface DescribeAclsResponse extends Infer<typeof describeAcls.response.fields> {}
