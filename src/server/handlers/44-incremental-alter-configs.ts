/**
 * IncrementalAlterConfigs (44), on brokers and controllers: single configs are set, removed, or lists changed (KIP-339).
 *
 * Versions 0 and 1. 1: flexible.
 */
import { applyOperations, type ConfigOperation, checkShape, validateResource } from '../../config/index.ts'
import { configsOf, resourceType } from '../../metadata/index.ts'
import {
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  incrementalAlterConfigs,
} from '../../protocol/index.ts'
import {
  type AlterServices,
  alterResources,
  checkAlterable,
  failedResource,
  forController,
} from '../alter-resources.ts'
import { brokerLoggerType, refuseLevels } from '../broker-logger.ts'
import type { Handler } from '../handler.ts'

type Request = IncrementalAlterConfigsRequest
type Response = IncrementalAlterConfigsResponse
type Resource = Request['resources'][number]

const operationsOf = ({ configs }: Resource): readonly ConfigOperation[] =>
  configs.map(({ name, configOperation, value }) => ({ name, operation: configOperation, value }))

export function incrementalAlterConfigsHandler(services: AlterServices): Handler<Request, Response> {
  const check = (resource: Resource): void => {
    const config = services.config()
    const operations = operationsOf(resource)
    if (services.listener === 'broker') checkShape(operations)
    if (resource.resourceType === brokerLoggerType) throw refuseLevels(resource.resourceName, config.nodeId)
    checkAlterable(resource, services)
    if (resource.resourceType !== resourceType.broker || services.listener === 'controller') return
    const texts = applyOperations({
      type: 'broker',
      current: configsOf(services.image(), resource),
      operations,
    })
    validateResource({ type: 'broker', name: resource.resourceName, texts, broker: config })
  }
  return {
    api: incrementalAlterConfigs,
    async handle({ resources, validateOnly }, context) {
      const forward = async (asked: readonly Resource[]) => {
        const request = { resources: forController(asked, services), validateOnly }
        return (await services.channel.incrementalAlterConfigs(request, context)).responses
      }
      return incrementalAlterConfigs.response.create({ responses: await alterResources({ resources, check, forward }) })
    },
    fail: ({ resources }, error) =>
      incrementalAlterConfigs.response.create({ responses: resources.map((it) => failedResource(it, error)) }),
  }
}
