/**
 * ApiVersions (18): what this listener serves, and the features of the cluster.
 *
 * Versions 0 to 4 (and 5 where declared). 3: flexible, the client's name and version; supported and finalized features.
 * 4: features whose lowest level is 0, which clients of 3.x cannot read (KAFKA-17492). A version beyond ours is answered in form 0 by `request-frame.ts` (KIP-511).
 */
import { ApiError } from '../../base/index.ts'
import {
  type ApiVersionsRequest,
  type ApiVersionsResponse,
  apiVersions,
  ErrorCode,
  produce,
} from '../../protocol/index.ts'
import type { BoundHandler, Handler } from '../handler.ts'

export interface Features {
  readonly supported: readonly { readonly name: string; readonly minVersion: number; readonly maxVersion: number }[]
  /** Metadata offset at which the finalized levels were decided; -1 while none are known. */
  readonly finalizedEpoch: number
  readonly finalized: readonly { readonly name: string; readonly level: number }[]
}

export interface ApiVersionsServices {
  readonly served: () => readonly BoundHandler[]
  readonly features: () => Features
}

/** Versions 0 to 2 of Produce are announced and not served: older librdkafka compresses nothing without them (KAFKA-18659). */
const announced = ({ key, versions }: BoundHandler) => ({
  apiKey: key,
  minVersion: key === produce.key ? 0 : versions[0],
  maxVersion: versions[1],
})

/** As Kafka checks what a client says of itself (KIP-511): words of letters, digits, dots and dashes. */
const clientWord = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export function apiVersionsHandler(services: ApiVersionsServices): Handler<ApiVersionsRequest, ApiVersionsResponse> {
  return {
    api: apiVersions,
    handle(request, context) {
      if (context.apiVersion >= 3) {
        const { clientSoftwareName: name, clientSoftwareVersion: version } = request
        if (!clientWord.test(name) || !clientWord.test(version)) {
          throw new ApiError(ErrorCode.INVALID_REQUEST, 'the name and version of the client software are words')
        }
        context.client.name = name
        context.client.version = version
      }
      const { supported, finalizedEpoch, finalized } = services.features()
      return apiVersions.response.create({
        apiKeys: services
          .served()
          .map(announced)
          .sort((a, b) => a.apiKey - b.apiKey),
        supportedFeatures: context.apiVersion >= 4 ? supported : supported.filter(({ minVersion }) => minVersion > 0),
        finalizedFeaturesEpoch: finalizedEpoch,
        finalizedFeatures: finalized.map(({ name, level }) => ({
          name,
          minVersionLevel: level,
          maxVersionLevel: level,
        })),
      })
    },
    fail: (_request, error) => apiVersions.response.create({ errorCode: error.code }),
  }
}
