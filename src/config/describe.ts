/**
 * The entries of DescribeConfigs: value, where it comes from (KIP-226), and what stands behind it. Passwords, and values
 * of keys nobody knows, are sensitive: their value is null. Authorization and existence of the resource are the caller's.
 */
import { type BrokerConfig, brokerKey } from './broker-config.ts'
import { brokerKeys } from './broker-keys.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import { type ConfigKey, type ConfigType, parseKey, valueToText } from './config-def.ts'
import type { ConfigValue } from './config-value.ts'
import { dynamicOnlyKey } from './dynamic-only-keys.ts'
import { groupKeys } from './group-keys.ts'
import { topicValues } from './topic-config.ts'
import { topicKeys } from './topic-keys.ts'
import { groupSynonym, topicSynonyms } from './topic-synonyms.ts'

/** `ConfigSource` of the wire. */
export const configSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  dynamicBrokerLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const

export type ConfigSource = (typeof configSource)[keyof typeof configSource]

/** `ConfigType` of the wire; 0 is unknown. */
const typeCodes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: ConfigSource
}

export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly source: ConfigSource
  readonly sensitive: boolean
  readonly synonyms: readonly ConfigSynonym[]
  readonly typeCode: number
  readonly documentation: string | null
}

type Texts = ReadonlyMap<string, string>

const brokerTable: ReadonlyMap<string, ConfigKey> = new Map(Object.entries(brokerKeys))

const knownKey = (name: string): ConfigKey | undefined => brokerKey(name)?.key ?? dynamicOnlyKey(name)

/** Of those that are dynamic alone Kafka has none. */
const documentationOf = (name: string): string | null => brokerKey(name)?.key.doc ?? null

const isReadOnly = (name: string): boolean => (knownKey(name)?.update ?? 'read-only') === 'read-only'

/** Names under which a broker config may be given, itself among them. */
function brokerNames(name: string): readonly string[] {
  const base = brokerKey(name)
  if (base?.prefixed) return [name, base.name]
  return base === undefined || base.key.synonyms.length === 0 ? [name] : base.key.synonyms
}

/**
 * Where broker config `name` comes from, first the one that holds. As Kafka does, what comes before the first mention of
 * `name` itself is dropped, so that a value given only in another unit does not show.
 */
function brokerSynonyms(broker: BrokerConfig, name: string): readonly ConfigSynonym[] {
  const names = brokerNames(name)
  const sensitive = isSensitive(knownKey(name))
  const found: ConfigSynonym[] = []
  const add = (texts: Texts, source: ConfigSource): void => {
    for (const it of names) {
      const text = texts.get(it)
      if (text !== undefined) found.push({ name: it, value: sensitive ? null : text, source })
    }
  }
  add(broker.texts.dynamicBroker, configSource.dynamicBroker)
  add(broker.texts.dynamicDefault, configSource.dynamicDefaultBroker)
  add(broker.texts.static, configSource.staticBroker)
  for (const it of names) {
    const text = brokerTable.get(it)?.defaultText
    if (text !== undefined && text !== null) {
      found.push({ name: it, value: sensitive ? null : text, source: configSource.default })
    }
  }
  const first = found.findIndex((synonym) => synonym.name === name)
  return first < 0 ? [] : found.slice(first)
}

function isSensitive(key: ConfigKey | undefined): boolean {
  return key === undefined || key.type === 'password'
}

function entry(options: {
  readonly name: string
  readonly key: ConfigKey | undefined
  readonly text: string | null
  readonly readOnly: boolean
  readonly synonyms: readonly ConfigSynonym[]
  readonly documentation: string | null
}): ConfigEntry {
  const { name, key, text, readOnly, synonyms, documentation } = options
  const sensitive = isSensitive(key)
  return {
    name,
    value: sensitive ? null : text,
    readOnly,
    source: synonyms[0]?.source ?? configSource.default,
    sensitive,
    synonyms,
    typeCode: key === undefined ? 0 : typeCodes[key.type],
    documentation,
  }
}

