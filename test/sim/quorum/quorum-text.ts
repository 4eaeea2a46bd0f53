/** Batches of the model as text: its records, and what they say of the quorum. */
import { uuidFromString, uuidToString } from '../../../src/base/index.ts'
import { type Entry, VoterSet } from '../../../src/raft/index.ts'
import type { LoggedRecord, QuorumRecord } from '../../../src/raft/quorum-records.ts'
import { VoterHistory } from '../../../src/raft/voter-history.ts'

type LeadersEntry = Exclude<Entry, { readonly kind: 'fetched' }>

/** One text for each record. */
export function textOf(entry: LeadersEntry): string[] {
  if (entry.kind === 'records') return entry.records.map((it) => Buffer.from(it).toString())
  const { baseOffset } = entry
  if (entry.kind === 'quorum') return entry.records.map((it, i) => textOfRecord(it, baseOffset + i))
  return [`leader ${entry.leaderId}`, ...entry.quorum.map((it, i) => textOfRecord(it, baseOffset + 1 + i))]
}

function textOfRecord(record: QuorumRecord, offset: number): string {
  if (record.kind === 'kraft-version') return `version ${offset} ${record.version}`
  const voters = record.voters.all().map(({ id, directoryId, endpoints, kraftVersions }) => {
    const [endpoint] = endpoints
    return [id, uuidToString(directoryId), endpoint?.host, endpoint?.port, kraftVersions?.max ?? 0].join(',')
  })
  return `voters ${offset} ${voters.join(' ')}`
}

/** Of a snapshot of `offset`: what holds before. */
export const quorumText = (logged: readonly LoggedRecord[], offset: number): string =>
  new VoterHistory(new VoterSet([]), logged)
    .before(offset)
    .map((record) => textOfRecord(record, offset - 1))
    .join('|')

/** In a batch, or in a snapshot. */
export const recordsIn = (text: string): LoggedRecord[] => text.split('|').flatMap(recordIn)

function recordIn(text: string): LoggedRecord[] {
  const [kind, offset, ...rest] = text.split(' ')
  if (kind === 'version') {
    return [{ offset: Number(offset), record: { kind: 'kraft-version', version: Number(rest[0]) } }]
  }
  if (kind !== 'voters') return []
  const voters = rest.map((voter) => {
    const [id, directoryId = '', host = '', port, max] = voter.split(',')
    const endpoints = [{ name: 'CONTROLLER', host, port: Number(port) }]
    return {
      id: Number(id),
      directoryId: uuidFromString(directoryId),
      endpoints,
      kraftVersions: { min: 0, max: Number(max) },
    }
  })
  return [{ offset: Number(offset), record: { kind: 'voters', voters: new VoterSet(voters) } }]
}
