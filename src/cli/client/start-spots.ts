/** Where `--offset` says that reading begins, and taking the partitions of a consumer there. */
import { type Consumer, KafkaError, type TopicPartition } from '../../client/index.ts'
import { UsageError } from '../usage-error.ts'

export type StartSpot =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many records before the end. */
  | { readonly kind: 'before-end'; readonly count: number }
  /** The first record that is not older. */
  | { readonly kind: 'time'; readonly timestampMs: number }

/** Throws UsageError. */
export function startSpot(text: string, flag = 'offset'): StartSpot {
  if (text === 'beginning' || text === 'earliest') return { kind: 'beginning' }
  if (text === 'end' || text === 'latest') return { kind: 'end' }
  if (/^\d{1,15}$/.test(text)) return { kind: 'offset', offset: Number(text) }
  if (/^-\d{1,15}$/.test(text)) return { kind: 'before-end', count: -Number(text) }
  if (text.startsWith('@')) return { kind: 'time', timestampMs: timeOf(text.slice(1), flag) }
  throw new UsageError(`--${flag} is beginning, end, an offset, -N for so many before the end, or @TIME, not '${text}'`)
}

/** Milliseconds since 1970, or a date as ISO 8601 has it. */
function timeOf(text: string, flag: string): number {
  const timestampMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(timestampMs)) throw new UsageError(`--${flag}: '${text}' is neither milliseconds nor a date`)
  return timestampMs
}

/** Assigns them, each from where the spot says. Rejects with KafkaError. */
export async function assignFrom(
  consumer: Consumer,
  partitions: readonly TopicPartition[],
  spot: StartSpot,
): Promise<void> {
  // First, so that nothing is read from elsewhere.
  const offsets = await offsetsOf(consumer, partitions, spot)
  consumer.assign(partitions)
  for (const [i, { topic, partition }] of partitions.entries()) {
    const offset = offsets[i]
    if (offset === undefined || offset < 0) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}-${partition}`)
    consumer.seek({ topic, partition, offset })
  }
}

async function offsetsOf(
  consumer: Consumer,
  partitions: readonly TopicPartition[],
  spot: StartSpot,
): Promise<readonly number[]> {
  switch (spot.kind) {
    case 'beginning':
      return consumer.beginningOffsets(partitions)
    case 'end':
      return consumer.endOffsets(partitions)
    case 'offset':
      return partitions.map(() => spot.offset)
    case 'before-end': {
      const [first, ends] = await Promise.all([consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)])
      return ends.map((end, i) => Math.max(first[i] ?? 0, end - spot.count))
    }
    case 'time': {
      const [found, ends] = await Promise.all([
        consumer.offsetsForTime(partitions, spot.timestampMs),
        consumer.endOffsets(partitions),
      ])
      return ends.map((end, i) => found[i]?.offset ?? end)
    }
  }
}
