/** UpdateFeatures (API key 57). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const featureUpdateKey = {
  feature: string(),
  maxVersionLevel: i16(),
  allowDowngrade: bool({ until: 0 }),
  upgradeType: i8({ since: 1, default: 1 }),
}

const updatableFeatureResult = {
  feature: string(),
  errorCode: i16(),
  errorMessage: orNull(string()),
}

export const updateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    timeoutMs: i32({ default: 60000 }),
    featureUpdates: list(featureUpdateKey),
    validateOnly: bool({ since: 1 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
    results: list(updatableFeatureResult, { until: 1 }),
  },
})

export interface UpdateFeaturesRequest extends Infer<typeof updateFeatures.request.fields> {}
export interface UpdateFeaturesResponse extends Infer<typeof updateFeatures.response.fields> {}
