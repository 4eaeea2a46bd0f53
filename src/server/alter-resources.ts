/**
 * What AlterConfigs and IncrementalAlterConfigs have in common: resources that are refused here, the rest for the
 * controller, and one reply of both in the order of the request. A broker checks its own configs before they are written:
 * only it can tell whether it could live with them.
 */
import { ApiError } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { type ControllerChannel, isNotController, type MetadataImage, resourceType } from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { brokerLoggerType } from './broker-logger.ts'
import { withLastConfigs } from './last-configs.ts'

export interface AlteredResource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface AlteredResult extends AlteredResource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** What a broker checks its own changes by. */
export interface AlterServices {
  readonly channel: Pick<ControllerChannel, 'alterConfigs' | 'incrementalAlterConfigs'>
  readonly config: () => BrokerConfig
  readonly image: () => MetadataImage
  /** A controller's listener takes what a broker has checked already, of any broker. */
  readonly listener: 'broker' | 'controller'
}

const alterable: ReadonlySet<number> = new Set(Object.values(resourceType))

export const failedResource = ({ resourceType: type, resourceName }: AlteredResource, error: ApiError) => ({
  resourceType: type,
  resourceName,
  errorCode: error.code,
  errorMessage: error.message,
})

function failedResources(resources: readonly AlteredResource[], error: unknown): readonly AlteredResult[] {
  if (!(error instanceof ApiError) || isNotController(error)) throw error
  return resources.map((resource) => failedResource(resource, error))
}

const keyOf = (resource: AlteredResource): string => `${resource.resourceType} ${resource.resourceName}`

/** Throws ApiError unless the controller may be asked for it: Kafka's brokers answer 42, its controllers 35. */
export function checkAlterable({ resourceType: type }: AlteredResource, { listener }: Pick<AlterServices, 'listener'>) {
  if (alterable.has(type)) return
  if (listener === 'broker') throw new ApiError(ErrorCode.INVALID_REQUEST, `Unknown resource type ${type}`)
  // A kind that is known, and has no records.
  if (type === brokerLoggerType) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, 'Unexpected resource type BROKER_LOGGER.')
  }
  throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `Unknown resource type ${type}.`)
}

/** What a broker passes on has no config twice; who asks a controller directly may give one twice. */
export const forController = <R extends Parameters<typeof withLastConfigs>[0]>(
  resources: readonly R[],
  { listener }: Pick<AlterServices, 'listener'>,
): readonly R[] => (listener === 'controller' ? resources.map((it) => withLastConfigs(it)) : resources)

/**
 * `check` throws an ApiError for a resource that the controller is not to see; one of `forward` is the answer for all that it
 * was asked for. Rejects with ApiError 41 where there is no controller.
 */
export async function alterResources<R extends AlteredResource>(options: {
  readonly resources: readonly R[]
  readonly check: (resource: R) => void
  readonly forward: (resources: readonly R[]) => Promise<readonly AlteredResult[]>
}): Promise<readonly AlteredResult[]> {
  const { resources, check, forward } = options
  const refused = new Map<R, ApiError>()
  const seen = new Map<string, R>()
  const twice = new ApiError(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.')
  for (const resource of resources) {
    const other = seen.get(keyOf(resource))
    if (other !== undefined) refused.set(other, twice).set(resource, twice)
    seen.set(keyOf(resource), resource)
  }
  const asked: R[] = []
  for (const resource of resources) {
    if (refused.has(resource)) continue
    try {
      check(resource)
      asked.push(resource)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      refused.set(resource, error)
    }
  }
  const results = asked.length === 0 ? [] : await forward(asked).catch((error) => failedResources(asked, error))
  const answers = new Map(results.map((result) => [keyOf(result), result]))
  const missing = new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'The controller did not answer for the resource.')
  return resources.map((resource) => {
    const error = refused.get(resource)
    if (error !== undefined) return failedResource(resource, error)
    return answers.get(keyOf(resource)) ?? failedResource(resource, missing)
  })
}
