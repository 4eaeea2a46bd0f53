/**
 * The records of a group of the consumer protocol in `__consumer_offsets`, as values. Null takes away.
 * `consumer-record-codec.ts` gives them Kafka's bytes.
 */
import type { Assignment } from './assignors/assignor.ts'
import type { MemberProgress, MemberSubscription } from './consumer-member.ts'

export interface GroupEpoch {
  readonly epoch: number
  /** Over the topics that the group is subscribed to; see `metadata-hash.ts`. */
  readonly metadataHash: bigint
}

export interface AssignmentEpoch {
  readonly epoch: number
  /** When it was computed; 0: not known. */
  readonly timestampMs: number
}

/** The topics that a regular expression stands for. */
export interface ResolvedRegex {
  /** Sorted. */
  readonly topics: readonly string[]
  /** The offset of the metadata image in which they were looked up. */
  readonly version: number
  readonly timestampMs: number
}

interface OfGroup {
  readonly groupId: string
}

interface OfMember extends OfGroup {
  readonly memberId: string
}

interface GroupEpochRecord extends OfGroup {
  readonly kind: 'consumer-epoch'
  readonly value: GroupEpoch | null
}

/** Of brokers before 4.1, which stored the metadata and no hash over it: what it says is not needed any more. */
interface SubscriptionMetadataRecord extends OfGroup {
  readonly kind: 'consumer-metadata'
  readonly value: 'stored' | null
}

interface MemberSubscriptionRecord extends OfMember {
  readonly kind: 'consumer-member'
  readonly value: MemberSubscription | null
}

interface AssignmentEpochRecord extends OfGroup {
  readonly kind: 'consumer-target-epoch'
  readonly value: AssignmentEpoch | null
}

/** What a member is to own. */
interface TargetRecord extends OfMember {
  readonly kind: 'consumer-target'
  readonly value: Assignment | null
}

/** What a member owns, and in which epoch it is. */
interface CurrentRecord extends OfMember {
  readonly kind: 'consumer-current'
  readonly value: MemberProgress | null
}

export interface RegexRecord extends OfGroup {
  readonly kind: 'consumer-regex'
  readonly regex: string
  readonly value: ResolvedRegex | null
}

export type ConsumerRecord =
  | GroupEpochRecord
  | SubscriptionMetadataRecord
  | MemberSubscriptionRecord
  | AssignmentEpochRecord
  | TargetRecord
  | CurrentRecord
  | RegexRecord
