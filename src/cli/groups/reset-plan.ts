/** Where a group is to go on: its offsets as they are, and as they would be. Nothing is changed here. */
import { type Admin, KafkaError, type TopicPartition } from '../../client/index.ts'
import type { StartSpot } from '../client/start-spots.ts'

export type ResetSpot =
  | StartSpot
  /** From where it is. */
  | { readonly kind: 'shift'; readonly by: number }
  /** Where it is; where it is nowhere, at the end. */
  | { readonly kind: 'current' }
  /** Its own for each partition, by its name. */
  | { readonly kind: 'each'; readonly offsets: ReadonlyMap<string, number> }

export interface PlannedOffset extends TopicPartition {
  /** Undefined: nothing is committed. */
  readonly from: number | undefined
  readonly to: number
  /** There is no record of that time or later. */
  readonly isFallback: boolean
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

/** `orders`, or `orders:0,2`. Rejects with KafkaError for a topic that is not there. */
export async function partitionsNamed(admin: Admin, texts: readonly string[]): Promise<readonly TopicPartition[]> {
  const found: TopicPartition[] = []
  for (const text of texts) {
    const [, topic = text, numbers] = /^(.*):(\d+(?:,\d+)*)$/.exec(text) ?? []
    const all =
      numbers?.split(',').map(Number) ?? (await admin.describeTopic(topic)).partitions.map((it) => it.partition)
    for (const partition of all) found.push({ topic, partition })
  }
  return found
}

interface Range {
  readonly first: number
  readonly end: number
}

interface Known extends Range {
  readonly from: number | undefined
  /** The first record that is not older; undefined where there is none, or no time was asked for. */
  readonly ofTime: number | undefined
}

function wantedOf(name: string, spot: ResetSpot, { from, first, end, ofTime }: Known): number {
  switch (spot.kind) {
    case 'beginning':
      return first
    case 'end':
      return end
    case 'offset':
      return spot.offset
    case 'before-end':
      return end - spot.count
    case 'time':
      return ofTime ?? end
    case 'current':
      return from ?? end
    case 'each':
      return spot.offsets.get(name) ?? end
    case 'shift':
      if (from !== undefined) return from + spot.by
      throw new KafkaError('INVALID_ARGUMENT', `${name}: nothing is committed that could be shifted`)
  }
}

/** What is beyond the ends of a partition becomes its end. Rejects with KafkaError. */
export async function resetPlan(
  admin: Admin,
  groupId: string,
  { partitions, spot }: { readonly partitions: readonly TopicPartition[]; readonly spot: ResetSpot },
): Promise<readonly PlannedOffset[]> {
  const asked = (at: 'earliest' | 'latest' | number) => admin.listOffsets(partitions.map((it) => ({ ...it, at })))
  const none: Awaited<ReturnType<typeof asked>> = new Map()
  const [committed, firsts, ends, ofTimes] = await Promise.all([
    admin.listGroupOffsets(groupId),
    asked('earliest'),
    asked('latest'),
    spot.kind === 'time' ? asked(spot.timestampMs) : none,
  ])
  return partitions.map(({ topic, partition }) => {
    const name = nameOf({ topic, partition })
    const [first, end, time] = [firsts, ends, ofTimes].map((it) => it.get(name)?.offset)
    const from = committed.get(name)?.offset
    const ofTime = time === undefined || time < 0 ? undefined : time
    const known = { from, first: first ?? 0, end: end ?? 0, ofTime }
    const isCommitted = spot.kind === 'current' && from !== undefined
    const wanted = wantedOf(name, spot, known)
    const to = isCommitted ? wanted : Math.min(Math.max(wanted, known.first), known.end)
    return { topic, partition, from, to, isFallback: spot.kind === 'time' && ofTime === undefined }
  })
}
