/** What a member of a group, of either protocol, asks of its consumer, and what the consumer asks of it. */
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import type { MemberName } from './committed-offsets.ts'

/** Done in the order of the calls, one after the other. */
export interface Assignee {
  /** What it has now. */
  readonly assigned: readonly TopicPartition[]
  /** Gives partitions up: nothing of them is in the application's hands any more, and what was done is committed as `member`. */
  revoke(partitions: readonly TopicPartition[], member: MemberName): Promise<void>
  /** How long the application has not asked for the next record, in milliseconds; 0 while it waits for it. */
  readonly silentMs: number
  /** They are somebody else's already: nothing of them may be committed. */
  lose(partitions: readonly TopicPartition[]): void
  /** Takes over partitions, from where they were committed. */
  take(partitions: readonly TopicPartition[]): void
  /** The member is none any more, and will not be again. */
  failed(error: unknown): void
}

export interface Membership {
  /** In whose name offsets are committed. */
  readonly name: MemberName
  /** The application asks for records: a member that had left for its silence comes back. */
  begin(): void
  /** Other topics are subscribed to. */
  changed(): void
  /** Leaves the group. What was done is committed before. */
  leave(): Promise<void>
}

const partitionName = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

/** Those of `these` that are not among `others`. */
export function without(these: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const names = new Set(others.map(partitionName))
  return these.filter((each) => !names.has(partitionName(each)))
}
