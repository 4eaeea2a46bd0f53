/** What an admin client is told: Kafka's names and defaults, in one word each; times in milliseconds. */
import { checkMs, checkNames, defined } from '../connection-options.ts'
import { KafkaError } from '../kafka-error.ts'

export interface AdminOptions {
  /** The longest that a call takes, with all that it asks and asks again. Default 60,000. */
  readonly defaultApiTimeoutMs?: number
}

export interface CallOptions {
  /** The longest that this call takes. Default `defaultApiTimeoutMs`. */
  readonly timeoutMs?: number
}

export type AdminSettings = Required<AdminOptions>

const defaults = { defaultApiTimeoutMs: 60_000 } as const

/** Throws KafkaError for what makes no sense. */
export function adminSettings(options: AdminOptions): AdminSettings {
  checkNames(options, defaults)
  const all = { ...defaults, ...defined(options) }
  checkMs('defaultApiTimeoutMs', all.defaultApiTimeoutMs)
  return all
}

const int32Max = 2 ** 31 - 1

/** Throws KafkaError: what is encoded otherwise would be another number. */
export function checkInteger(name: string, value: number, { min = 0, max = int32Max } = {}): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw new KafkaError('INVALID_ARGUMENT', `${name}: ${value} is no whole number from ${min} to ${max}`)
}

export const checkOffset = (name: string, value: number): void =>
  checkInteger(name, value, { max: Number.MAX_SAFE_INTEGER })
