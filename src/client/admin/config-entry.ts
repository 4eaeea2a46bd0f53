/** One config of a resource as a broker tells it. */

/** What a config is set to; numbers and booleans as Kafka writes them, lists with commas. */
export type ConfigValue = string | number | boolean | readonly string[]

export const configText = (value: ConfigValue): string => (typeof value === 'object' ? value.join(',') : String(value))

/** By their codes on the wire. */
const sources = [
  'unknown',
  'dynamic-topic-config',
  'dynamic-broker-config',
  'dynamic-default-broker-config',
  'static-broker-config',
  'default-config',
  'dynamic-broker-logger-config',
  'dynamic-client-metrics-config',
  'dynamic-group-config',
] as const

/** Where a value comes from. */
export type ConfigSource = (typeof sources)[number]

const types = ['unknown', 'boolean', 'string', 'int', 'short', 'long', 'double', 'list', 'class', 'password'] as const

export type ConfigType = (typeof types)[number]

/** A value that would hold if those before it were not there. */
export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: ConfigSource
}

export interface ConfigEntry {
  readonly name: string
  /** Null: it has none, or it is a secret. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** With itself, in order of precedence; empty unless they were asked for. */
  readonly synonyms: readonly ConfigSynonym[]
  /** `unknown` before Kafka 2.6. */
  readonly type: ConfigType
  /** Null unless it was asked for. */
  readonly documentation: string | null
}

interface Told {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms?: readonly { readonly name: string; readonly value: string | null; readonly source: number }[]
  readonly configType?: number
  readonly documentation?: string | null
}

const sourceOf = (code: number): ConfigSource => sources[code] ?? 'unknown'

export const entryOf = (told: Told): ConfigEntry => ({
  name: told.name,
  value: told.value,
  source: sourceOf(told.configSource),
  isReadOnly: told.readOnly,
  isSensitive: told.isSensitive,
  synonyms: told.synonyms?.map(({ name, value, source }) => ({ name, value, source: sourceOf(source) })) ?? [],
  type: types[told.configType ?? 0] ?? 'unknown',
  documentation: told.documentation || null,
})
