/**
 * Keeps what the regular expressions of consumer groups stand for up to date: a new expression, a new topic, or time
 * makes a group's expressions be resolved again, in slices beside everything else, and only so often.
 */
import type { ShardContext } from '../shard-context.ts'
import { memberEvent } from './consumer-events.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { ConsumerRecord, ResolvedRegex } from './consumer-record.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import type { GroupEvents } from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import { resolveRegexes } from './regular-expressions.ts'

/** As Kafka: however many topics come. */
const restMs = 10_000

/** Of names, in one append: those of one expression may be many thousands. */
const portionCharacters = 128 * 1024

/** Of a slice: whatever the expressions are, the others soon have their turn. */
const sliceMs = 2
const sliceSteps = 10_000

export interface RegexRefreshOptions {
  readonly context: ShardContext<GroupRecord>
  readonly topics: ConsumerTopics
  /** `group.consumer.regex.refresh.interval.ms`. */
  readonly refreshIntervalMs: () => number
  /** The newest version of a group, if it is still there. */
  readonly groupOf: (groupId: string) => ConsumerGroup | undefined
  readonly events: GroupEvents
}

export interface RegexChange {
  readonly member: ConsumerMember
  readonly updated: ConsumerMember
  readonly isNew: boolean
}

export class RegexRefresh {
  readonly #options: RegexRefreshOptions
  /** Groups whose expressions are being resolved. */
  readonly #running = new Set<string>()
  /** Of the newest image that had topics which the one before had not. */
  #newTopicsVersion: number

  constructor(options: RegexRefreshOptions) {
    this.#options = options
    this.#newTopicsVersion = options.topics.version
  }

  topicsCame(): void {
    this.#newTopicsVersion = this.#options.topics.version
  }

  /** After a request that is about to change `member` to `updated`. */
  maybeStart(group: ConsumerGroup, change: RegexChange): void {
    const { updated, isNew } = change
    if (!isNew && updated.topicRegex === '' && !group.subscriptions.hasRegex) return
    if (this.#running.has(group.groupId)) return
    const { context, refreshIntervalMs } = this.#options
    const nowMs = context.nowMs()
    const [last] = group.resolvedRegexes()
    const lastMs = last?.[1].timestampMs ?? Number.NEGATIVE_INFINITY
    const untilMs = Math.max(lastMs, group.regexesRefusedMs) + restMs
    if (nowMs <= untilMs) {
      if (isUnresolved(group, change)) this.#reportRest(group, updated, untilMs)
      return
    }
    const regexes = regexesAfter(group, change)
    const isDue =
      isNew ||
      regexes.length !== group.resolvedCount ||
      (last?.[1].version ?? 0) < this.#newTopicsVersion ||
      nowMs > lastMs + refreshIntervalMs()
    if (isDue && regexes.length > 0) this.#start(group.groupId, regexes)
  }

  #reportRest({ groupId, epoch }: ConsumerGroup, updated: ConsumerMember, untilMs: number): void {
    const change = { kind: 'regex-rests', member: memberEvent(updated), untilMs, restMs } as const
    this.#options.events.report({ groupId, epoch, change })
  }

