/** What an admin client is told: Kafka's names and defaults, in one word each; times in milliseconds. */
import { checkMs, checkNames, defined } from '../connection-options.ts'

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
