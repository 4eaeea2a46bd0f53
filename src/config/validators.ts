/**
 * What a value may be, as data: one union, one function that checks, one that names the rule as Kafka's tables do.
 * Checks work on parsed values and know no other key; rules between keys are in `broker-rules.ts` and `alter.ts`.
 */
import { parseDuration, unreachable } from '../base/index.ts'
import { invalidValue } from './config-error.ts'
import type { ConfigValue } from './config-value.ts'
import { parseBootstrapServers, parseVoters } from './endpoint.ts'

export type Validator =
  | { readonly kind: 'range'; readonly min: number; readonly max: number | undefined }
  | { readonly kind: 'gzipLevel' }
  | { readonly kind: 'oneOf'; readonly values: readonly string[]; readonly ignoreCase: boolean }
  | { readonly kind: 'list'; readonly values: readonly string[]; readonly emptyAllowed: boolean }
  | { readonly kind: 'voters' }
  | { readonly kind: 'bootstrapServers' }
  | { readonly kind: 'nonNull' }
  | { readonly kind: 'nonEmpty' }
  | { readonly kind: 'throttledReplicas' }
  | { readonly kind: 'shareAutoOffsetReset' }

export const atLeast = (min: number): Validator => ({ kind: 'range', min, max: undefined })
export const between = (min: number, max: number): Validator => ({ kind: 'range', min, max })
export const oneOf = (...values: readonly string[]): Validator => ({ kind: 'oneOf', values, ignoreCase: false })
export const oneOfIgnoringCase = (...values: readonly string[]): Validator => ({
  kind: 'oneOf',
  values,
  ignoreCase: true,
})
/** Distinct, non-blank elements, of `values` if there are any. */
export const listOf = (...values: readonly string[]): Validator => ({ kind: 'list', values, emptyAllowed: true })
export const nonEmptyListOf = (...values: readonly string[]): Validator => ({
  kind: 'list',
  values,
  emptyAllowed: false,
})
export const gzipLevel: Validator = { kind: 'gzipLevel' }
export const voters: Validator = { kind: 'voters' }
export const bootstrapServers: Validator = { kind: 'bootstrapServers' }
export const nonNull: Validator = { kind: 'nonNull' }
export const nonEmpty: Validator = { kind: 'nonEmpty' }
export const throttledReplicas: Validator = { kind: 'throttledReplicas' }
export const shareAutoOffsetReset: Validator = { kind: 'shareAutoOffsetReset' }

/** The rule in the words of Kafka's config tables. */
export function validatorText(validator: Validator): string {
  switch (validator.kind) {
    case 'range':
      return validator.max === undefined ? `[${validator.min},...]` : `[${validator.min},...,${validator.max}]`
    case 'gzipLevel':
      return '[1,...,9] or -1'
    case 'oneOf':
      return `${validator.ignoreCase ? '(case insensitive) ' : ''}[${validator.values.join(', ')}]`
    case 'list':
      return validator.values.length === 0 ? '' : `[${validator.values.join(', ')}]`
    case 'voters':
    case 'bootstrapServers':
      return 'non-empty list'
    case 'nonNull':
      return 'non-null string'
    case 'nonEmpty':
      return 'non-empty string'
    case 'throttledReplicas':
      return '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
    case 'shareAutoOffsetReset':
      return '[latest, earliest, by_duration:PnDTnHnMn.nS]'
    default:
      return unreachable(validator)
  }
}

/** What is wrong with `value`, or undefined. */
function fault(validator: Validator, value: ConfigValue): string | undefined {
  switch (validator.kind) {
    case 'range':
      return rangeFault(validator, value)
    case 'gzipLevel':
      if (typeof value === 'number' && (value === -1 || (value >= 1 && value <= 9))) return undefined
      return 'Value must be between 1 and 9 or equal to -1'
    case 'oneOf':
      return oneOfFault(validator, value)
    case 'nonNull':
      return value === null ? 'entry must be non null' : undefined
    case 'nonEmpty':
      return value === '' ? 'String must be non-empty' : undefined
    case 'shareAutoOffsetReset':
      return typeof value === 'string' && isAutoOffsetReset(value)
        ? undefined
        : 'the value must be earliest, latest or of the form by_duration:PnDTnHnMn.nS'
    case 'list':
    case 'voters':
    case 'bootstrapServers':
    case 'throttledReplicas':
      return undefined
    default:
      return unreachable(validator)
  }
}

function rangeFault(range: Validator & { kind: 'range' }, value: ConfigValue): string | undefined {
  if (value === null) return 'Value must be non-null'
  if (typeof value !== 'number' && typeof value !== 'bigint') return 'Value must be a number'
  if (value < range.min) return `Value must be at least ${range.min}`
  if (range.max !== undefined && value > range.max) return `Value must be no more than ${range.max}`
  return undefined
}

function oneOfFault(rule: Validator & { kind: 'oneOf' }, value: ConfigValue): string | undefined {
  const options = rule.values.join(', ')
  if (!rule.ignoreCase) {
    return typeof value === 'string' && rule.values.includes(value) ? undefined : `String must be one of: ${options}`
  }
  if (typeof value === 'string' && rule.values.includes(value.toUpperCase())) return undefined
  return `String must be one of (case insensitive): ${options}`
}

function isAutoOffsetReset(value: string): boolean {
  if (value === 'earliest' || value === 'latest') return true
  if (!value.startsWith('by_duration:')) return false
  const durationMs = parseDuration(value.slice('by_duration:'.length))
  return durationMs !== undefined && durationMs >= 0
}

/** Elements of a list: throws for the first that is not allowed. `text` is the list as it was given. */
function checkList(options: {
  readonly name: string
  readonly text: string
  readonly validator: Validator
  readonly elements: readonly string[]
}): void {
  const { name, text, validator, elements } = options
  if (validator.kind === 'throttledReplicas') {
    const wellFormed = text.trim() === '*' || elements.every((element) => /^[0-9]+:[0-9]+$/.test(element))
    if (wellFormed) return
    const form = '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
    throw invalidValue(
      name,
      text,
      `${name} must be the literal '*' or a list of replicas in the following format: ${form}`,
    )
  }
  if (validator.kind === 'voters') parseVoters(elements)
  if (validator.kind === 'bootstrapServers') parseBootstrapServers(elements)
  if (validator.kind !== 'list') return
  if (elements.length === 0) {
    if (validator.emptyAllowed) return
    const options = validator.values.length === 0 ? 'any non-empty value' : `[${validator.values.join(', ')}]`
    throw invalidValue(name, '[]', `Configuration '${name}' must not be empty. Valid values include: ${options}`)
  }
  if (new Set(elements).size !== elements.length) {
    throw invalidValue(name, `[${elements.join(', ')}]`, `Configuration '${name}' values must not be duplicated.`)
  }
  for (const element of elements) {
    if (element === '') {
      throw invalidValue(name, `[${elements.join(', ')}]`, `Configuration '${name}' values must not be empty.`)
    }
    if (validator.values.length > 0 && !validator.values.includes(element)) {
      throw invalidValue(name, element, `String must be one of: ${validator.values.join(', ')}`)
    }
  }
}

/** Throws ConfigError if `value`, parsed from `text`, is not allowed. */
export function validate(options: {
  readonly name: string
  readonly text: string
  readonly value: ConfigValue
  readonly validator: Validator
}): void {
  const { name, text, value, validator } = options
  if (Array.isArray(value)) {
    checkList({ name, text, validator, elements: value })
    return
  }
  const reason = fault(validator, value)
  if (reason !== undefined) throw invalidValue(name, text, reason)
}
