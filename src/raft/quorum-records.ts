/**
 * What the log says about its own quorum (KIP-853): the control records KRaftVersion and Voters, as the machine knows
 * them and as bytes. Pure.
 */
import { MalformedError, Reader, Writer } from '../base/index.ts'
import { kRaftVersionRecord, votersRecord } from '../protocol/index.ts'
import {
  BatchCursor,
  batchHeader,
  CompressionError,
  type ControlRecord,
  ControlRecordType,
  controlRecordType,
  readRecords,
} from '../records/index.ts'
import { endpointsByName, type FetchedBatch } from './messages.ts'
import { VoterSet } from './voters.ts'

export type QuorumRecord =
  | { readonly kind: 'kraft-version'; readonly version: number }
  | { readonly kind: 'voters'; readonly voters: VoterSet }

/** A record and where the log has it; what a snapshot says holds from the last offset that it covers, -1 for the first. */
export interface LoggedRecord {
  readonly offset: number
  readonly record: QuorumRecord
}

/** Whether records of this type say who votes, and how. */
export const isQuorumType = (type: number | undefined): type is ControlRecord['type'] =>
  type === ControlRecordType.kraftVersion || type === ControlRecordType.kraftVoters

export function encodeQuorumRecord(record: QuorumRecord): ControlRecord {
  const writer = new Writer(128)
  if (record.kind === 'kraft-version') {
    kRaftVersionRecord.encode(writer, 0, kRaftVersionRecord.create({ kRaftVersion: record.version }))
    return { type: ControlRecordType.kraftVersion, value: writer.finishAsOne() }
  }
  const voters = record.voters.all().map(({ id, directoryId, endpoints, kraftVersions }) => ({
    voterId: id,
    voterDirectoryId: directoryId,
    endpoints: [...endpoints],
    kRaftVersionFeature: {
      minSupportedVersion: kraftVersions?.min ?? 0,
      maxSupportedVersion: kraftVersions?.max ?? 0,
    },
  }))
  votersRecord.encode(writer, 0, votersRecord.create({ voters }))
  return { type: ControlRecordType.kraftVoters, value: writer.finishAsOne() }
}

/** Undefined for types that say nothing about the quorum. Throws MalformedError. */
export function decodeQuorumRecord(type: number | undefined, value: Uint8Array): QuorumRecord | undefined {
  if (type === ControlRecordType.kraftVersion) {
    return { kind: 'kraft-version', version: kRaftVersionRecord.decode(new Reader(value), 0).kRaftVersion }
  }
  if (type !== ControlRecordType.kraftVoters) return undefined
  const voters = votersRecord.decode(new Reader(value), 0).voters.map((voter) => ({
    id: voter.voterId,
    directoryId: voter.voterDirectoryId,
    endpoints: endpointsByName(voter.endpoints),
    kraftVersions: {
      min: voter.kRaftVersionFeature.minSupportedVersion,
      max: voter.kRaftVersionFeature.maxSupportedVersion,
    },
  }))
  // Of an id that is there twice the last one counts, as in Kafka.
  return { kind: 'voters', voters: new VoterSet([...new Map(voters.map((voter) => [voter.id, voter])).values()]) }
}

/** A control batch of the quorum is small: a leader that sends more has sent something else. */
const decompressedBytesMax = 1024 * 1024

/** What a batch of records may become: as whoever reads what is committed takes it. */
const decompressedDataBytesMax = 64 * 1024 * 1024

/** As `quorumRecordsIn`, of one batch that a leader has sent: all that whoever reads it later relies on is true. */
function checkedRecordsIn({ baseOffset, lastOffset, bytes }: FetchedBatch): LoggedRecord[] {
  const cursor = new BatchCursor(bytes, 0, bytes.length)
  if (!cursor.next() || cursor.nextPosition !== bytes.length) throw new MalformedError('it is not one batch')
  const { view } = cursor
  if (!cursor.isCrcValid()) throw new MalformedError('its checksum differs')
  if (batchHeader.baseOffset(view, 0) !== baseOffset) throw new MalformedError('it has another offset')
  const limit = batchHeader.isControl(view, 0) ? decompressedBytesMax : decompressedDataBytesMax
  let next = baseOffset
  for (const { offset } of readRecords(bytes, 0, limit)) {
    if (offset !== next) throw new MalformedError(`it has offset ${offset} where ${next} is to be`)
    next++
  }
  if (next !== lastOffset + 1) throw new MalformedError(`its records end at ${next}, not behind ${lastOffset}`)
  return quorumRecordsIn(bytes)
}

/** Of whole batches, in order. Throws MalformedError and CompressionError. */
export function quorumRecordsIn(bytes: Uint8Array): LoggedRecord[] {
  const found: LoggedRecord[] = []
  const cursor = new BatchCursor(bytes, 0, bytes.length)
  while (cursor.next()) {
    const { view, position } = cursor
    if (!batchHeader.isControl(view, position)) continue
    for (const { offset, key, value } of readRecords(bytes, position, decompressedBytesMax)) {
      const record = value === null ? undefined : decodeQuorumRecord(controlRecordType(key), value)
      if (record !== undefined) found.push({ offset, record })
    }
  }
  return found
}

/** What a batch that a leader sent says, or why it is not taken; `read` instead of the checks of its bytes. */
export function readFetched(
  batch: FetchedBatch,
  read: ((bytes: Uint8Array) => readonly LoggedRecord[]) | undefined,
): readonly LoggedRecord[] | string {
  try {
    return read === undefined ? checkedRecordsIn(batch) : read(batch.bytes)
  } catch (error) {
    if (!(error instanceof MalformedError || error instanceof CompressionError)) throw error
    return `the batch at offset ${batch.baseOffset} cannot be read: ${error.message}`
  }
}
