/**
 * The voters of a dynamic quorum (KIP-853), whom the metadata log names and not the configuration. Formatting with
 * `--standalone` or `--initial-controllers` writes them into the snapshot of offset 0; from there on the log has them
 * (`raft/voter-history.ts`).
 */
import { type Disk, present, type Uuid, uuidToString, Writer, zeroUuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { directoryOf, writeWholeFile } from '../log/index.ts'
import { kRaftVersionRecord, type VotersRecord, votersRecord } from '../protocol/index.ts'
import { type Endpoint, type ReplicaKey, SnapshotEncoder, snapshotName, VoterSet } from '../raft/index.ts'
import { ControlRecordType } from '../records/index.ts'
import { type InitialVoter, storedHost } from './initial-voters.ts'
import { readMetaProperties, StorageError } from './meta-properties.ts'

const kraftVersion = 1
const partition = '__cluster_metadata-0'

export type Voter = VotersRecord['voters'][number]

function bytesOf(encode: (writer: Writer) => void): Uint8Array {
  const writer = new Writer(128)
  encode(writer)
  return writer.finishAsOne()
}

/** This node as the only voter. Throws StorageError without a listener for controllers. */
export function standaloneVoter(config: BrokerConfig, directoryId: Uuid): Voter {
  const [listener] = config.advertisedControllerListeners
  if (listener === undefined) throw new StorageError('No controller listeners found.')
  const host = storedHost(listener.host ?? '')
  return recordOf({ nodeId: config.nodeId, directoryId, host, port: listener.port }, listener.listener)
}

/** All are reached by the first of `controller.listener.names`. */
export function initialVoters(config: BrokerConfig, voters: readonly InitialVoter[]): readonly Voter[] {
  const [listener] = config.controllerListenerNames
  if (listener === undefined) throw new StorageError('You must specify the name of the initial controller listener.')
  return voters.map((voter) => recordOf(voter, listener))
}

function recordOf({ nodeId, directoryId, host, port }: InitialVoter, listener: string): Voter {
  return {
    voterId: nodeId,
    voterDirectoryId: directoryId,
    endpoints: [{ name: listener, host, port }],
    kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: kraftVersion },
  }
}

/** The snapshot of offset 0, which has nothing but what the quorum says of itself. */
export async function writeFirstSnapshot(
  disk: Disk,
  metadataLogDir: string,
  { voters, nowMs }: { readonly voters: readonly Voter[]; readonly nowMs: number },
): Promise<void> {
  const version = kRaftVersionRecord.create({ kRaftVersion: kraftVersion })
  const record = votersRecord.create({ voters: [...voters] })
  const control = [
    { type: ControlRecordType.kraftVersion, value: bytesOf((writer) => kRaftVersionRecord.encode(writer, 0, version)) },
    { type: ControlRecordType.kraftVoters, value: bytesOf((writer) => votersRecord.encode(writer, 0, record)) },
  ]
  const encoder = new SnapshotEncoder(0)
  const header = encoder.header({ lastContainedLogTimestampMs: nowMs, control, nowMs })
  const bytes = Buffer.concat([header, ...encoder.end(nowMs)])
  const path = `${metadataLogDir}/${partition}/${snapshotName({ offset: 0, epoch: 0 })}`
  await disk.makeDirectory(directoryOf(path))
  await writeWholeFile(disk, path, { bytes, sync: true })
  await disk.syncDirectory(directoryOf(path))
}

/** What a node knows of its place in the quorum before it has opened its log. */
export interface Membership {
  readonly self: ReplicaKey
  /** Those of the configuration, which count while the log names none; empty where there are none. */
  readonly voters: VoterSet
  /** Who is asked who leads, while nobody is known to. */
  readonly bootstrap: readonly Endpoint[]
}

export async function membershipOf(disk: Disk, config: BrokerConfig): Promise<Membership> {
  const { metadataLogDir, nodeId } = config
  const directoryId = present((await readMetaProperties(disk, metadataLogDir))?.directoryId, 'the id of the directory')
  return { self: { id: nodeId, directoryId }, voters: staticVoters(config), bootstrap: bootstrapOf(config) }
}

/** Throws StorageError where nobody else could vote this node in again. */
export function checkSoleVoter(metadataLogDir: string, self: ReplicaKey, voters: VoterSet): void {
  if (voters.size === 1 && voters.has(self.id) && !voters.isVoter(self)) {
    throw new StorageError(
      `The voter of this quorum is not ${metadataLogDir}, whose id is ${uuidToString(self.directoryId)}: was it formatted anew?`,
    )
  }
}

function staticVoters(config: BrokerConfig): VoterSet {
  const [name = ''] = config.controllerListenerNames
  return new VoterSet(
    config.voters.map(({ id, host, port }) => ({ id, directoryId: zeroUuid, endpoints: [{ name, host, port }] })),
  )
}

/** `controller.quorum.bootstrap.servers`, else the voters of the configuration; nobody asks itself. */
function bootstrapOf({ controllerListenerNames, bootstrapServers, voters, nodeId }: BrokerConfig): readonly Endpoint[] {
  const [name = ''] = controllerListenerNames
  const addresses = bootstrapServers.length > 0 ? bootstrapServers : voters.filter(({ id }) => id !== nodeId)
  return addresses.map(({ host, port }) => ({ name, host, port }))
}
