/** ApiVersions (API key 18). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, list, string } from '../words.ts'

const apiVersion = {
  apiKey: i16(),
  minVersion: i16(),
  maxVersion: i16(),
}

const supportedFeatureKey = {
  name: string({ since: 3 }),
  minVersion: i16({ since: 3 }),
  maxVersion: i16({ since: 3 }),
}

const finalizedFeatureKey = {
  name: string({ since: 3 }),
  maxVersionLevel: i16({ since: 3 }),
  minVersionLevel: i16({ since: 3 }),
}

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexible: 3,
  listeners: ['broker', 'controller'],
  request: {
    clientSoftwareName: string({ since: 3 }),
    clientSoftwareVersion: string({ since: 3 }),
  },
  response: {
    errorCode: i16(),
    apiKeys: list(apiVersion),
    throttleTimeMs: i32({ since: 1 }),
    supportedFeatures: list(supportedFeatureKey, { since: 3, tag: 0 }),
    finalizedFeaturesEpoch: i64({ since: 3, tag: 1, default: -1 }),
    finalizedFeatures: list(finalizedFeatureKey, { since: 3, tag: 2 }),
    zkMigrationReady: bool({ since: 3, tag: 3 }),
  },
})

export interface ApiVersionsRequest extends Infer<typeof apiVersions.request.fields> {}
export interface ApiVersionsResponse extends Infer<typeof apiVersions.response.fields> {}
