/** What control records say, as `kafka-dump-log` prints it. */
import { MalformedError, Reader, uuidToString } from '../../base/index.ts'
import {
  kRaftVersionRecord,
  leaderChangeMessage,
  snapshotFooterRecord,
  snapshotHeaderRecord,
  votersRecord,
} from '../../protocol/index.ts'
import {
  ControlRecordType,
  controlRecordType,
  endTransactionCoordinatorEpoch,
  type Record,
} from '../../records/index.ts'
import { asPlainJson } from './plain-json.ts'

type Text = (value: Buffer) => string

/** Since version 1 voters have directories. */
function leaderChange(value: Buffer): string {
  const version = value.readInt16BE(0)
  const { leaderId, voters, grantingVoters } = leaderChangeMessage.decode(new Reader(value), version)
  const listed = (all: typeof voters) =>
    all.map(({ voterId, voterDirectoryId }) =>
      version === 0 ? { voterId } : { voterId, voterDirectoryId: uuidToString(voterDirectoryId) },
    )
  const said = { version, leaderId, voters: listed(voters), grantingVoters: listed(grantingVoters) }
  return `LeaderChange: ${JSON.stringify(said)}`
}

function voters(value: Buffer): string {
  const said = votersRecord.decode(new Reader(value), 0)
  const listed = said.voters.map((it) => ({ ...it, voterDirectoryId: uuidToString(it.voterDirectoryId) }))
  return `KRaftVoters ${asPlainJson({ ...said, voters: listed })}`
}

const texts: ReadonlyMap<number, Text> = new Map([
  [ControlRecordType.leaderChange, leaderChange],
  [
    ControlRecordType.snapshotHeader,
    (value) => `SnapshotHeader ${asPlainJson(snapshotHeaderRecord.decode(new Reader(value), 0))}`,
  ],
  [
    ControlRecordType.snapshotFooter,
    (value) => `SnapshotFooter ${asPlainJson(snapshotFooterRecord.decode(new Reader(value), 0))}`,
  ],
  [
    ControlRecordType.kraftVersion,
    (value) => `KRaftVersion ${asPlainJson(kRaftVersionRecord.decode(new Reader(value), 0))}`,
  ],
  [ControlRecordType.kraftVoters, voters],
])

export function controlText({ key, value }: Record): string {
  const type = controlRecordType(key)
  if (type === ControlRecordType.commit || type === ControlRecordType.abort) {
    const name = type === ControlRecordType.commit ? 'COMMIT' : 'ABORT'
    return `endTxnMarker: ${name} coordinatorEpoch: ${endTransactionCoordinatorEpoch(value) ?? -1}`
  }
  const text = texts.get(type ?? -1)
  if (text === undefined || value === null) return `controlType: UNKNOWN(${type ?? -1})`
  try {
    return text(value)
  } catch (error) {
    if (error instanceof MalformedError || error instanceof RangeError) return `unreadable: ${error.message}`
    throw error
  }
}
