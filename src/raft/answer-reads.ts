/** What goes into an answer to another node from the disk: batches of the log, or a piece of a snapshot. */
import { type Log, readPlan } from '../log/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { QuorumAnswer } from './asked.ts'
import type { Answer } from './messages.ts'
import { emptyFetchSnapshot } from './messages.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

const noBytes = new Uint8Array(0)

interface Sources {
  readonly log: Log
  readonly snapshots: SnapshotFiles
}

/** Throws ApiError and DiskError where the disk fails. */
export async function filledAnswer({ reply, read }: Answer, { log, snapshots }: Sources): Promise<QuorumAnswer> {
  if (read?.of === 'log') return { reply, records: await recordsOf(log, read) }
  if (read === undefined || reply.kind !== 'fetch-snapshot') return { reply, records: noBytes }
  const bytes = await snapshots.readPiece(read.snapshot, read)
  if (bytes !== undefined) return { reply: { ...reply, bytes }, records: noBytes }
  // It was removed since the machine has looked.
  const { epoch, leaderId, leaderEndpoints } = reply
  const head = { errorCode: ErrorCode.SNAPSHOT_NOT_FOUND, epoch, leaderId, leaderEndpoints }
  return { reply: emptyFetchSnapshot(head), records: noBytes }
}

interface LogRead {
  readonly offset: number
  readonly bytesMax: number
}

async function recordsOf(log: Log, { offset: startOffset, bytesMax: maxBytes }: LogRead): Promise<Uint8Array> {
  // Where the log was cut meanwhile, at either end, the replica asks again.
  if (startOffset < log.logStartOffset || startOffset >= log.logEndOffset) return noBytes
  const plan = await log.read({ startOffset, maxBytes, maxOffset: log.logEndOffset, minOneBatch: true })
  return readPlan(plan) ?? noBytes
}
