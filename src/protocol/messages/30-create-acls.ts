/** CreateAcls (API key 30). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const aclCreation = {
  resourceType: i8(),
  resourceName: string(),
  resourcePatternType: i8({ default: 3 }),
  principal: string(),
  host: string(),
  operation: i8(),
  permissionType: i8(),
}

const aclCreationResult = {
  errorCode: i16(),
  errorMessage: orNull(string()),
}

export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    creations: list(aclCreation),
  },
  response: {
    throttleTimeMs: i32(),
    results: list(aclCreationResult),
  },
})

export interface CreateAclsRequest extends Infer<typeof createAcls.request.fields> {}
export interface CreateAclsResponse extends Infer<typeof createAcls.response.fields> {}