  #start(groupId: string, regexes: readonly string[]): void {
    const { context, topics } = this.#options
    const timestampMs = context.nowMs()
    const startMs = context.monotonicMs()
    const { version } = topics
    const steps = resolveRegexes(regexes, topics.names())
    this.#running.add(groupId)
    const step = (): void => {
      const sliceStartMs = context.monotonicMs()
      let next = steps.next()
      for (let i = 1; next.done !== true && i < sliceSteps; i++) {
        if (context.monotonicMs() - sliceStartMs >= sliceMs) break
        next = steps.next()
      }
      if (next.done !== true) {
        context.later(step)
        return
      }
      this.#running.delete(groupId)
      const resolved = new Map<string, ResolvedRegex>()
      for (const [regex, found] of next.value) {
        resolved.set(regex, { topics: found, version, timestampMs })
      }
      this.#store(groupId, resolved, context.monotonicMs() - startMs)
    }
    context.later(step)
  }

  #store(groupId: string, resolved: ReadonlyMap<string, ResolvedRegex>, tookMs: number): void {
    const { context, groupOf, events } = this.#options
    const group = groupOf(groupId)
    if (group === undefined) return
    const topicCount = new Set([...resolved.values()].flatMap(({ topics }) => topics)).size
    const change = { kind: 'regex-resolved', regexCount: resolved.size, topicCount, tookMs } as const
    events.report({ groupId, epoch: group.epoch, change })
    for (const records of portions(this.#recordsOf(group, resolved))) {
      context.append({
        records,
        committed: () => undefined,
        failed: (errorCode) => {
          // Larger than a batch may be, perhaps: the next heartbeat would try again.
          group.regexesRefusedMs = context.nowMs()
          group.metadataChanged()
          const what = 'what its regular expressions stand for'
          events.report({ groupId, epoch: group.epoch, change: { kind: 'not-stored', what, errorCode } })
        },
      })
    }
  }

  #recordsOf(group: ConsumerGroup, resolved: ReadonlyMap<string, ResolvedRegex>): readonly ConsumerRecord[] {
    const { topics, events } = this.#options
    const { groupId } = group
    const records: ConsumerRecord[] = []
    const subscriptions = group.subscriptions.copy()
    let haveChanged = false
    for (const [regex, value] of resolved) {
      // Its last member may have gone meanwhile.
      if (group.subscriptions.membersWithRegex(regex) === 0) continue
      const before = group.resolvedRegex(regex)
      haveChanged ||= `${before?.topics ?? []}` !== `${value.topics}`
      haveChanged ||= before === undefined && isToOwnSomething(group, regex)
      subscriptions.regexChanged(before, value)
      records.push({ kind: 'consumer-regex', groupId, regex, value })
    }
    const metadataHash = topics.hashOf(subscriptions.topics())
    if (!haveChanged && metadataHash === group.metadataHash) return records
    const epoch = group.epoch + 1
    records.push({ kind: 'consumer-epoch', groupId, value: { epoch, metadataHash } })
    const change = { kind: 'rebalance', cause: { kind: 'regex-resolved' }, memberCount: group.size } as const
    events.report({ groupId, epoch: group.epoch, epochAfter: epoch, change })
    group.metadataLookedAt(epoch)
    return records
  }
}

/** In their order; each one is true without those that follow. */
function portions(records: readonly ConsumerRecord[]): readonly (readonly ConsumerRecord[])[] {
  const all: ConsumerRecord[][] = []
  let characters = Number.POSITIVE_INFINITY
  for (const record of records) {
    const names = record.kind === 'consumer-regex' ? (record.value?.topics ?? []) : []
    const own = names.reduce((sum, name) => sum + name.length, names.length)
    if (characters + own > portionCharacters) {
      all.push([])
      characters = 0
    }
    all.at(-1)?.push(record)
    characters += own
  }
  return all
}

/**
 * What members are to own of what they were subscribed to before is nobody's, where the expression that they are subscribed
 * to now stands for nothing.
 */
function isToOwnSomething(group: ConsumerGroup, regex: string): boolean {
  for (const { memberId, topicRegex } of group.members()) {
    if (topicRegex === regex && group.target(memberId).size > 0) return true
  }
  return false
}

/** The request brings an expression that nothing is known of. */
const isUnresolved = (group: ConsumerGroup, { member, updated }: RegexChange): boolean =>
  updated.topicRegex !== '' &&
  updated.topicRegex !== member.topicRegex &&
  group.resolvedRegex(updated.topicRegex) === undefined

/** Nearly all requests change nothing: they must not pay for the topics of their group. */
function regexesAfter(group: ConsumerGroup, { member, updated }: RegexChange): readonly string[] {
  if (member.topicRegex === updated.topicRegex) return group.subscriptions.regexes()
  const subscriptions = group.subscriptions.copy()
  subscriptions.memberChanged(group.member(member.memberId) ?? group.staticMember(updated.instanceId), updated)
  return subscriptions.regexes()
}
