/** The places of groups that a golden directory holds: what was committed last, transactions that are open left out. */
import { decodeGroupRecord } from '../../src/coordinator/index.ts'
import { batchesOf, type DirectoryBatch, type DirectoryName } from './data-dirs.ts'

export interface CommittedPlace {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly metadata: string
}

const commitMarker = 1

export function committedOffsets(directory: DirectoryName): readonly CommittedPlace[] {
  const places = new Map<string, CommittedPlace>()
  const pending = new Map<number, DirectoryBatch[]>()
  for (const batch of batchesOf(directory).filter(({ file }) => /^__consumer_offsets-\d+\/\d+\.log$/.test(file))) {
    const held = pending.get(batch.producerId) ?? []
    if (batch.control) {
      pending.delete(batch.producerId)
      const marker = Buffer.from(batch.records[0]?.key ?? '', 'base64').readInt16BE(2)
      if (marker === commitMarker) for (const written of held) place(places, written)
    } else if (batch.transactional) pending.set(batch.producerId, [...held, batch])
    else place(places, batch)
  }
  return [...places.values()]
}

function place(places: Map<string, CommittedPlace>, { records }: DirectoryBatch): void {
  for (const { key, value } of records) {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : null
    const record = decodeGroupRecord(Buffer.from(key ?? '', 'base64'), bytes)
    if (record?.kind !== 'offset') continue
    const { groupId, topic, partition } = record
    const name = `${groupId} ${topic} ${partition}`
    if (record.value === null) places.delete(name)
    else places.set(name, { groupId, topic, partition, offset: record.value.offset, metadata: record.value.metadata })
  }
}
