/** What a member of a group of its own kind is told: Kafka's names and defaults, in one word each; times in milliseconds. */
import { checkMs, checkNames, defined } from '../connection-options.ts'
import { KafkaError } from '../kafka-error.ts'

export interface CustomProtocol {
  readonly name: string
  /** What the member that leads the group gets to know of this one, if the group chooses the protocol. */
  readonly metadata: Uint8Array
}

export interface CustomGroup {
  /** Which of them all members have. */
  readonly protocol: string
  readonly members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[]
}

export interface CustomAssignment {
  /** Of this member: the coordinator has named it. */
  readonly memberId: string
  readonly generation: number
  /** Empty where the leader had nothing for it. */
  readonly assignment: Uint8Array
}

export interface CustomMemberOptions {
  readonly groupId: string
  /** What the group is for: of all its members the same. That of consumers is `consumer`. */
  readonly protocolType: string
  /** In the order in which they are liked; asked before each generation. */
  readonly protocols: () => readonly CustomProtocol[]
  /** This member leads the group: what each is to get, by member id. What it throws ends the membership. */
  readonly assign: (group: CustomGroup) => ReadonlyMap<string, Uint8Array>
  /** A generation has begun. What it throws ends the membership. */
  readonly onAssigned: (assigned: CustomAssignment) => void
  /**
   * Another generation is to begin. What this member was given stays its own until what is returned has resolved: nobody else has it
   * before, unless that takes longer than `rebalanceTimeoutMs`. What it throws, or rejects with, ends the membership.
   */
  readonly onRevoked?: () => void | Promise<void>
  /** The group goes on without this member, or may do so: what it was given may be somebody else's already. It joins anew. */
  readonly onLost?: () => void
  /** The membership has ended, for a reason that does not pass by itself. `begin` begins another one. */
  readonly onFailed?: (error: unknown) => void
  /** After so long without a heartbeat a member is taken for dead. Default 45,000. */
  readonly sessionTimeoutMs?: number
  /** How long members may take to join another generation. Default 300,000. */
  readonly rebalanceTimeoutMs?: number
  /** Default 3,000. */
  readonly heartbeatIntervalMs?: number
}

type HookName = 'onRevoked' | 'onLost' | 'onFailed'

export type CustomMemberSettings = Required<Omit<CustomMemberOptions, HookName>> & {
  readonly [K in HookName]: CustomMemberOptions[K] | undefined
}

const unset = () => {
  throw new KafkaError('INVALID_ARGUMENT', 'it was not told')
}

const defaults = {
  groupId: '',
  protocolType: '',
  protocols: unset,
  assign: unset,
  onAssigned: unset,
  onRevoked: undefined,
  onLost: undefined,
  onFailed: undefined,
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 300_000,
  heartbeatIntervalMs: 3000,
} as const

/** Throws KafkaError for what makes no sense. */
export function customMemberSettings(options: CustomMemberOptions): CustomMemberSettings {
  checkNames(options, defaults)
  const all = { ...defaults, ...defined(options) }
  for (const [name, value] of Object.entries(all)) if (name.endsWith('Ms')) checkMs(name, value)
  for (const name of ['groupId', 'protocolType'] as const) {
    const value: unknown = all[name]
    if (typeof value !== 'string' || value === '') refuse(`a member of a group needs a ${name}`)
  }
  for (const name of ['protocols', 'assign', 'onAssigned'] as const) {
    if (typeof all[name] !== 'function' || all[name] === unset) refuse(`${name} is a function`)
  }
  if (all.heartbeatIntervalMs >= all.sessionTimeoutMs) refuse('heartbeatIntervalMs must be below sessionTimeoutMs')
  return all
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_ARGUMENT', message)
}
