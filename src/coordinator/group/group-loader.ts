/**
 * From the bytes of a partition of `__consumer_offsets` to the state of its groups. What a transaction has committed
 * counts when its marker comes; what this version cannot act on is remembered by group and left where it lies.
 */
import { MalformedError } from '../../base/index.ts'
import {
  BatchCursor,
  batchHeader,
  ControlRecordType,
  controlRecordType,
  type Record,
  readMessages,
  readRecords,
} from '../../records/index.ts'
import { foreignKindOf, groupIdOfKey } from './foreign-groups.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { decodeGroupRecord } from './group-record-codec.ts'

/** Of one batch, after decompression: far above what any coordinator writes into one. */
const plainBytesMax = 256 * 1024 * 1024

/** What is replayed at a stretch: some milliseconds of the loop. */
const sliceRecords = 1000

export class GroupLoader {
  readonly #groups: GroupCoordinator
  readonly #report: (message: string) => void
  readonly #unknownTypes = new Set<number>()
  #left = sliceRecords
  #nextOffset: number
  recordCount = 0

  constructor({
    groups,
    startOffset,
    report,
  }: {
    readonly groups: GroupCoordinator
    readonly startOffset: number
    readonly report: (message: string) => void
  }) {
    this.#groups = groups
    this.#nextOffset = startOffset
    this.#report = report
  }

  /** Everything below has been replayed. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Replays whole batches; yields whenever others should have their turn. Throws MalformedError. */
  *replay(bytes: Uint8Array): Generator<void, void, void> {
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) {
      const nextOffset = cursor.lastOffset + 1
      // A read begins with the batch that holds its offset, whose beginning may be known already.
      if (nextOffset <= this.#nextOffset) continue
      yield* this.#replayBatch(cursor)
      this.#nextOffset = nextOffset
      this.#groups.commitTo(nextOffset)
    }
    if (cursor.ended === 'corrupt') throw new MalformedError(`no batch behind offset ${this.#nextOffset}`)
  }

  *#replayBatch({ magic, isControl, bytes, view, position }: BatchCursor): Generator<void, void, void> {
    // Older formats know no transactions.
    const isTransactional = magic === 2 && batchHeader.isTransactional(view, position)
    const producerId = isTransactional ? batchHeader.producerId(view, position) : undefined
    const read = magic === 2 ? readRecords : readMessages
    for (const record of read(bytes, position, plainBytesMax)) {
      if (record.offset < this.#nextOffset) continue
      if (isControl) this.#endTransaction(producerId, record)
      else this.#replayRecord(record, producerId)
      this.recordCount++
      if (--this.#left > 0) continue
      this.#left = sliceRecords
      yield
    }
  }

  #endTransaction(producerId: number | undefined, { key }: Record): void {
    const type = controlRecordType(key)
    if (producerId === undefined || (type !== ControlRecordType.commit && type !== ControlRecordType.abort)) return
    this.#groups.endTransaction(producerId, type === ControlRecordType.commit)
  }

  #replayRecord({ key, value, offset }: Record, producerId: number | undefined): void {
    if (key === null) return
    const { foreign } = this.#groups
    try {
      const record = decodeGroupRecord(key, value)
      if (record === undefined) {
        this.#replayForeign(key, value)
        return
      }
      if (foreign.size > 0) foreign.remove(record.groupId, key)
      if (producerId === undefined) this.#groups.replay(record, offset)
      else this.#groups.replayTransactional(producerId, record, offset)
    } catch (error) {
      if (!(error instanceof MalformedError) || value === null) throw error
      const groupId = groupIdOfKey(key)
      this.#report(`Group ${groupId} has a record at offset ${offset} that cannot be read (${error.message})`)
      foreign.add('unreadable', groupId, key)
    }
  }

  #replayForeign(key: Buffer, value: Buffer | null): void {
    const kind = foreignKindOf(key)
    if (kind !== undefined) {
      const groupId = groupIdOfKey(key)
      if (value === null) this.#groups.foreign.remove(groupId, key)
      else this.#groups.foreign.add(kind, groupId, key)
      return
    }
    const type = key.readInt16BE(0)
    if (this.#unknownTypes.has(type)) return
    this.#unknownTypes.add(type)
    this.#report(`Records of type ${type} are passed over: a later version has written them`)
  }
}
