/**
 * AlterConfigs (33), on brokers and controllers: what is not named is removed. Superseded by 44, still sent by old clients.
 *
 * Versions 0 to 2. 2: flexible.
 */
import { replaceAll, validateResource } from '../../config/index.ts'
import { resourceType } from '../../metadata/index.ts'
import { type AlterConfigsRequest, type AlterConfigsResponse, alterConfigs } from '../../protocol/index.ts'
import {
  type AlterServices,
  alterResources,
  checkAlterable,
  failedResource,
  forController,
} from '../alter-resources.ts'
import type { Handler } from '../handler.ts'

type Resource = AlterConfigsRequest['resources'][number]

export function alterConfigsHandler(services: AlterServices): Handler<AlterConfigsRequest, AlterConfigsResponse> {
  const check = (resource: Resource): void => {
    const texts = services.listener === 'controller' ? undefined : replaceAll(resource.configs)
    checkAlterable(resource, services)
    if (resource.resourceType !== resourceType.broker || texts === undefined) return
    validateResource({ type: 'broker', name: resource.resourceName, texts, broker: services.config() })
  }
  return {
    api: alterConfigs,
    async handle({ resources, validateOnly }, context) {
      const forward = async (asked: readonly Resource[]) => {
        const request = { resources: forController(asked, services), validateOnly }
        return (await services.channel.alterConfigs(request, context)).responses
      }
      return alterConfigs.response.create({ responses: await alterResources({ resources, check, forward }) })
    },
    fail: ({ resources }, error) =>
      alterConfigs.response.create({ responses: resources.map((resource) => failedResource(resource, error)) }),
  }
}
