/**
 * One group of the consumer protocol (KIP-848). Changed by replay alone, in versions: who decides sees the newest one,
 * who is shown the group the committed one.
 *
 *   empty        no members
 *   assigning    the group has a newer epoch than its assignment
 *   reconciling  members are on their way to the newest assignment
 *   stable       all own what they are to own
 */
import { type MapView, Timeline, type VersionedMap } from '../../base/index.ts'
import type { Assignment } from './assignors/assignor.ts'
import { type ConsumerMember, isReconciledTo, newMember, noProgress } from './consumer-member.ts'
import type { AssignmentEpoch, ConsumerRecord, GroupEpoch, ResolvedRegex } from './consumer-record.ts'
import { Counts } from './counts.ts'
import { PartitionOwners } from './partition-owners.ts'
import { Subscriptions } from './subscriptions.ts'

export type ConsumerGroupState = 'empty' | 'assigning' | 'reconciling' | 'stable'

/** What is one for the whole group. */
interface Head {
  readonly epoch: GroupEpoch
  readonly assignment: AssignmentEpoch
  /** A record of an older broker is to be taken away. */
  readonly hasStoredMetadata: boolean
}

/** As Kafka begins; the first member makes it 2. */
const initialHead: Head = {
  epoch: { epoch: 1, metadataHash: 0n },
  assignment: { epoch: 1, timestampMs: 0 },
  hasStoredMetadata: false,
}

export const noTarget: Assignment = new Map()

export class ConsumerGroup {
  readonly groupId: string
  readonly #timeline: Timeline
  readonly #head: VersionedMap<'head', Head>
  readonly #members: VersionedMap<string, ConsumerMember>
  readonly #targets: VersionedMap<string, Assignment>
  readonly #regexes: VersionedMap<string, ResolvedRegex>
  readonly subscriptions = new Subscriptions()
  readonly owners = new PartitionOwners()
  /** Members by assignor that they wish for. */
  readonly assignors = new Counts()
  /** Members of the classic protocol, by protocol that they offer. */
  readonly classicProtocols = new Counts()
  #classicSize = 0
  /** Of the newest write that the state may follow from. */
  #writtenEpoch = Number.NEGATIVE_INFINITY
  /** The state since that write, once somebody has asked for it: of very many groups few have changed since the last look. */
  #state: ConsumerGroupState | undefined
  readonly #staticIds = new Map<string, string>()
  /** The metadata was looked at when the group had, or got, this epoch; undefined when it has changed since. */
  #lookedAtEpoch: number | undefined
  /** When something of what the expressions stand for was last not stored; in no log. */
  regexesRefusedMs = Number.NEGATIVE_INFINITY

  constructor(groupId: string, timeline: Timeline) {
    this.groupId = groupId
    this.#timeline = timeline
    this.#head = timeline.map(() => this.#stateChanges())
    this.#members = timeline.map((_, before, after) => this.#memberChanged(before, after))
    this.#targets = timeline.map()
    this.#regexes = timeline.map((_, before, after) => this.subscriptions.regexChanged(before, after))
  }

  /** A group of its own, as `records` make it: to decide on before they are written. */
  static of(groupId: string, records: readonly ConsumerRecord[]): ConsumerGroup {
    const timeline = new Timeline()
    const group = new ConsumerGroup(groupId, timeline)
    timeline.advanceTo(0)
    for (const record of records) group.replay(record)
    return group
  }