function brokerEntry(broker: BrokerConfig, name: string, synonyms: readonly ConfigSynonym[]): ConfigEntry {
  const base = brokerKey(name)
  const value = broker.value(name)
  const text =
    base !== undefined && !base.prefixed && value !== undefined
      ? valueToText(value, base.key.type)
      : (synonyms[0]?.value ?? null)
  const documentation = documentationOf(name)
  return entry({ name, key: knownKey(name), text, readOnly: isReadOnly(name), synonyms, documentation })
}

/** The broker itself: every key that is set, and every one that is not internal. */
export function describeBroker(broker: BrokerConfig): readonly ConfigEntry[] {
  const { static: given, dynamicDefault, dynamicBroker } = broker.texts
  const names = new Set([...given.keys(), ...dynamicDefault.keys(), ...dynamicBroker.keys()])
  for (const [name, key] of brokerTable) if (!key.internal) names.add(name)
  return [...names].sort().map((name) => brokerEntry(broker, name, brokerSynonyms(broker, name)))
}

/** The cluster's defaults: only what is set there. */
export function describeBrokerDefaults(broker: BrokerConfig): readonly ConfigEntry[] {
  return [...broker.texts.dynamicDefault].sort().map(([name, text]) => {
    const synonyms = brokerSynonyms(broker, name).filter((it) => it.source === configSource.dynamicDefaultBroker)
    const documentation = documentationOf(name)
    return entry({ name, key: knownKey(name), text, readOnly: isReadOnly(name), synonyms, documentation })
  })
}

function resourceEntries(options: {
  readonly keys: Readonly<Record<string, ConfigKey>>
  readonly texts: Texts
  readonly source: ConfigSource
  readonly currentValue: (name: string, key: ConfigKey) => ConfigValue
  readonly inherited: (name: string, key: ConfigKey) => readonly ConfigSynonym[]
}): readonly ConfigEntry[] {
  const { keys, texts, source, currentValue, inherited } = options
  return Object.entries(keys)
    .filter(([name, key]) => !key.internal || texts.has(name))
    .map(([name, key]) => {
      const text = valueToText(currentValue(name, key), key.type)
      const own: readonly ConfigSynonym[] = texts.has(name) ? [{ name, value: text, source }] : []
      const synonyms = [...own, ...inherited(name, key)]
      return entry({ name, key, text, readOnly: false, synonyms, documentation: key.doc })
    })
}

/** A topic with its own `texts`. Throws ConfigError if one of them is not valid. */
export function describeTopic(broker: BrokerConfig, texts: Texts): readonly ConfigEntry[] {
  const values = topicValues(broker, texts)
  return resourceEntries({
    keys: topicKeys,
    texts,
    source: configSource.topic,
    currentValue: (name) => values.get(name) ?? null,
    inherited: (name) => {
      const first = topicSynonyms(name)[0]
      return first === undefined ? [] : brokerSynonyms(broker, first.name)
    },
  })
}

/** A group with its own `texts`. */
export function describeGroup(broker: BrokerConfig, texts: Texts): readonly ConfigEntry[] {
  return resourceEntries({
    keys: groupKeys,
    texts,
    source: configSource.group,
    currentValue: (name, key) => {
      const text = texts.get(name)
      const synonym = groupSynonym(name)
      if (text !== undefined || synonym === undefined) return parseKey(name, key, text ?? null)
      return broker.value(synonym) ?? parseKey(name, key, null)
    },
    inherited: (name, key) => {
      const synonym = groupSynonym(name)
      return synonym === undefined
        ? [{ name, value: key.defaultText, source: configSource.default }]
        : brokerSynonyms(broker, synonym)
    },
  })
}

/** A client metrics subscription with its own `texts`. */
export function describeClientMetrics(texts: Texts): readonly ConfigEntry[] {
  return resourceEntries({
    keys: clientMetricsKeys,
    texts,
    source: configSource.clientMetrics,
    currentValue: (name, key) => parseKey(name, key, texts.get(name) ?? null),
    inherited: () => [],
  })
}
