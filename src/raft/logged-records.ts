/** What the newest snapshot and the log behind it say of the quorum, when a node starts: all of it, committed or not. */
import { assert } from '../base/index.ts'
import { type Log, readPlan } from '../log/index.ts'
import { BatchCursor, batchHeader } from '../records/index.ts'
import type { FoundSnapshot } from './opening.ts'
import { decodeQuorumRecord, type LoggedRecord, quorumRecordsIn } from './quorum-records.ts'

const readBytes = 64 * 1024

/** Throws DiskError and MalformedError. */
export async function loggedRecords(log: Log, snapshot: FoundSnapshot | undefined): Promise<LoggedRecord[]> {
  const logged = snapshot === undefined ? [] : loggedIn(snapshot)
  const maxOffset = log.logEndOffset
  for (let startOffset = snapshot?.offset ?? log.logStartOffset; startOffset < maxOffset; ) {
    const plan = await log.read({ startOffset, maxBytes: readBytes, maxOffset, minOneBatch: true })
    const bytes = readPlan(plan)
    if (bytes === undefined) throw new Error('batches of the metadata log could not be read')
    logged.push(...quorumRecordsIn(bytes))
    const before = startOffset
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) startOffset = batchHeader.nextOffset(cursor.view, cursor.position)
    assert(startOffset > before, 'a read of the log has a batch')
  }
  return logged
}

/** What a snapshot says holds from the last offset that it covers. Throws MalformedError. */
export const loggedIn = ({ offset, control }: FoundSnapshot): LoggedRecord[] =>
  control.flatMap(({ type, value }) => {
    const record = decodeQuorumRecord(type, value)
    return record === undefined ? [] : [{ offset: offset - 1, record }]
  })