  #stateChanges(): void {
    this.#writtenEpoch = this.#timeline.epoch
    this.#state = undefined
  }

  #memberChanged(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    this.#stateChanges()
    this.owners.memberChanged(before, after)
    if (before?.instanceId != null && this.#staticIds.get(before.instanceId) === before.memberId) {
      this.#staticIds.delete(before.instanceId)
    }
    if (after?.instanceId != null) this.#staticIds.set(after.instanceId, after.memberId)
    this.subscriptions.memberChanged(before, after)
    if (before !== undefined) this.#count(before, -1)
    if (after !== undefined) this.#count(after, 1)
  }

  #count({ serverAssignor, classic }: ConsumerMember, by: 1 | -1): void {
    if (serverAssignor !== null) this.assignors.add(serverAssignor, by)
    if (classic === null) return
    this.#classicSize += by
    for (const name of new Set(classic.protocols.map((protocol) => protocol.name))) this.classicProtocols.add(name, by)
  }

  // ---- replay

  /** A tombstone of the group's epoch takes the group away: that is for whoever holds it. */
  replay(record: ConsumerRecord): void {
    switch (record.kind) {
      case 'consumer-epoch':
        this.#replayHead({ epoch: record.value ?? initialHead.epoch })
        return
      case 'consumer-metadata':
        this.#replayHead({ hasStoredMetadata: record.value !== null })
        return
      case 'consumer-target-epoch':
        this.#replayHead({ assignment: record.value ?? { epoch: -1, timestampMs: 0 } })
        return
      case 'consumer-member':
        if (record.value === null) this.#members.delete(record.memberId)
        else this.#members.set(record.memberId, { ...this.#memberOrNew(record.memberId), ...record.value })
        return
      case 'consumer-current':
        // The end of a member that was never there ends nothing.
        if (record.value === null && !this.#members.has(record.memberId)) return
        this.#members.set(record.memberId, { ...this.#memberOrNew(record.memberId), ...(record.value ?? noProgress) })
        return
      case 'consumer-target':
        if (record.value === null) this.#targets.delete(record.memberId)
        else this.#targets.set(record.memberId, record.value)
        return
      case 'consumer-regex':
        if (record.value === null) this.#regexes.delete(record.regex)
        else this.#regexes.set(record.regex, record.value)
    }
  }

  #replayHead(changed: Partial<Head>): void {
    this.#head.set('head', { ...this.#newestHead, ...changed })
  }

  #memberOrNew(memberId: string): ConsumerMember {
    return this.#members.get(memberId) ?? newMember(memberId)
  }

  // ---- the newest version

  get #newestHead(): Head {
    return this.#head.get('head') ?? initialHead
  }

  get epoch(): number {
    return this.#newestHead.epoch.epoch
  }

  get metadataHash(): bigint {
    return this.#newestHead.epoch.metadataHash
  }

  get assignmentEpoch(): number {
    return this.#newestHead.assignment.epoch
  }

  get assignmentTimestampMs(): number {
    return this.#newestHead.assignment.timestampMs
  }

  get hasStoredMetadata(): boolean {
    return this.#newestHead.hasStoredMetadata
  }

  get size(): number {
    return this.#members.size
  }

  get classicSize(): number {
    return this.#classicSize
  }

  members(): IterableIterator<ConsumerMember> {
    return this.#members.values()
  }

  member(memberId: string): ConsumerMember | undefined {
    return this.#members.get(memberId)
  }

  staticMember(instanceId: string | null): ConsumerMember | undefined {
    const memberId = instanceId === null ? undefined : this.#staticIds.get(instanceId)
    return memberId === undefined ? undefined : this.#members.get(memberId)
  }

  target(memberId: string): Assignment {
    return this.#targets.get(memberId) ?? noTarget
  }

  hasTarget(memberId: string): boolean {
    return this.#targets.has(memberId)
  }

  /** Of a member, or of the static member whose place it is about to take. */
  targetOf({ memberId, instanceId }: ConsumerMember): Assignment {
    return this.target(instanceId === null ? memberId : (this.#staticIds.get(instanceId) ?? ''))
  }

  resolvedRegex(regex: string): ResolvedRegex | undefined {
    return this.#regexes.get(regex)
  }

  resolvedRegexes(): IterableIterator<[string, ResolvedRegex]> {
    return this.#regexes.entries()
  }

  get resolvedCount(): number {
    return this.#regexes.size
  }

  // ---- the metadata that the group's epoch stands for

  /** The topics may have changed since the group's epoch was decided. */
  get mustLookAtMetadata(): boolean {
    return this.#lookedAtEpoch === undefined || this.epoch < this.#lookedAtEpoch
  }

  /** `epoch`: that the group has, or is about to get. If its record is lost, the metadata is looked at again. */
  metadataLookedAt(epoch: number): void {
    this.#lookedAtEpoch = epoch
  }

  metadataChanged(): void {
    this.#lookedAtEpoch = undefined
  }

  // ---- the committed version

  get committed(): CommittedConsumerGroup {
    const { epoch, assignment } = this.#head.committed.get('head') ?? initialHead
    return {
      epoch: epoch.epoch,
      assignmentEpoch: assignment.epoch,
      members: this.#members.committed,
      targets: this.#targets.committed,
    }
  }

  /** Of the committed version. */
  get committedState(): ConsumerGroupState {
    if (this.#timeline.committedEpoch >= this.#writtenEpoch) return this.state
    const { epoch, assignment } = this.#head.committed.get('head') ?? initialHead
    const members = [...this.#members.committed.entries()].map(([, member]) => member)
    return stateOf(epoch.epoch, assignment.epoch, members)
  }

  get state(): ConsumerGroupState {
    this.#state ??= stateOf(this.epoch, this.assignmentEpoch, this.#members.values())
    return this.#state
  }
}

export interface CommittedConsumerGroup {
  readonly epoch: number
  readonly assignmentEpoch: number
  readonly members: MapView<string, ConsumerMember>
  readonly targets: MapView<string, Assignment>
}

function stateOf(epoch: number, assignmentEpoch: number, members: Iterable<ConsumerMember>): ConsumerGroupState {
  let isEmpty = true
  for (const member of members) {
    isEmpty = false
    if (epoch > assignmentEpoch) return 'assigning'
    if (!isReconciledTo(member, assignmentEpoch)) return 'reconciling'
  }
  return isEmpty ? 'empty' : 'stable'
}
