/**
 * What happened to a group, and why, as data: rebalances, removals and fencings of members, with their numbers. Of both
 * protocols; `group-event-text.ts` puts it into words, `group-events.ts` keeps it.
 */

/** A member as it was then; made by `eventMember`, which bounds what the peer chose. */
export interface EventMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
}

/** Members of whom one is named. */
export interface Several {
  readonly first: EventMember
  readonly count: number
}

/** A generation waited for it until then, and it did not join: it was removed, or never took up the id that it was given. */
export interface WaitedFor {
  readonly member: EventMember
  readonly was: 'member' | 'pending'
  readonly untilMs: number
}

type GroupProtocol = 'classic' | 'consumer'

/** Why a generation ends, or the epoch of a group is bumped. */
export type RebalanceCause =
  | { readonly kind: 'member-joined'; readonly member: EventMember; readonly reason: string }
  /** Of the classic protocol: it joined again, and its `reason` says more. */
  | { readonly kind: 'member-rejoined'; readonly member: EventMember; readonly reason: string }
  /** The last one that was; the `removal` before it says why. */
  | { readonly kind: 'member-removed'; readonly member: EventMember }
  /** A static member came back (KIP-345), and what it offers or subscribes to makes a difference. */
  | { readonly kind: 'member-returned'; readonly member: EventMember; readonly replacedMemberId: string }
  | { readonly kind: 'subscription-changed'; readonly member: EventMember }
  /** Topics that the group subscribes to were made, deleted, or have more partitions. */
  | { readonly kind: 'topics-changed' }
  | { readonly kind: 'regex-resolved' }
  /** It was loaded with more members than `group.max.size` allows. */
  | { readonly kind: 'over-capacity'; readonly sizeMax: number }
  | { readonly kind: 'assignor-changed'; readonly from: string; readonly to: string }
  | { readonly kind: 'migrated'; readonly from: GroupProtocol }
  | { readonly kind: 'not-stored'; readonly errorCode: number }

/** Why a member is in the group no longer. */
export type RemovalCause =
  | { readonly kind: 'left'; readonly reason: string }
  /** Its session is over. */
  | { readonly kind: 'no-heartbeat'; readonly silentMs: number; readonly limitMs: number }
  /** Of the classic protocol: it is new, and the generation that it waits for did not come. */
  | { readonly kind: 'no-generation'; readonly waitedMs: number; readonly limitMs: number }
  | { readonly kind: 'no-rejoin'; readonly waitedMs: number; readonly limitMs: number }
  /** It joined again when as many as `group.max.size` allows had. */
  | { readonly kind: 'no-room'; readonly sizeMax: number }
  | { readonly kind: 'no-sync'; readonly waitedMs: number; readonly limitMs: number }
  /** Of the consumer protocol: it still owns partitions that it was told to give up. */
  | {
      readonly kind: 'not-reconciled'
      readonly waitedMs: number
      readonly limitMs: number
      readonly partitionsOwed: number
    }
  /** The group goes on in a protocol that it does not speak. */
  | { readonly kind: 'migrated'; readonly to: GroupProtocol }

/** Why a member's requests are refused from now on, or this one was. */
export type FencingCause =
  /** Another came with its group instance id. */
  | { readonly kind: 'instance-taken'; readonly byMemberId: string }
  /** It may take what it owns no longer for its own, and comes back as at the beginning. */
  | { readonly kind: 'wrong-epoch'; readonly epoch: number; readonly expectedEpoch: number }

/** `unused`: it had neither members nor offsets. */
export type EndCause = 'deleted' | 'offsets-expired' | 'unused'

/** Why a request is answered with an error. */
export type RefusalCause =
  /** As the client is told; empty: the error says it. */
  | { readonly kind: 'told'; readonly message: string }
  /** What the member offers, and what all members of the group do. */
  | {
      readonly kind: 'protocols'
      readonly message: string
      readonly type: string
      readonly offered: readonly string[]
      readonly groupType: string
      readonly inGroup: readonly string[]
    }
  | { readonly kind: 'full'; readonly memberCount: number; readonly sizeMax: number }
  /** Another has its group instance id, and keeps it until it leaves or its session is over. */
  | { readonly kind: 'instance-owned'; readonly owner: EventMember; readonly sessionLeftMs: number | undefined }

