/**
 * UpdateFeatures (57), on brokers and controllers: levels of features, all or nothing (KIP-584).
 *
 * Versions 0 to 2. 1: a try without effect, the kind of change. 2: no results by feature.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  ErrorCode,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
  updateFeatures,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface UpdateFeaturesServices {
  readonly channel: Pick<ControllerChannel, 'updateFeatures'>
}

const prefix = 'The update failed for all features since the following feature had an error: '

export function updateFeaturesHandler({
  channel,
}: UpdateFeaturesServices): Handler<UpdateFeaturesRequest, UpdateFeaturesResponse> {
  return {
    api: updateFeatures,
    async handle(request) {
      const reply = await channel.updateFeatures(request)
      if (reply.errorCode !== ErrorCode.NONE) return reply
      // Kafka's own words: no message for the whole, `NONE` for each.
      const results = reply.results.map((result) => ({ ...result, errorMessage: result.errorMessage ?? 'NONE' }))
      return { ...reply, errorMessage: null, results }
    },
    fail: (_request, { code, message }) =>
      updateFeatures.response.create({
        errorCode: code,
        errorMessage: code === ErrorCode.INVALID_UPDATE_VERSION ? `${prefix}${message}` : message,
      }),
  }
}
