/**
 * A consumer in a classic group: lets the leader share out partitions, or does that itself, and takes what it gets. Where the application
 * has asked for nothing for too long it leaves, and comes back when it asks again. The joining and beating is that of `generations.ts`.
 *
 * With an assignor of the old kind all partitions are given up before each join; with a cooperative one only those that somebody else is
 * to have, and then the group rebalances once more (KIP-429).
 */
import type { JoinGroupResponse } from '../../protocol/index.ts'
import type { Metadata } from '../cluster/metadata.ts'
import type {
  Assignment,
  Assignor,
  GroupMember,
  OwnedPartitions,
  TopicPartition,
} from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'
import { type MemberName, nobody } from './committed-offsets.ts'
import {
  Generations,
  type GenerationsOptions,
  type GroupProtocol,
  type MemberKind,
  noGeneration,
  type SharedOut,
} from './generations.ts'
import { MemberEpoch } from './member-epoch.ts'
import { type Assignee, type Membership, without } from './membership.ts'
import { decodeAssignment, decodeMember, encodeAssignment, encodeSubscription } from './subscription.ts'

export interface ClassicMemberOptions extends GenerationsOptions {
  readonly metadata: Metadata
  readonly assignee: Assignee
  readonly rackId: string | null
  /** In the order in which they are liked. */
  readonly assignors: readonly Assignor[]
  readonly topics: () => readonly string[]
}

/** The application has had what it has in hand for too long: somebody else is to have what this member has. */
class Silent extends Error {}

export class ClassicMember implements Membership, MemberKind {
  readonly protocolType = 'consumer'
  readonly leavingReason = 'the consumer was closed'
  readonly #options: ClassicMemberOptions
  readonly #generations: Generations
  readonly #stopLooking: () => void
  /** In whose name is committed: from the joining until the member is lost. */
  #epoch: MemberEpoch | undefined
  /** The application asks again, behind a silence. */
  #asked: (() => void) | undefined
  /** What it was given last. */
  #last: OwnedPartitions | undefined
  /** As the leader last shared them out: partitions of each topic. */
  #shared: ReadonlyMap<string, number> | undefined
  /** What the members of the group want, while this one is their leader. */
  #groupTopics: ReadonlySet<string> = new Set()

  constructor(options: ClassicMemberOptions) {
    this.#options = options
    this.#generations = new Generations(options, this)
    const { metadata } = options
    const stops = [metadata.onChange(() => this.#look()), metadata.wantedBy(() => this.#groupTopics)]
    this.#stopLooking = () => {
      for (const stop of stops) stop()
    }
  }

  // ---- what the consumer asks of it

  get name(): MemberName {
    return this.#epoch ?? { ...nobody, groupInstanceId: this.#options.groupInstanceId }
  }

  begin(): void {
    this.#asked?.()
    this.#generations.begin()
  }

  changed(): void {
    this.#generations.changed()
  }

  async leave(): Promise<void> {
    const generations = this.#generations
    if (generations.isClosed) return
    this.#stopLooking()
    generations.close()
    this.#asked?.()
    const { assignee } = this.#options
    // Nobody hears of another generation any more.
    this.#epoch?.move(false)
    try {
      if (generations.current !== noGeneration) await assignee.revoke(assignee.assigned, this.name)
    } finally {
      await generations.sayGoodbye()
      this.#epoch?.end()
    }
  }

  // ---- what its group asks of it

  check(): void {
    const { assignee, rebalanceTimeoutMs } = this.#options
    if (assignee.silentMs > rebalanceTimeoutMs) throw new Silent()
  }

  handle(error: unknown): Promise<void> | undefined {
    return error instanceof Silent ? this.#fallSilent() : undefined
  }

  /** Until the application asks again: `begin`. */
  async #fallSilent(): Promise<void> {
    const { assignee, logger, groupId, rebalanceTimeoutMs } = this.#options
    logger.log('warn', 'the application has not asked for the next record in time: the group goes on without it', {
      group: groupId,
      maxPollIntervalMs: rebalanceTimeoutMs,
    })
    const asked = new Promise<void>((resolve) => {
      this.#asked = resolve
    })
    this.lose()
    await this.#generations.resign()
    if (assignee.silentMs > 0) await asked
  }

