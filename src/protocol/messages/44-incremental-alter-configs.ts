/** IncrementalAlterConfigs (API key 44). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const alterableConfig = {
  name: string(),
  configOperation: i8(),
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

export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexible: 1,
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

export interface IncrementalAlterConfigsRequest extends Infer<typeof incrementalAlterConfigs.request.fields> {}
export interface IncrementalAlterConfigsResponse extends Infer<typeof incrementalAlterConfigs.response.fields> {}
