/**
 * The snapshot of offset 0, which names the first voters of a dynamic quorum (KIP-853): formatting with `--standalone` or
 * `--initial-controllers` writes it, and from there on the log has them.
 */
import type { Disk, Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { directoryOf, writeWholeFile } from '../log/index.ts'
import {
  encodeQuorumRecord,
  kraftVersionMax,
  SnapshotEncoder,
  snapshotName,
  type Voter,
  VoterSet,
} from '../raft/index.ts'
import { type InitialVoter, storedHost } from './initial-voters.ts'
import { StorageError } from './meta-properties.ts'

const partition = '__cluster_metadata-0'

/** This node as the only voter. Throws StorageError without a listener for controllers. */
export function standaloneVoter(config: BrokerConfig, directoryId: Uuid): VoterSet {
  const [listener] = config.advertisedControllerListeners
  if (listener === undefined) throw new StorageError('No controller listeners found.')
  const host = storedHost(listener.host ?? '')
  return new VoterSet([voterOf({ nodeId: config.nodeId, directoryId, host, port: listener.port }, listener.listener)])
}

/** All are reached by the first of `controller.listener.names`. */
export function initialVoters(config: BrokerConfig, voters: readonly InitialVoter[]): VoterSet {
  const [listener] = config.controllerListenerNames
  if (listener === undefined) throw new StorageError('You must specify the name of the initial controller listener.')
  return new VoterSet(voters.map((voter) => voterOf(voter, listener)))
}

function voterOf({ nodeId, directoryId, host, port }: InitialVoter, listener: string): Voter {
  const kraftVersions = { min: 0, max: kraftVersionMax }
  return { id: nodeId, directoryId, endpoints: [{ name: listener, host, port }], kraftVersions }
}

/** It has nothing but what the quorum says of itself. Durable on return, but for the name of `metadataLogDir`. */
export async function writeFirstSnapshot(
  disk: Disk,
  metadataLogDir: string,
  { voters, nowMs }: { readonly voters: VoterSet; readonly nowMs: number },
): Promise<void> {
  const control = [{ kind: 'kraft-version', version: kraftVersionMax } as const, { kind: 'voters', voters } as const]
  const encoder = new SnapshotEncoder(0)
  const header = encoder.header({
    lastContainedLogTimestampMs: nowMs,
    control: control.map(encodeQuorumRecord),
    nowMs,
  })
  const bytes = Buffer.concat([header, ...encoder.end(nowMs)])
  const path = `${metadataLogDir}/${partition}/${snapshotName({ offset: 0, epoch: 0 })}`
  await disk.makeDirectory(directoryOf(path))
  await writeWholeFile(disk, path, { bytes, sync: true })
  await disk.syncDirectory(directoryOf(path))
}
