/**
 * DescribeConfigs (32), on brokers and controllers: what holds for a topic, this node, all brokers, a group, a client
 * metrics subscription, and where it comes from (KIP-226).
 *
 * Versions 1 to 4. 1: synonyms. 3: types and documentation. 4: flexible.
 */
import { ApiError, type LogLevel } from '../../base/index.ts'
import {
  type BrokerConfig,
  type ConfigEntry,
  ConfigError,
  configSource,
  describeBroker,
  describeBrokerDefaults,
  describeClientMetrics,
  describeGroup,
  describeTopic,
} from '../../config/index.ts'
import { configsOf, invalidTopicName, type MetadataImage, resourceType } from '../../metadata/index.ts'
import {
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  describeConfigs,
  ErrorCode,
} from '../../protocol/index.ts'
import { brokerLoggerType, levelName, rootLogger, wholeNumber } from '../broker-logger.ts'
import type { Handler } from '../handler.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type Result = DescribeConfigsResponse['results'][number]

export interface DescribeConfigsServices {
  readonly image: () => MetadataImage
  /** Of this node as it stands, dynamic values in it. */
  readonly config: () => BrokerConfig
  readonly logLevel: () => LogLevel
}

const invalid = (reason: string): ApiError => new ApiError(ErrorCode.INVALID_REQUEST, reason)

const describable: ReadonlySet<number> = new Set([...Object.values(resourceType), brokerLoggerType])

/** Throws ApiError 42 unless `name` is this node's id. */
function checkNodeId(name: string, nodeId: number, expected: string): void {
  const id = wholeNumber(name)
  if (id === undefined) throw invalid(`Broker id must be an integer, but it is: ${name}`)
  if (id !== nodeId) throw invalid(`Unexpected broker id, expected ${expected} but received ${name}`)
}

function topicEntries(name: string, image: MetadataImage, config: BrokerConfig): readonly ConfigEntry[] {
  const reason = invalidTopicName(name)
  if (reason !== undefined) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
  if (!image.topics.byName.has(name)) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, '')
  return describeTopic(config, configsOf(image, { resourceType: resourceType.topic, resourceName: name }))
}

function loggerEntries(name: string, nodeId: number, level: LogLevel): readonly ConfigEntry[] {
  if (name === '') throw invalid('Broker id must not be empty')
  checkNodeId(name, nodeId, `${nodeId}`)
  return [
    {
      name: rootLogger,
      value: levelName(level),
      readOnly: false,
      source: configSource.dynamicBrokerLogger,
      sensitive: false,
      synonyms: [],
      typeCode: 0,
      documentation: '',
    },
  ]
}

function entriesOf(resource: Resource, services: DescribeConfigsServices): readonly ConfigEntry[] {
  const { resourceType: type, resourceName: name } = resource
  const image = services.image()
  const config = services.config()
  switch (type) {
    case resourceType.topic:
      return topicEntries(name, image, config)
    case resourceType.broker:
      if (name === '') return describeBrokerDefaults(config)
      checkNodeId(name, config.nodeId, `${config.nodeId} or empty string,`)
      return describeBroker(config)
    case resourceType.clientMetrics:
      if (name === '') throw invalid('Client metrics subscription name must not be empty')
      return describeClientMetrics(configsOf(image, resource))
    case resourceType.group:
      if (name === '') throw invalid('Group name must not be empty')
      return describeGroup(config, configsOf(image, resource))
    default:
      return loggerEntries(name, config.nodeId, services.logLevel())
  }
}

function failed({ resourceType: type, resourceName }: Resource, error: unknown): Result {
  if (!(error instanceof ApiError) && !(error instanceof ConfigError)) throw error
  // A text in the metadata that this node cannot read: another version may have written it.
  const errorCode = error instanceof ApiError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
  return { errorCode, errorMessage: error.message, resourceType: type, resourceName, configs: [] }
}

function describe(resource: Resource, request: DescribeConfigsRequest, services: DescribeConfigsServices): Result {
  const { resourceType: type, resourceName, configurationKeys: keys } = resource
  const { includeSynonyms, includeDocumentation } = request
  try {
    const entries = entriesOf(resource, services)
    const asked = keys === null || keys.length === 0 ? entries : entries.filter(({ name }) => keys.includes(name))
    const configs = asked.map((entry) => ({
      name: entry.name,
      value: entry.value,
      readOnly: entry.readOnly,
      configSource: entry.source,
      isSensitive: entry.sensitive,
      synonyms: includeSynonyms ? entry.synonyms : [],
      configType: entry.typeCode,
      documentation: includeDocumentation || type === brokerLoggerType ? entry.documentation : null,
    }))
    return { errorCode: ErrorCode.NONE, errorMessage: '', resourceType: type, resourceName, configs }
  } catch (error) {
    return failed(resource, error)
  }
}

export function describeConfigsHandler(
  services: DescribeConfigsServices,
): Handler<DescribeConfigsRequest, DescribeConfigsResponse> {
  return {
    api: describeConfigs,
    handle(request) {
      const unknown = request.resources.find((resource) => !describable.has(resource.resourceType))
      if (unknown !== undefined) {
        throw invalid(`Unexpected resource type ${unknown.resourceType} for resource ${unknown.resourceName}`)
      }
      const results = request.resources.map((resource) => describe(resource, request, services))
      return { throttleTimeMs: 0, results }
    },
    fail: ({ resources }, error) => ({
      throttleTimeMs: 0,
      results: resources.map((resource) => failed(resource, error)),
    }),
  }
}
