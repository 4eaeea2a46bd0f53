/**
 * What a config key is, and how its text becomes a value: the words in which every table of keys is written.
 * Not on the data path: values are parsed when a config is read or changed.
 */
import { assert, unreachable } from '../base/index.ts'
import { ConfigError, invalidValue } from './config-error.ts'
import type { ConfigValue } from './config-value.ts'
import { doubleToText, parseDouble, parseInteger } from './java-number.ts'
import { type Validator, validate } from './validators.ts'

export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password'

export type Importance = 'high' | 'medium' | 'low'

/** Who may change the key while the broker runs (KIP-226): nobody, one broker for itself, or also the cluster's default. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

export interface ConfigKey<T extends ConfigType = ConfigType> {
  readonly type: T
  /** The default as text; null where there is none. */
  readonly defaultText: string | null
  readonly required: boolean
  readonly validator: Validator | undefined
  readonly importance: Importance
  readonly update: UpdateMode
  /** Accepted, but not shown by DescribeConfigs unless it is set. */
  readonly internal: boolean
  /** This key and those that stand in for it, in order of precedence; empty where there is only the key itself. */
  readonly synonyms: readonly string[]
  readonly doc: string
}

export type ConfigKeys = Readonly<Record<string, ConfigKey>>

/** The names of those keys of a table whose values have one of the types `T`. */
export type NamesOf<K extends ConfigKeys, T extends ConfigType> = {
  [N in keyof K & string]: K[N]['type'] extends T ? N : never
}[keyof K & string]

export interface KeyOptions {
  readonly importance?: Importance
  readonly valid?: Validator
  readonly update?: UpdateMode
  readonly internal?: true
  readonly required?: true
  readonly synonyms?: readonly string[]
  readonly doc: string
}

function key<T extends ConfigType>(type: T, defaultText: string | null, options: KeyOptions): ConfigKey<T> {
  return {
    type,
    defaultText,
    required: options.required ?? false,
    validator: options.valid,
    importance: options.importance ?? 'medium',
    update: options.update ?? 'read-only',
    internal: options.internal ?? false,
    synonyms: options.synonyms ?? [],
    doc: options.doc,
  }
}

const textOf = (value: boolean | number | bigint | null): string | null => (value === null ? null : String(value))

export const boolean = (initial: boolean, options: KeyOptions): ConfigKey<'boolean'> =>
  key('boolean', textOf(initial), options)
export const string = (initial: string | null, options: KeyOptions): ConfigKey<'string'> =>
  key('string', initial, options)
export const int = (initial: number | null, options: KeyOptions): ConfigKey<'int'> =>
  key('int', textOf(initial), options)
export const short = (initial: number, options: KeyOptions): ConfigKey<'short'> =>
  key('short', textOf(initial), options)
export const long = (initial: number | bigint | null, options: KeyOptions): ConfigKey<'long'> =>
  key('long', textOf(initial), options)
export const double = (initial: number, options: KeyOptions): ConfigKey<'double'> =>
  key('double', doubleToText(initial), options)
export const list = (initial: string | null, options: KeyOptions): ConfigKey<'list'> => key('list', initial, options)
export const className = (initial: string | null, options: KeyOptions): ConfigKey<'class'> =>
  key('class', initial, options)
export const password = (options: KeyOptions): ConfigKey<'password'> => key('password', null, options)

export const longMax = 9223372036854775807n
export const intMax = 2147483647

/** What stands for a secret in messages and logs. */
export const hidden = '[hidden]'

const integerBounds = {
  short: { min: -32768n, max: 32767n },
  int: { min: -2147483648n, max: 2147483647n },
  long: { min: -9223372036854775808n, max: longMax },
}

function parseWhole(name: string, type: 'int' | 'short' | 'long', text: string): bigint {
  const value = parseInteger(text)
  const bounds = integerBounds[type]
  if (value === undefined || value < bounds.min || value > bounds.max) {
    throw invalidValue(name, text, `Not a number of type ${type.toUpperCase()}`)
  }
  return value
}

function parseBoolean(name: string, text: string): boolean {
  const lower = text.toLowerCase()
  if (lower === 'true') return true
  if (lower === 'false') return false
  throw invalidValue(name, text, 'Expected value to be either true or false')
}

export function parseList(text: string): readonly string[] {
  const trimmed = text.trim()
  // Not split at /\s*,\s*/: of a long row of spaces without a comma, that looks at every rest.
  return trimmed === '' ? [] : trimmed.split(',').map((element) => element.trim())
}

/** The value that `text` means under `type`. Throws ConfigError in Kafka's words. */
export function parseType(name: string, type: ConfigType, text: string): ConfigValue {
  const trimmed = text.trim()
  switch (type) {
    case 'boolean':
      return parseBoolean(name, trimmed)
    case 'string':
    case 'class':
      return trimmed
    case 'password':
      return text.trim()
    case 'int':
    case 'short':
      return Number(parseWhole(name, type, trimmed))
    case 'long':
      return parseWhole(name, type, trimmed)
    case 'double': {
      const value = parseDouble(trimmed)
      if (value === undefined) throw invalidValue(name, trimmed, 'Not a number of type DOUBLE')
      return value
    }
    case 'list':
      return parseList(trimmed)
    default:
      return unreachable(type)
  }
}

/** Parses and validates the text of one key; null stands for "not set" and gives the default. Throws ConfigError. */
export function parseKey(name: string, key: ConfigKey, text: string | null): ConfigValue {
  if (text === null) {
    if (key.required) throw new ConfigError(`Missing required configuration "${name}" which has no default value.`)
    return key.defaultText === null ? null : parseType(name, key.type, key.defaultText)
  }
  const value = parseType(name, key.type, text)
  if (key.validator !== undefined) {
    validate({ name, text: key.type === 'password' ? hidden : text.trim(), value, validator: key.validator })
  }
  return value
}

/** The text of a value as DescribeConfigs and Kafka's tools show it. */
export function valueToText(value: ConfigValue, type: ConfigType): string | null {
  if (value === null) return null
  if (typeof value === 'object') return value.join(',')
  if (type === 'password') return hidden
  if (type === 'double') {
    assert(typeof value === 'number', 'a double is a number')
    return doubleToText(value)
  }
  return String(value)
}
