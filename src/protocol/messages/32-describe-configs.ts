/** DescribeConfigs (API key 32). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const describeConfigsResource = {
  resourceType: i8(),
  resourceName: string(),
  configurationKeys: orNull(list(string())),
}

const describeConfigsSynonym = {
  name: string(),
  value: orNull(string()),
  source: i8(),
}

const describeConfigsResourceResult = {
  name: string(),
  value: orNull(string()),
  readOnly: bool(),
  configSource: i8({ default: -1 }),
  isSensitive: bool(),
  synonyms: list(describeConfigsSynonym),
  configType: i8({ since: 3 }),
  documentation: orNull(string({ since: 3 })),
}

const describeConfigsResult = {
  errorCode: i16(),
  errorMessage: orNull(string()),
  resourceType: i8(),
  resourceName: string(),
  configs: list(describeConfigsResourceResult),
}

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexible: 4,
  listeners: ['broker', 'controller'],
  request: {
    resources: list(describeConfigsResource),
    includeSynonyms: bool(),
    includeDocumentation: bool({ since: 3 }),
  },
  response: {
    throttleTimeMs: i32(),
    results: list(describeConfigsResult),
  },
})

export interface DescribeConfigsRequest extends Infer<typeof describeConfigs.request.fields> {}
export interface DescribeConfigsResponse extends Infer<typeof describeConfigs.response.fields> {}
