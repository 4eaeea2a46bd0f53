/** A member of a classic group: what it can do, what it was given, and which of its requests wait for the group. */

import type { ShardTimer } from '../shard-context.ts'

/** A protocol that a member offers (for consumers: an assignor and the subscription for it). */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface JoinReply {
  readonly errorCode: number
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  /** A static leader that came back: it must not assign anew (KIP-814). */
  readonly skipAssignment: boolean
  /** Of all members, for the leader alone. */
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Uint8Array
  }[]
}

export interface SyncReply {
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export interface MemberDescription {
  readonly memberId: string
  /** `group.instance.id` of a static member (KIP-345): whoever comes with it takes the member's place. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
}

/** What a request says of who sends it. */
export interface MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export const emptyBytes = new Uint8Array(0)

/** The bytes of a request are lent: what a member keeps is its own. */
export const keptProtocols = (protocols: readonly MemberProtocol[]): readonly MemberProtocol[] =>
  protocols.map(({ name, metadata }) => ({ name, metadata: Uint8Array.from(metadata) }))

export class ClassicMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  protocols: readonly MemberProtocol[]
  assignment: Uint8Array = emptyBytes
  /** Has never been part of a generation. */
  isNew = true
  /** Begins anew with each sign of life. */
  session: ShardTimer | undefined
  /** Of the session that runs. */
  silenceMaxMs = 0
  /** The join, or sync, that waits for the others; a member has at most one of each. */
  awaitingJoin: ((reply: JoinReply) => void) | undefined
  awaitingSync: ((reply: SyncReply) => void) | undefined

  constructor(description: MemberDescription) {
    this.memberId = description.memberId
    this.groupInstanceId = description.groupInstanceId
    this.clientId = description.clientId
    this.clientHost = description.clientHost
    this.rebalanceTimeoutMs = description.rebalanceTimeoutMs
    this.sessionTimeoutMs = description.sessionTimeoutMs
    this.protocols = description.protocols
  }

  /** What it offers, and how long it may take, as of its newest join. */
  update({ protocols, rebalanceTimeoutMs, sessionTimeoutMs }: Omit<MemberDescription, 'memberId'>): void {
    this.protocols = keptProtocols(protocols)
    this.rebalanceTimeoutMs = rebalanceTimeoutMs
    this.sessionTimeoutMs = sessionTimeoutMs
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  metadataOf(protocolName: string | null): Uint8Array {
    return this.protocols.find(({ name }) => name === protocolName)?.metadata ?? emptyBytes
  }

  /** The same protocols in the same order, byte for byte: a rejoin that changes nothing. */
  offers(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, i) => {
        const own = this.protocols[i]
        return own !== undefined && own.name === name && Buffer.compare(own.metadata, metadata) === 0
      })
    )
  }

  /** Which of `candidates` it likes best: the first of its own list. */
  vote(candidates: ReadonlySet<string>): string | undefined {
    return this.protocols.find(({ name }) => candidates.has(name))?.name
  }
}