export type GroupChange =
  | {
      readonly kind: 'refusal'
      readonly what: 'join' | 'heartbeat'
      readonly member: EventMember
      readonly errorCode: number
      readonly cause: RefusalCause
    }
  /** This broker took over the group's partition, and so found it. */
  | {
      readonly kind: 'loaded'
      readonly type: GroupProtocol
      readonly state: string
      readonly memberCount: number
    }
  /** There is no such group any more. */
  | { readonly kind: 'ended'; readonly why: EndCause }
  /** The generation ends, or the epoch grows: members are about to be assigned anew. */
  | { readonly kind: 'rebalance'; readonly cause: RebalanceCause; readonly memberCount: number }
  /** Of the classic protocol: all that are waited for have joined, and the leader is asked for an assignment. */
  | {
      readonly kind: 'generation'
      readonly protocolName: string
      readonly leaderId: string
      readonly memberCount: number
      readonly tookMs: number
      /** Of its members the last one that joined, and when after the wait began; undefined if that one has gone again. */
      readonly last: { readonly member: EventMember; readonly afterMs: number } | undefined
      /** Undefined unless later than that. */
      readonly missed: WaitedFor | undefined
      /** The group was empty: more members were waited for, whoever had come. */
      readonly waitedForFirst: boolean
      /** Who did not come is removed; static members are kept until their session is over. */
      readonly removed: Several | undefined
      readonly kept: Several | undefined
    }
  /** Of the classic protocol: the leader's assignment is stored and given out. */
  | { readonly kind: 'assignment-stored'; readonly memberCount: number; readonly tookMs: number }
  /** Of the consumer protocol: the coordinator has assigned. */
  | {
      readonly kind: 'assignment-computed'
      readonly assignor: string
      readonly memberCount: number
      readonly partitionCount: number
      readonly tookMs: number
    }
  /** Of the consumer protocol: a member took long to give partitions up, for which others waited. */
  | {
      readonly kind: 'revocation'
      readonly member: EventMember
      readonly partitionCount: number
      readonly tookMs: number
    }
  /** The last member is gone. */
  | { readonly kind: 'emptied' }
  | { readonly kind: 'removal'; readonly member: EventMember; readonly cause: RemovalCause }
  | { readonly kind: 'fencing'; readonly member: EventMember; readonly cause: FencingCause }
  /** A static member came back under another id, and the group went on as it was. */
  | {
      readonly kind: 'return'
      readonly type: GroupProtocol
      readonly member: EventMember
      readonly replacedMemberId: string
    }
  /** Of the classic protocol: static members alone are left, and none of them has rejoined yet. */
  | { readonly kind: 'wait'; readonly memberCount: number; readonly nextMs: number }
  /** A member is subscribed by another regular expression than before, which may have to be resolved first. */
  | { readonly kind: 'regex-subscribed'; readonly member: EventMember; readonly regex: string; readonly joins: boolean }
  /** Its expression is not resolved at once: those of the group were, not long ago. */
  | { readonly kind: 'regex-rests'; readonly member: EventMember; readonly untilMs: number; readonly restMs: number }
  | {
      readonly kind: 'regex-resolved'
      readonly regexCount: number
      readonly topicCount: number
      readonly tookMs: number
    }
  | {
      readonly kind: 'migration'
      readonly from: GroupProtocol
      readonly to: GroupProtocol
      readonly memberCount: number
    }
  | { readonly kind: 'not-stored'; readonly what: string; readonly errorCode: number }

export interface GroupEvent {
  readonly groupId: string
  /** Of the last time, where it is one that came again and again. */
  readonly timestampMs: number
  readonly firstMs: number
  readonly count: number
  /** Generation or group epoch when it happened. */
  readonly epoch: number
  /** What follows it, where it is known; else the same. */
  readonly epochAfter: number
  readonly change: GroupChange
}

/** What peers chose is quoted up to here: events outlive the requests that they tell of. */
const quoteLengthMax = 200

export function quoted(text: string): string {
  if (text.length <= quoteLengthMax) return text
  // By way of bytes: a mere slice would hold on to the whole text.
  return `${Buffer.from(text.slice(0, quoteLengthMax), 'utf16le').toString('utf16le')}...`
}

export const eventMember = ({ memberId, groupInstanceId, clientId, clientHost }: EventMember): EventMember => ({
  memberId: quoted(memberId),
  groupInstanceId: groupInstanceId === null ? null : quoted(groupInstanceId),
  clientId: quoted(clientId),
  clientHost: quoted(clientHost),
})
