/**
 * Changes of dynamic configs, resource by resource (KIP-339). Of topics, groups and client metrics every value is checked;
 * those of a broker were checked by the broker itself, before it passed the request on.
 */
import { ApiError, assert, countsBy } from '../../base/index.ts'
import {
  applyOperations,
  type ConfigOperation,
  type ConfigResourceType,
  replaceAll,
  validateResource,
} from '../../config/index.ts'
import {
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  alterConfigs,
  ErrorCode,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  incrementalAlterConfigs,
} from '../../protocol/index.ts'
import { type ConfigResource, configResourceKey } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../record.ts'
import { configRecords } from './config-records.ts'
import type { ControllerState } from './controller-state.ts'
import { addRecords, atomically, type Decision, tooManyRecords } from './decision.ts'
import { resourceType, type Settings } from './settings.ts'

const typeNames: ReadonlyMap<number, ConfigResourceType> = new Map([
  [resourceType.topic, 'topic'],
  [resourceType.broker, 'broker'],
  [resourceType.clientMetrics, 'client-metrics'],
  [resourceType.group, 'group'],
])

/** What Kafka's quorum takes for one batch. The name of a broker may have zeros in front, and comes with each of its records. */
const bytesMax = 8 * 1024 * 1024

function checkSize(records: readonly MetadataRecord[]): void {
  let bytes = 0
  for (const { kind, value } of records) {
    if (kind !== 'config') continue
    for (const text of [value.resourceName, value.name, value.value ?? '']) bytes += Buffer.byteLength(text)
  }
  if (bytes > bytesMax) throw tooManyRecords()
}

interface Answer extends ConfigResource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export class Configs {
  readonly #state: ControllerState
  readonly #settings: Settings

  constructor(state: ControllerState, settings: Settings) {
    this.#state = state
    this.#settings = settings
  }

  /** Throws ApiError POLICY_VIOLATION where the request as a whole would be too much. */
  incrementalAlter(request: IncrementalAlterConfigsRequest): Decision<IncrementalAlterConfigsResponse> {
    const { records, responses } = this.#each(request.resources, (it) => this.operate(it, this.#operations(it)))
    return atomically(request.validateOnly ? [] : records, incrementalAlterConfigs.response.create({ responses }))
  }

  /** Throws ApiError POLICY_VIOLATION where the request as a whole would be too much. */
  alter(request: AlterConfigsRequest): Decision<AlterConfigsResponse> {
    const { records, responses } = this.#each(request.resources, (it) => this.#replace(it, it.configs))
    return atomically(request.validateOnly ? [] : records, alterConfigs.response.create({ responses }))
  }

  #operations(resource: IncrementalAlterConfigsRequest['resources'][number]): readonly ConfigOperation[] {
    return resource.configs.map(({ name, configOperation, value }) => ({ name, operation: configOperation, value }))
  }

  /** One resource fails for itself; its records come whole, or not at all. */
  #each<R extends ConfigResource>(
    resources: readonly R[],
    decide: (resource: R) => readonly MetadataRecord[],
  ): { readonly records: readonly MetadataRecord[]; readonly responses: readonly Answer[] } {
    const records: MetadataRecord[] = []
    const counts = countsBy(resources, configResourceKey)
    const responses = resources.map((resource) => {
      const answer = (errorCode: number, errorMessage: string | null) => ({
        ...this.#named(resource),
        errorCode,
        errorMessage,
      })
      let made: readonly MetadataRecord[]
      try {
        if ((counts.get(configResourceKey(resource)) ?? 0) > 1) {
          throw new ApiError(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.')
        }
        this.#checkExists(resource)
        made = decide(resource)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return answer(error.code, error.message)
      }
      addRecords(records, made)
      return answer(ErrorCode.NONE, null)
    })
    checkSize(records)
    return { records, responses }
  }

  #checkExists({ resourceType: type, resourceName }: ConfigResource): void {
    if (type === resourceType.topic && resourceName !== '' && !this.#state.topicIds.has(resourceName)) {
      throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`)
    }
    if (type !== resourceType.broker || resourceName === '') return
    if (!/^[+-]?\d+$/.test(resourceName)) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, 'Unable to parse broker name as a base 10 number.')
    }
    if (Number(resourceName) < 0) throw new ApiError(ErrorCode.INVALID_REQUEST, 'Invalid negative broker ID.')
    if (!this.#state.brokers.has(Number(resourceName))) {
      throw new ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, `No broker with id ${resourceName} found.`)
    }
  }

  #typeOf({ resourceType: type }: ConfigResource): ConfigResourceType {
    const name = typeNames.get(type)
    if (name === undefined) throw new ApiError(ErrorCode.INVALID_REQUEST, `Unknown resource type ${type}`)
    return name
  }

  #validate(resource: ConfigResource, type: ConfigResourceType, texts: ReadonlyMap<string, string>): void {
    if (type === 'broker') return
    validateResource({ type, name: resource.resourceName, texts, broker: this.#settings.effective })
  }

  /** The records of one resource, which may be a topic that is about to be created. Throws ApiError. */
  operate(resource: ConfigResource, operations: readonly ConfigOperation[]): readonly MetadataRecord[] {
    const type = this.#typeOf(resource)
    const current = this.#state.configs(resource.resourceType, resource.resourceName)
    const texts = applyOperations({ type, current, operations })
    this.#validate(resource, type, texts)
    const changes = new Map(operations.map(({ name }) => [name, texts.get(name) ?? null]))
    return configRecords({ ...this.#named(resource), changes, current, elrEnabled: this.#settings.elrEnabled })
  }

  /** What the request does not name is removed. */
  #replace(
    resource: ConfigResource,
    configs: readonly { readonly name: string; readonly value: string | null }[],
  ): readonly MetadataRecord[] {
    const type = this.#typeOf(resource)
    const current = this.#state.configs(resource.resourceType, resource.resourceName)
    const texts = replaceAll(configs)
    this.#validate(resource, type, texts)
    const changes = new Map<string, string | null>(texts)
    for (const name of current.keys()) if (!texts.has(name)) changes.set(name, null)
    assert(changes.size >= texts.size, 'every text is a change')
    return configRecords({ ...this.#named(resource), changes, current, elrEnabled: this.#settings.elrEnabled })
  }

  #named({ resourceType: type, resourceName }: ConfigResource): ConfigResource {
    return { resourceType: type, resourceName }
  }
}
