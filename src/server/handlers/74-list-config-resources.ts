/**
 * ListConfigResources (74): the names of what can have configs (KIP-1142).
 *
 * Versions 0 and 1. 0: client metrics subscriptions only, under the name ListClientMetricsResources (KIP-714). 1: resources
 * of any kind.
 */
import { ApiError } from '../../base/index.ts'
import { type MetadataImage, resourceType } from '../../metadata/index.ts'
import {
  ErrorCode,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
  listConfigResources,
} from '../../protocol/index.ts'
import { brokerLoggerType } from '../broker-logger.ts'
import type { Handler } from '../handler.ts'
import { ListenerBrokers } from '../listener-brokers.ts'

export interface ListConfigResourcesServices {
  readonly image: () => MetadataImage
}

/** Kafka's order. */
const types: readonly number[] = [
  resourceType.group,
  resourceType.clientMetrics,
  brokerLoggerType,
  resourceType.broker,
  resourceType.topic,
]

/** Topics and brokers are there without configs; groups and subscriptions are their configs. */
function namesOf(type: number, image: MetadataImage, listenerName: string): readonly string[] {
  switch (type) {
    case resourceType.topic:
      return [...image.topics.byName.keys()]
    case resourceType.broker:
    case brokerLoggerType:
      return new ListenerBrokers(image, listenerName).all().map(({ brokerId }) => `${brokerId}`)
    default:
      return [...image.configs.values()]
        .filter((it) => it.resourceType === type && it.configs.size > 0)
        .map((it) => it.resourceName)
  }
}

export function listConfigResourcesHandler(
  services: ListConfigResourcesServices,
): Handler<ListConfigResourcesRequest, ListConfigResourcesResponse> {
  return {
    api: listConfigResources,
    handle({ resourceTypes }, { apiVersion, listenerName }) {
      const unknown = resourceTypes.find((type) => !types.includes(type))
      if (unknown !== undefined) {
        throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `Unexpected resource type ${unknown}`)
      }
      const image = services.image()
      const everything = apiVersion === 0 ? [resourceType.clientMetrics] : types
      const asked = resourceTypes.length === 0 ? everything : types.filter((type) => resourceTypes.includes(type))
      return listConfigResources.response.create({
        configResources: asked.flatMap((type) =>
          namesOf(type, image, listenerName).map((resourceName) => ({ resourceName, resourceType: type })),
        ),
      })
    },
    fail: (_request, { code }) => listConfigResources.response.create({ errorCode: code }),
  }
}
