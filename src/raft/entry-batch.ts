/** What a leader appends, as batches of the log. Pure. */
import { Writer, zeroUuid } from '../base/index.ts'
import { leaderChangeMessage } from '../protocol/index.ts'
import { buildBatch, buildControlBatch, ControlRecordType } from '../records/index.ts'
import type { Entry } from './core.ts'

type LeadersEntry = Exclude<Entry, { readonly kind: 'fetched' }>

export const batchOf = (entry: LeadersEntry, timestampMs: number): Uint8Array =>
  entry.kind === 'records' ? recordsBatch(entry.records, timestampMs) : leaderChangeBatch(entry, timestampMs)

const recordsBatch = (values: readonly Uint8Array[], timestampMs: number): Uint8Array =>
  buildBatch(values.map((value) => ({ timestampMs, key: null, value })))

type LeaderChange = Extract<Entry, { readonly kind: 'leader-change' }>

function leaderChangeBatch({ leaderId, voters, granted }: LeaderChange, timestampMs: number): Uint8Array {
  const writer = new Writer(64)
  const named = (ids: readonly number[]) => ids.map((voterId) => ({ voterId, voterDirectoryId: zeroUuid }))
  const value = leaderChangeMessage.create({ leaderId, voters: named(voters), grantingVoters: named(granted) })
  leaderChangeMessage.encode(writer, 0, value)
  return buildControlBatch([{ type: ControlRecordType.leaderChange, value: writer.finishAsOne() }], { timestampMs })
}
