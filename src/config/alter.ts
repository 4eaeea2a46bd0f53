/**
 * Changes of dynamic configs: applies the operations of (Incremental)AlterConfigs to a resource's texts, and checks the
 * texts that would hold afterwards. Decides only: whoever calls writes the records. Errors carry Kafka's codes.
 */
import { ApiError } from '../base/index.ts'
import { checkBrokerChange } from './alter-broker.ts'
import { checkClientMetrics } from './alter-client-metrics.ts'
import { checkGroup } from './alter-group.ts'
import type { BrokerConfig } from './broker-config.ts'
import { brokerKeys } from './broker-keys.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import { type ConfigKey, parseList } from './config-def.ts'
import { ConfigError } from './config-error.ts'
import { groupKeys } from './group-keys.ts'
import { baseKey } from './listener-prefix.ts'
import { topicValues } from './topic-config.ts'
import { topicKeys } from './topic-keys.ts'

const invalidConfig = 40
const invalidRequest = 42

export type ConfigResourceType = 'topic' | 'broker' | 'client-metrics' | 'group'

/** `AlterConfigOp.OpType` of the wire. */
export const configOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface ConfigOperation {
  readonly name: string
  /** One of `configOperation`; anything else is refused. */
  readonly operation: number
  readonly value: string | null
}

type Texts = ReadonlyMap<string, string>

const tables: Readonly<Record<ConfigResourceType, ReadonlyMap<string, ConfigKey>>> = {
  topic: new Map(Object.entries(topicKeys)),
  broker: new Map(Object.entries(brokerKeys)),
  'client-metrics': new Map(Object.entries(clientMetricsKeys)),
  group: new Map(Object.entries(groupKeys)),
}

/**
 * Names that come twice, and values that are missing where the operation needs one, spoil the whole resource. Throws
 * ApiError 42.
 */
export function checkShape(operations: readonly ConfigOperation[]): void {
  if (new Set(operations.map((it) => it.name)).size !== operations.length) {
    throw new ApiError(invalidRequest, 'Error due to duplicate config keys')
  }
  const missing = operations.filter((it) => it.operation !== configOperation.delete && it.value === null)
  if (missing.length > 0) {
    throw new ApiError(invalidRequest, `Null value not supported for : ${missing.map((it) => it.name).join(', ')}`)
  }
}

/** Elements of the list as it stands: what is set, else the default. */
function listElements(type: ConfigResourceType, name: string, current: Texts, operation: string): readonly string[] {
  const key = type === 'broker' ? baseKey(name, tables.broker)?.key : tables[type].get(name)
  if (key?.type !== 'list') {
    throw new ApiError(invalidConfig, `Can't ${operation} to key ${name} because its type is not LIST.`)
  }
  return parseList(current.get(name) ?? key.defaultText ?? '')
}

function applyOne(type: ConfigResourceType, texts: Map<string, string>, it: ConfigOperation): void {
  const value = it.value ?? ''
  switch (it.operation) {
    case configOperation.set:
      texts.set(it.name, value)
      return
    case configOperation.delete:
      texts.delete(it.name)
      return
    case configOperation.append: {
      const elements = listElements(type, it.name, texts, 'APPEND')
      const known = new Set(elements)
      const added = [...new Set(parseList(value))].filter((element) => !known.has(element))
      texts.set(it.name, [...elements, ...added].join(','))
      return
    }
    case configOperation.subtract: {
      const removed = new Set(parseList(value))
      const elements = listElements(type, it.name, texts, 'SUBTRACT').filter((element) => !removed.has(element))
      texts.set(it.name, elements.join(','))
      return
    }
    default:
      throw new ApiError(invalidRequest, `Unknown operations type ${it.operation}`)
  }
}

/** The resource's texts after `operations`. Throws ApiError 42 or 40. */
export function applyOperations(options: {
  readonly type: ConfigResourceType
  readonly current: Texts
  readonly operations: readonly ConfigOperation[]
}): Map<string, string> {
  checkShape(options.operations)
  const texts = new Map(options.current)
  for (const operation of options.operations) applyOne(options.type, texts, operation)
  return texts
}

/** The texts that the older AlterConfigs leaves: those it names, and no others. Throws ApiError 42. */
export function replaceAll(
  configs: readonly { readonly name: string; readonly value: string | null }[],
): Map<string, string> {
  const operations = configs.map((config) => ({ ...config, operation: configOperation.set }))
  return applyOperations({ type: 'broker', current: new Map(), operations })
}

function checkTopic(broker: BrokerConfig, name: string, texts: Texts): void {
  if (name === '') throw new ApiError(invalidRequest, 'Default topic resources are not allowed.')
  for (const key of texts.keys()) {
    if (!tables.topic.has(key)) throw new ApiError(invalidConfig, `Unknown topic config name: ${key}`)
  }
  const values = topicValues(broker, texts)
  const minLagMs = values.get('min.compaction.lag.ms') ?? 0
  const maxLagMs = values.get('max.compaction.lag.ms') ?? 0
  if (minLagMs > maxLagMs) {
    throw new ApiError(
      invalidConfig,
      `conflict topic config setting min.compaction.lag.ms (${minLagMs}) > max.compaction.lag.ms (${maxLagMs})`,
    )
  }
  const tiered = values.get('remote.storage.enable') === true
  if (tiered && !broker.boolean('remote.log.storage.system.enable')) {
    throw new ApiError(
      invalidConfig,
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    )
  }
}

/**
 * Whether a resource may have these texts, all of them (for a topic also at its creation). `broker` is the configuration
 * of the node that checks. Throws ApiError: INVALID_CONFIG, or INVALID_REQUEST where Kafka answers so.
 */
export function validateResource(options: {
  readonly type: ConfigResourceType
  readonly name: string
  readonly texts: Texts
  readonly broker: BrokerConfig
}): void {
  const { type, name, texts, broker } = options
  try {
    if (type === 'broker') checkBrokerChange(broker, name, texts)
    else if (type === 'topic') checkTopic(broker, name, texts)
    else if (type === 'group') checkGroup(broker, name, texts)
    else checkClientMetrics(name, texts)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ApiError(type === 'broker' ? invalidRequest : invalidConfig, error.message)
  }
}
