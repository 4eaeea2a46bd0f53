/**
 * One membership of the consumer protocol, from the joining to its end: its epoch, what the coordinator wants it to have, and what it has.
 * Topics are told by their ids; what of the target is known by name is taken, the rest waits until it is (KIP-848). Pure.
 */
import type { Uuid } from '../../base/index.ts'
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from '../../protocol/index.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { MemberEpoch } from './member-epoch.ts'

type Target = NonNullable<ConsumerGroupHeartbeatResponse['assignment']>['topicPartitions']
type Owned = NonNullable<ConsumerGroupHeartbeatRequest['topicPartitions']>

interface PlacedPartition extends TopicPartition {
  readonly topicId: Uuid
}

/** To be done so that it has what it is to have: first all is given up that somebody else is to have. */
export interface Difference {
  readonly gone: readonly PlacedPartition[]
  readonly news: readonly PlacedPartition[]
  /** Of the target: nothing is known of these topics. */
  readonly unnamed: readonly Uuid[]
}

const joiningEpoch = 0

const keyOf = ({ topicId, partition }: PlacedPartition): string => `${topicId} ${partition}`

export class ConsumerLife extends MemberEpoch {
  #target: Target = []
  /** The coordinator has not been told yet what came of its target. */
  #isOwing = false
  /** By id: of what it has, and is to have. A topic that is not told of for a moment keeps its name. */
  #names = new Map<Uuid, string>()
  readonly #owned = new Map<string, PlacedPartition>()

  constructor(memberId: string, groupInstanceId: string | null) {
    super({ memberId, groupInstanceId, epoch: joiningEpoch })
  }

  get hasJoined(): boolean {
    return this.epoch > joiningEpoch
  }

  aimAt(target: Target): void {
    if (JSON.stringify(target) !== JSON.stringify(this.#target)) this.#isOwing = true
    this.#target = target
  }

  /** Some topic of the target is known by its id alone. */
  get isMissingNames(): boolean {
    return this.#target.some(({ topicId }) => !this.#names.has(topicId))
  }

  difference(view: ClusterView): Difference {
    const wanted = new Set(this.#target.map(({ topicId }) => topicId))
    const told = new Map([...view.topics.values()].filter(({ id }) => wanted.has(id)).map(({ id, name }) => [id, name]))
    this.#names = new Map(
      [...wanted].flatMap((id) => {
        const name = told.get(id) ?? this.#names.get(id)
        return name === undefined ? [] : [[id, name] as const]
      }),
    )
    const target = this.#target.flatMap(({ topicId, partitions }) => {
      const topic = this.#names.get(topicId)
      return topic === undefined ? [] : partitions.map((partition) => ({ topicId, topic, partition }))
    })
    const keys = new Set(target.map(keyOf))
    return {
      gone: [...this.#owned].filter(([key]) => !keys.has(key)).map(([, partition]) => partition),
      news: target.filter((each) => !this.#owned.has(keyOf(each))),
      unnamed: [...wanted].filter((id) => !this.#names.has(id)),
    }
  }

  give(partitions: readonly PlacedPartition[]): void {
    for (const each of partitions) this.#owned.delete(keyOf(each))
    this.#isOwing = true
  }

  take(partitions: readonly PlacedPartition[]): void {
    for (const each of partitions) this.#owned.set(keyOf(each), each)
    if (partitions.length > 0) this.#isOwing = true
  }

  /** Whether what it has is to be told, also where it is the same: so the coordinator knows that the target was seen. Once. */
  owes(): boolean {
    const isOwing = this.#isOwing
    this.#isOwing = false
    return isOwing
  }

  /** What it has, as it is told to the coordinator. */
  get owned(): Owned {
    return [...Map.groupBy(this.#owned.values(), ({ topicId }) => topicId)].map(([topicId, them]) => ({
      topicId,
      partitions: them.map(({ partition }) => partition).sort((a, b) => a - b),
    }))
  }
}
