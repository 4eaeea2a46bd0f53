/** Where a partition begins of which no offset was committed, or where there is nothing at its offset: `auto.offset.reset` (KIP-1106). */
import { parseDuration } from '../../base/index.ts'
import { KafkaError } from '../kafka-error.ts'

/** `by_duration` goes on with a duration of ISO 8601, of days and less: `by_duration:P7D`, `by_duration:PT1H30M`. */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none' | `by_duration:${string}`

/** The same, read: at the first record that is not older than `agoMs`. */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly agoMs: number }

const byDuration = 'by_duration:'

/** Throws KafkaError. */
export function offsetReset(text: string): OffsetReset {
  if (text === 'earliest' || text === 'latest' || text === 'none') return text
  if (!text.startsWith(byDuration)) throw new KafkaError('INVALID_ARGUMENT', `autoOffsetReset: there is no '${text}'`)
  const agoMs = parseDuration(text.slice(byDuration.length))
  if (agoMs !== undefined && agoMs >= 0) return { agoMs }
  throw new KafkaError('INVALID_ARGUMENT', `autoOffsetReset: '${text}' has no duration as PT1H is one`)
}
