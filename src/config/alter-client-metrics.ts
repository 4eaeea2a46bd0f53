/** Checks configs of the resource CLIENT_METRICS: subscriptions to metrics that clients push (KIP-714). */
import { ApiError } from '../base/index.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import { type ConfigKey, parseKey, parseList } from './config-def.ts'

const invalidConfig = 40
const invalidRequest = 42
const keys: ReadonlyMap<string, ConfigKey> = new Map(Object.entries(clientMetricsKeys))

/** What a pattern of `match` may select clients by. */
export const clientMatchSelectors: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

const intervalMsMin = 100
const intervalMsMax = 3_600_000

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** Throws ApiError 42 or 40, or ConfigError. */
export function checkClientMetrics(subscription: string, texts: ReadonlyMap<string, string>): void {
  if (subscription === '') throw new ApiError(invalidRequest, "Subscription name can't be empty")
  for (const [name, text] of texts) {
    const key = keys.get(name)
    if (key === undefined) throw new ApiError(invalidRequest, `Unknown client metrics configuration: ${name}`)
    const value = parseKey(name, key, text)
    if (typeof value === 'number' && (value < intervalMsMin || value > intervalMsMax)) {
      const allowed = `interval must be between ${intervalMsMin} and ${intervalMsMax} (1 hour)`
      throw new ApiError(invalidRequest, `Invalid value ${value} for ${name}, ${allowed}`)
    }
  }
  for (const pattern of parseList(texts.get('match') ?? '')) {
    const parts = pattern.split('=')
    const [selector = '', expression = ''] = parts.map((part) => part.trim())
    if (parts.length !== 2 || !clientMatchSelectors.has(selector) || !isPattern(expression)) {
      throw new ApiError(invalidConfig, `Illegal client matching pattern: ${pattern}`)
    }
  }
}