  failed(error: unknown): void {
    this.#options.assignee.failed(error)
  }

  lose(): void {
    const { assignee } = this.#options
    this.follow()
    this.#epoch?.end()
    if (assignee.assigned.length > 0) assignee.lose(assignee.assigned)
  }

  get #isEager(): boolean {
    return this.#options.assignors.some(({ isCooperative }) => !isCooperative)
  }

  async prepare(): Promise<void> {
    const { assignee } = this.#options
    this.check()
    if (this.#isEager && assignee.assigned.length > 0) await this.#revoke(assignee.assigned)
    // What is committed from now on may be of a generation that is over: then it is of the next one.
    this.#epoch?.move(true)
  }

  protocols(generation: number): readonly GroupProtocol[] {
    const { assignors, topics, assignee, rackId } = this.#options
    const subscription = { topics: topics(), owned: assignee.assigned, generation, rackId }
    const last = this.#last
    return assignors.map(({ name, userData }) => ({
      name,
      metadata: encodeSubscription({ ...subscription, userData: last && userData?.encode(last) }),
    }))
  }

  async take({ memberId, generation, assignment }: SharedOut): Promise<void> {
    this.#reach(memberId, generation)
    const owned = decodeAssignment(assignment)
    this.#last = { owned, generation }
    await this.#reconcile(owned, generation)
  }

  #reach(memberId: string, generation: number): void {
    const { groupInstanceId } = this.#options
    if (this.#epoch === undefined || this.#epoch.isOver || this.#epoch.memberId !== memberId) {
      this.#epoch?.end()
      this.#epoch = new MemberEpoch({ memberId, groupInstanceId, epoch: generation })
    }
    this.#epoch.reach(generation)
    this.#epoch.move(false)
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignee } = this.#options
    // Where a hook of the application throws they are given up all the same.
    const revoked = assignee.revoke(partitions, this.name).catch((error: unknown) => assignee.failed(error))
    await this.#generations.beatDuring(revoked)
  }

  async #reconcile(target: readonly TopicPartition[], generation: number): Promise<void> {
    const { assignee, logger, groupId } = this.#options
    const before = assignee.assigned
    const gone = without(before, target)
    const news = without(target, before)
    logger.log('info', 'partitions are shared out', {
      group: groupId,
      generation,
      has: target.length,
      new: news.length,
      gone: gone.length,
    })
    if (gone.length > 0) {
      await this.#revoke(gone)
      // So that who is to have them gets them.
      this.#generations.changed()
    }
    if (!this.#generations.isClosed) assignee.take(news)
  }

  // ---- what the leader does

  async share({ members, protocolName }: JoinGroupResponse) {
    const { assignors } = this.#options
    const assignor = assignors.find(({ name }) => name === protocolName)
    if (assignor === undefined) {
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', `the group has chosen '${protocolName}'`)
    }
    const group = members.map((member) => decodeMember(member, assignor))
    const partitions = await this.#partitionsOf(group)
    this.#shared = partitions
    const assignment: Assignment = assignor.assign({ partitions, members: group })
    return [...assignment].map(([memberId, them]) => ({ memberId, assignment: encodeAssignment(them) }))
  }

  /** Of all that members want: topics that are not there yet have none. */
  async #partitionsOf(members: readonly GroupMember[]): Promise<ReadonlyMap<string, number>> {
    const { metadata, coordinator } = this.#options
    const wanted = new Set(members.flatMap(({ topics }) => topics))
    this.#groupTopics = wanted
    await coordinator.deadline().within(metadata.lately(wanted))
    return new Map([...wanted].map((topic) => [topic, metadata.view.topics.get(topic)?.partitions.length ?? 0]))
  }

  follow(): void {
    this.#shared = undefined
    this.#groupTopics = new Set()
  }

  /** The leader shares anew when topics have other partitions than when it did last. */
  #look(): void {
    const { view } = this.#options.metadata
    for (const [topic, count] of this.#shared ?? []) {
      const now = view.topics.get(topic)?.partitions.length ?? 0
      if (now === count) continue
      this.#shared = undefined
      this.#generations.changed()
      return
    }
  }
}
