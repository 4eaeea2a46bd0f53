/**
 * What a node knows of its place in the quorum before it has opened its log: its own replica, the voters of the
 * configuration, whom to ask. Who votes in a dynamic quorum (KIP-853) the log names (`raft/voter-history.ts`).
 */
import { type Disk, present, uuidToString, zeroUuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { type Endpoint, type ReplicaKey, VoterSet } from '../raft/index.ts'
import { readMetaProperties, StorageError } from './meta-properties.ts'

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
