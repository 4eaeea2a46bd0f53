/** AlterConfigs (API key 33). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const alterableConfig = {
  name: string(),
  value: orNull(string()),
}

const alterConfigsResource = {
  resourceType: i8(),
  resourceName: string(),
  configs: list(alterableConfig),
}

const alterConfigsResourceResponse = {
  errorCode: i16(),
  errorMessage: orNull(string()),
  resourceType: i8(),
  resourceName: string(),
}

export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    resources: list(alterConfigsResource),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    responses: list(alterConfigsResourceResponse),
  },
})

export interface AlterConfigsRequest extends Infer<typeof alterConfigs.request.fields> {}
export interface AlterConfigsResponse extends Infer<typeof alterConfigs.response.fields> {}
