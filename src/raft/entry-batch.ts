/** What a leader appends, as batches of the log. Pure. */
import { Writer, zeroUuid } from '../base/index.ts'
import { leaderChangeMessage } from '../protocol/index.ts'
import { buildBatch, buildControlBatch, type ControlRecord, ControlRecordType } from '../records/index.ts'
import { encodeQuorumRecord } from './quorum-records.ts'
import type { Entry } from './ready.ts'

type LeadersEntry = Exclude<Entry, { readonly kind: 'fetched' }>

export function batchOf(entry: LeadersEntry, timestampMs: number): Uint8Array {
  if (entry.kind === 'records') return recordsBatch(entry.records, timestampMs)
  if (entry.kind === 'quorum') return buildControlBatch(entry.records.map(encodeQuorumRecord), { timestampMs })
  const control = [leaderChange(entry), ...entry.quorum.map(encodeQuorumRecord)]
  return buildControlBatch(control, { timestampMs })
}

const recordsBatch = (values: readonly Uint8Array[], timestampMs: number): Uint8Array =>
  buildBatch(values.map((value) => ({ timestampMs, key: null, value })))

type LeaderChange = Extract<Entry, { readonly kind: 'leader-change' }>

function leaderChange({ leaderId, voters, granted }: LeaderChange): ControlRecord {
  const writer = new Writer(64)
  const named = (ids: readonly number[]) => ids.map((voterId) => ({ voterId, voterDirectoryId: zeroUuid }))
  const value = leaderChangeMessage.create({ leaderId, voters: named(voters), grantingVoters: named(granted) })
  leaderChangeMessage.encode(writer, 0, value)
  return { type: ControlRecordType.leaderChange, value: writer.finishAsOne() }
}
