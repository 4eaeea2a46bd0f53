/**
 * The file `quorum-state` of `__cluster_metadata-0`: whom this voter voted for, and who leads, as one line of JSON. Form
 * 0 is that of a static quorum (kraft.version 0), form 1 that of a dynamic one. Pure.
 */
import { type Uuid, uuidFromString, uuidToString, zeroUuid } from '../base/index.ts'
import type { ReplicaKey } from './messages.ts'
import type { ElectionState } from './ready.ts'

export interface QuorumStateFile {
  readonly election: ElectionState
  /** `static` names the voters; `dynamic` knows the directory of the voted one. */
  readonly form: { readonly kind: 'static'; readonly voters: readonly number[] } | { readonly kind: 'dynamic' }
}

/** The file is there and does not say what it must: the node does not start on it. */
export class QuorumStateError extends Error {
  override readonly name = 'QuorumStateError'
}

export function encodeQuorumState({ election, form }: QuorumStateFile): string {
  const { leaderId, epoch: leaderEpoch, voted } = election
  const votedId = voted?.id ?? -1
  if (form.kind === 'dynamic') {
    const votedDirectoryId = uuidToString(voted?.directoryId ?? zeroUuid)
    return JSON.stringify({ leaderId, leaderEpoch, votedId, votedDirectoryId, data_version: 1 })
  }
  const currentVoters = form.voters.map((voterId) => ({ voterId }))
  return JSON.stringify({
    clusterId: '',
    leaderId,
    leaderEpoch,
    votedId,
    appliedOffset: 0,
    currentVoters,
    data_version: 0,
  })
}

/** Throws QuorumStateError, with the path in what it says. */
export function decodeQuorumState(text: string, path = 'quorum-state'): QuorumStateFile {
  const refuse = (why: string): never => {
    throw new QuorumStateError(`${path} ${why}`)
  }
  const fields = parseObject(text) ?? refuse('is not a JSON object')
  const number = (name: string): number => {
    const value = fields[name]
    return Number.isInteger(value) ? Number(value) : refuse(`has no whole number as '${name}'`)
  }
  const votedId = number('votedId')
  const election = (directoryId: Uuid): ElectionState => ({
    epoch: number('leaderEpoch'),
    leaderId: number('leaderId'),
    voted: votedId < 0 ? undefined : { id: votedId, directoryId },
  })
  const version = number('data_version')
  if (version === 1) {
    const id = fields['votedDirectoryId']
    const directoryId = (id === undefined ? zeroUuid : uuidOf(id)) ?? refuse('votes for no directory')
    return { election: election(directoryId), form: { kind: 'dynamic' } }
  }
  if (version !== 0) refuse(`has the data_version ${version}, which is not known`)
  const voters = fields['currentVoters']
  const ids = Array.isArray(voters)
    ? voters.map((voter: unknown) => Number(isObject(voter) ? voter['voterId'] : Number.NaN))
    : []
  if (ids.some((id) => !Number.isInteger(id))) refuse("has voters without ids in 'currentVoters'")
  return { election: election(zeroUuid), form: { kind: 'static', voters: ids } }
}

/** The vote file of a static quorum does not say in which directory: a vote for this id was for this node. */
export function withOwnDirectory(election: ElectionState, self: ReplicaKey): ElectionState {
  const { voted } = election
  return voted?.id === self.id && voted.directoryId === zeroUuid ? { ...election, voted: self } : election
}

function uuidOf(value: unknown): Uuid | undefined {
  try {
    return uuidFromString(String(value))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
