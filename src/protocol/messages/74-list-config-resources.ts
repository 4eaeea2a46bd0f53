/** ListConfigResources (API key 74). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, list, string } from '../words.ts'

const configResource = {
  resourceName: string(),
  resourceType: i8({ since: 1, default: 16 }),
}

export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  listeners: ['broker'],
  request: {
    resourceTypes: list(i8(), { since: 1 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    configResources: list(configResource),
  },
})

export interface ListConfigResourcesRequest extends Infer<typeof listConfigResources.request.fields> {}
export interface ListConfigResourcesResponse extends Infer<typeof listConfigResources.response.fields> {}
