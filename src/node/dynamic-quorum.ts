/**
 * The voters of a dynamic quorum (KIP-853), whom the metadata log names and not the configuration. Formatting with
 * `--standalone` or `--initial-controllers` writes them into the snapshot of offset 0, later snapshots carry them on; a
 * node that starts asks here who votes, and whether it does.
 */
import { type Disk, MalformedError, present, Reader, type Uuid, uuidToString, Writer, zeroUuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { directoryOf, replaceFile, writeWholeFile } from '../log/index.ts'
import { kRaftVersionRecord, type VotersRecord, votersRecord } from '../protocol/index.ts'
import {
  compareSnapshots,
  type Endpoint,
  encodeQuorumState,
  parseSnapshotName,
  type ReplicaKey,
  SnapshotEncoder,
  snapshotName,
  VoterSet,
} from '../raft/index.ts'
import { BatchCursor, batchHeader, ControlRecordType, controlRecordType, readRecords } from '../records/index.ts'
import { type InitialVoter, storedHost } from './initial-voters.ts'
import { readMetaProperties, StorageError } from './meta-properties.ts'

const kraftVersion = 1
const partition = '__cluster_metadata-0'
/** A snapshot's control records are its first batch: thousands of voters have room. */
const headBytesMax = 1024 * 1024

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

/** A node's place in the quorum. */
export interface Membership {
  /** 0 in a static quorum, which knows no directories. */
  readonly kraftVersion: number
  readonly self: ReplicaKey
  /** Empty where only those who are asked know them. */
  readonly voters: VoterSet
  /** Who is asked who leads, while nobody is known to. */
  readonly bootstrap: readonly Endpoint[]
}

/**
 * By the newest snapshot, or by the configuration; a dynamic quorum's vote file is begun in its form. Throws StorageError
 * where a sole voter has another directory. A change of voters in the log behind the newest snapshot is not seen.
 */
export async function membershipOf(disk: Disk, config: BrokerConfig): Promise<Membership> {
  const { metadataLogDir, nodeId } = config
  const found = await newestVoters(disk, `${metadataLogDir}/${partition}`)
  const directoryId = present((await readMetaProperties(disk, metadataLogDir))?.directoryId, 'the id of the directory')
  const self = { id: nodeId, directoryId }
  if (found === undefined && config.voters.length > 0) {
    return { kraftVersion: 0, self, voters: staticVoters(config), bootstrap: bootstrapOf(config) }
  }
  await beginVoteFile(disk, `${metadataLogDir}/${partition}/quorum-state`)
  const voters = new VoterSet((found ?? []).map(voterOf))
  checkSoleVoter(config, self, voters)
  return { kraftVersion: kraftVersion, self, voters, bootstrap: bootstrapOf(config) }
}

/** Nobody else could vote it in again. */
function checkSoleVoter({ metadataLogDir }: BrokerConfig, self: ReplicaKey, voters: VoterSet): void {
  if (voters.size === 1 && voters.has(self.id) && !voters.isVoter(self)) {
    throw new StorageError(
      `The voter of this quorum is not ${metadataLogDir}, whose id is ${uuidToString(self.directoryId)}: was it formatted anew?`,
    )
  }
}

const voterOf = ({
  voterId,
  voterDirectoryId,
  endpoints,
}: Voter): ConstructorParameters<typeof VoterSet>[0][number] => ({
  id: voterId,
  directoryId: voterDirectoryId,
  endpoints,
})

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

async function beginVoteFile(disk: Disk, path: string): Promise<void> {
  if ((await disk.stat(path)) !== undefined) return
  await disk.makeDirectory(directoryOf(path))
  const election = { epoch: 0, leaderId: -1, voted: undefined }
  await replaceFile(disk, path, Buffer.from(encodeQuorumState({ election, form: { kind: 'dynamic' } })))
}

/** Undefined where the quorum is a static one, or where there is no snapshot yet. */
async function newestVoters(disk: Disk, directory: string): Promise<readonly Voter[] | undefined> {
  if ((await disk.stat(directory)) === undefined) return undefined
  const snapshots = (await disk.list(directory)).flatMap(({ name }) => parseSnapshotName(name) ?? [])
  for (const snapshot of snapshots.sort(compareSnapshots).toReversed()) {
    const head = votersOf(await readHead(disk, `${directory}/${snapshotName(snapshot)}`))
    // A damaged snapshot is passed over, as the log does that opens after this.
    if (head !== 'damaged') return head
  }
  return undefined
}

async function readHead(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, { mode: 'read' })
  try {
    const bytes = new Uint8Array(Math.min(file.size(), headBytesMax))
    return bytes.subarray(0, await file.read(bytes, 0, bytes.length, 0))
  } finally {
    await file.close()
  }
}

function votersOf(head: Uint8Array): readonly Voter[] | undefined | 'damaged' {
  const cursor = new BatchCursor(head)
  if (!cursor.next() || cursor.magic !== 2 || !cursor.isCrcValid()) return 'damaged'
  if (!batchHeader.isControl(cursor.view, cursor.position)) return 'damaged'
  try {
    for (const { key, value } of readRecords(head, cursor.position, headBytesMax)) {
      if (controlRecordType(key) !== ControlRecordType.kraftVoters || value === null) continue
      return votersRecord.decode(new Reader(value), 0).voters
    }
  } catch (error) {
    if (error instanceof MalformedError) return 'damaged'
    throw error
  }
  return undefined
}
