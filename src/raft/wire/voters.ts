/**
 * Changes of the voters on the wire (KIP-853): AddRaftVoter (80, versions 0 and 1; 1 may be answered before the commit, as
 * KIP-1186 has it), RemoveRaftVoter (81, version 0), UpdateRaftVoter (82, version 0), and what ApiVersions (18) says of
 * kraft.version.
 */
import {
  type AddRaftVoterRequest,
  type ApiVersionsResponse,
  addRaftVoter,
  type RemoveRaftVoterRequest,
  removeRaftVoter,
  type UpdateRaftVoterRequest,
  type UpdateRaftVoterResponse,
  updateRaftVoter,
} from '../../protocol/index.ts'
import type {
  AddVoterRequest,
  ApiVersionsReply,
  RemoveVoterRequest,
  UpdateVoterReply,
  UpdateVoterRequest,
  VoterChangeReply,
} from '../messages.ts'
import {
  checkCluster,
  endpointsFrom,
  leaderEndpointsOf,
  nodeEndpointsOf,
  type WireNames,
} from './metadata-partition.ts'

interface NamedVoter {
  readonly voterId: number
  readonly voterDirectoryId: AddVoterRequest['voter']['directoryId']
}

const keyOf = ({ voterId, voterDirectoryId }: NamedVoter): AddVoterRequest['voter'] => ({
  id: voterId,
  directoryId: voterDirectoryId,
})

const namedBy = ({ id, directoryId }: AddVoterRequest['voter']): NamedVoter => ({
  voterId: id,
  voterDirectoryId: directoryId,
})

/** `timeoutMs`: the leader of Kafka passes over it, and so does ours. */
export const encodeAddVoter = (request: AddVoterRequest, names: WireNames, timeoutMs: number): AddRaftVoterRequest =>
  addRaftVoter.request.create({
    clusterId: names.clusterId,
    timeoutMs,
    ...namedBy(request.voter),
    listeners: [...request.endpoints],
    ackWhenCommitted: request.ackWhenCommitted,
  })

/** Throws ApiError where the request is of another cluster. */
export function decodeAddVoter(message: AddRaftVoterRequest, names: WireNames): AddVoterRequest {
  checkCluster(message.clusterId, names)
  const { listeners, ackWhenCommitted } = message
  return { kind: 'add-voter', voter: keyOf(message), endpoints: endpointsFrom(listeners), ackWhenCommitted }
}

export const encodeRemoveVoter = ({ voter }: RemoveVoterRequest, { clusterId }: WireNames): RemoveRaftVoterRequest =>
  removeRaftVoter.request.create({ clusterId, ...namedBy(voter) })

/** Throws ApiError where the request is of another cluster. */
export function decodeRemoveVoter(message: RemoveRaftVoterRequest, names: WireNames): RemoveVoterRequest {
  checkCluster(message.clusterId, names)
  return { kind: 'remove-voter', voter: keyOf(message) }
}

interface ChangeResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** The replies to both are alike. */
export const encodeVoterChangeReply = ({ errorCode, errorMessage }: VoterChangeReply): ChangeResponse => ({
  errorCode,
  errorMessage: errorMessage ?? null,
})

export const decodeVoterChangeReply = (
  kind: VoterChangeReply['kind'],
  { errorCode, errorMessage }: ChangeResponse,
): VoterChangeReply => ({ kind, errorCode, errorMessage: errorMessage ?? undefined })

export const encodeUpdateVoter = (request: UpdateVoterRequest, { clusterId }: WireNames): UpdateRaftVoterRequest =>
  updateRaftVoter.request.create({
    clusterId,
    currentLeaderEpoch: request.epoch,
    ...namedBy(request.voter),
    listeners: [...request.endpoints],
    kRaftVersionFeature: {
      minSupportedVersion: request.kraftVersions.min,
      maxSupportedVersion: request.kraftVersions.max,
    },
  })

/** Throws ApiError where the request is of another cluster. */
export function decodeUpdateVoter(message: UpdateRaftVoterRequest, names: WireNames): UpdateVoterRequest {
  checkCluster(message.clusterId, names)
  const { currentLeaderEpoch: epoch, listeners, kRaftVersionFeature } = message
  const { minSupportedVersion: min, maxSupportedVersion: max } = kRaftVersionFeature
  const endpoints = endpointsFrom(listeners)
  return { kind: 'update-voter', epoch, voter: keyOf(message), endpoints, kraftVersions: { min, max } }
}

export function encodeUpdateVoterReply(reply: UpdateVoterReply, names: WireNames): UpdateRaftVoterResponse {
  const [endpoint] = nodeEndpointsOf(reply, names)
  const { errorCode, leaderId, epoch: leaderEpoch } = reply
  const { host = '', port = 0 } = endpoint ?? {}
  return updateRaftVoter.response.create({ errorCode, currentLeader: { leaderId, leaderEpoch, host, port } })
}

export function decodeUpdateVoterReply(message: UpdateRaftVoterResponse, names: WireNames): UpdateVoterReply {
  const { errorCode, currentLeader } = message
  const { leaderId, leaderEpoch: epoch, host, port } = currentLeader
  const leaderEndpoints = host === '' ? [] : leaderEndpointsOf(leaderId, [{ nodeId: leaderId, host, port }], names)
  return { kind: 'update-voter', errorCode, epoch, leaderId, leaderEndpoints }
}

/** The name that the feature has on the wire. */
const kraftVersion = 'kraft.version'

export function decodeVersionsReply({ errorCode, supportedFeatures }: ApiVersionsResponse): ApiVersionsReply {
  const feature = supportedFeatures.find(({ name }) => name === kraftVersion)
  const kraftVersions = feature === undefined ? undefined : { min: feature.minVersion, max: feature.maxVersion }
  return { kind: 'api-versions', errorCode, kraftVersions }
}
