/** Configs of topics, brokers, groups and the rest: as they are, and changes of single ones (KIP-339). */
import {
  incrementalAlterConfigs as alterApi,
  type DescribeConfigsResponse,
  describeConfigs as describeApi,
  ErrorCode,
  listConfigResources as listApi,
} from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { codeOf, wordOf } from './codes.ts'
import { type ConfigEntry, type ConfigValue, configText, entryOf } from './config-entry.ts'
import { anyBroker, brokerOf, movedController, nothingPasses } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'

const typeCodes = { topic: 2, broker: 4, 'broker-logger': 8, 'client-metrics': 16, group: 32 } as const

export type ConfigResourceType = keyof typeof typeCodes

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** Of a topic or group its name, of a broker its id; of a broker an empty one: what holds for all of them. */
  readonly name: string
}

/** By what results about resources are found: `topic:orders`, `broker:1`. */
const resourceKey = ({ type, name }: ConfigResource): string => `${type}:${name}`

export interface AskedConfigs extends ConfigResource {
  /** Only these; all unless told. */
  readonly keys?: readonly string[]
}

export interface DescribeConfigsOptions extends CallOptions {
  readonly includeSynonyms?: boolean
  /** From Kafka 2.6 on. */
  readonly includeDocumentation?: boolean
}

export interface Configs {
  /** Of the resource. */
  readonly name: string
  /** By name. */
  readonly entries: ReadonlyMap<string, ConfigEntry>
}

/** What is to be changed; of the other configs nothing is. */
export interface ConfigChanges {
  readonly set?: Readonly<Record<string, ConfigValue>>
  /** Back to the default. */
  readonly delete?: readonly string[]
  /** Items of lists. */
  readonly append?: Readonly<Record<string, ConfigValue>>
  readonly subtract?: Readonly<Record<string, ConfigValue>>
}

export interface AlteredConfigs extends ConfigResource, ConfigChanges {}

export interface AlterConfigsOptions extends CallOptions {
  /** Whether it is only checked, and nothing is changed. */
  readonly validateOnly?: boolean
}

/** A broker knows its own; all others are known to each. */
function ownerOf({ type, name }: ConfigResource): number | undefined {
  if ((type !== 'broker' && type !== 'broker-logger') || name === '') return undefined
  if (/^\d+$/.test(name)) return Number(name)
  throw new KafkaError('INVALID_ARGUMENT', `${type} '${name}': brokers have numbers`)
}

/** As a response names a resource. */
const toldKey = ({ resourceType, resourceName }: { readonly resourceType: number; readonly resourceName: string }) =>
  `${wordOf(typeCodes, resourceType)}:${resourceName}`

export function describeConfigs(routing: Routing, asked: readonly AskedConfigs[], options: DescribeConfigsOptions) {
  const { includeSynonyms = false, includeDocumentation = false } = options
  return routing.settle(asked, {
    deadline: routing.deadline('describeConfigs', options),
    place: brokerOf(ownerOf),
    passes: nothingPasses,
    keyOf: resourceKey,
    ask: async (to, them) => {
      const resources = them.map(({ type, name, keys = null }) => ({
        resourceType: codeOf(typeCodes, type, 'type'),
        resourceName: name,
        configurationKeys: keys,
      }))
      const min = includeDocumentation ? 3 : describeApi.versions[0]
      const { results } = await to.send(describeApi, { resources, includeSynonyms, includeDocumentation }, [
        min,
        describeApi.versions[1],
      ])
      return results.map((it) => [toldKey(it), configsOf(it)] as const)
    },
  })
}

type ToldConfigs = DescribeConfigsResponse['results'][number]

function configsOf(told: ToldConfigs): Configs | KafkaError {
  const { errorCode, errorMessage, resourceName, configs } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, toldKey(told), errorMessage)
  return { name: resourceName, entries: new Map(configs.map((it) => [it.name, entryOf(it)])) }
}

export interface ListConfigResourcesOptions extends CallOptions {
  /** All unless told; from Kafka 4.1 on, before that only `client-metrics`. */
  readonly types?: readonly ConfigResourceType[]
}

/** Of groups and client metrics only those that have configs of their own (KIP-1142). */
export function listConfigResources(
  routing: Routing,
  { types = [], ...options }: ListConfigResourcesOptions,
): Promise<readonly ConfigResource[]> {
  const isOld = types.length === 1 && types[0] === 'client-metrics'
  return routing.one({
    deadline: routing.deadline('listConfigResources', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const request = { resourceTypes: types.map((it) => codeOf(typeCodes, it, 'types')) }
      const told = await to.send(listApi, request, [isOld ? 0 : 1, listApi.versions[1]])
      if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, 'listConfigResources')
      return told.configResources.flatMap(({ resourceType, resourceName: name }) => {
        const type = wordOf(typeCodes, resourceType)
        return type === 'unknown' ? [] : [{ type, name }]
      })
    },
  })
}

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

function formOf(altered: AlteredConfigs) {
  const { type, name, set = {}, delete: deleted = [], append = {}, subtract = {} } = altered
  const form = (operation: keyof typeof operations, values: Readonly<Record<string, ConfigValue>>) =>
    Object.entries(values).map(([key, value]) => ({
      name: key,
      configOperation: operations[operation],
      value: configText(value),
    }))
  return {
    resourceType: codeOf(typeCodes, type, 'type'),
    resourceName: name,
    configs: [
      ...form('set', set),
      ...deleted.map((key) => ({ name: key, configOperation: operations.delete, value: null })),
      ...form('append', append),
      ...form('subtract', subtract),
    ],
  }
}

export function alterConfigs(routing: Routing, altered: readonly AlteredConfigs[], options: AlterConfigsOptions) {
  return routing.settle(altered, {
    deadline: routing.deadline('incrementalAlterConfigs', options),
    place: brokerOf(ownerOf),
    passes: movedController,
    keyOf: resourceKey,
    ask: async (to, them) => {
      const request = { resources: them.map(formOf), validateOnly: options.validateOnly ?? false }
      const { responses } = await to.send(alterApi, request)
      return responses.map((it) => {
        const key = toldKey(it)
        return [key, failureOf(it.errorCode, key, it.errorMessage)] as const
      })
    },
  })
}
