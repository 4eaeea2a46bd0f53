/** Configs of the resource CLIENT_METRICS: subscriptions to metrics that clients push (KIP-714). */
import { type ConfigKeys, int, list } from './config-def.ts'
import { listOf } from './validators.ts'

export const clientMetricsKeys = {
  'interval.ms': int(300_000, { doc: 'How often a matching client pushes its metrics; 100 ms to 1 hour.' }),
  match: list('', { valid: listOf(), doc: 'Patterns of clients, as selector=regular expression; empty matches all.' }),
  metrics: list('', { valid: listOf(), doc: 'Prefixes of metric names that are wanted; empty is none, * is all.' }),
} satisfies ConfigKeys
