/**
 * Keeps what the regular expressions of consumer groups stand for up to date: a new expression, a new topic, or time
 * makes a group's expressions be resolved again, in slices beside everything else, and only so often.
 */
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { memberEvent } from './consumer-events.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { ConsumerRecord, RegexRecord, ResolvedRegex } from './consumer-record.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import type { GroupEvents } from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import { type Resolution, resolveRegexes } from './regular-expressions.ts'

/** As Kafka: however many topics come. */
const restMs = 10_000

/** Of names, in one append and one step: those of one expression may be many thousands. */
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

type Portion = readonly (readonly [regex: string, names: readonly string[]])[]

/** What becomes of one resolution while it is stored, portion by portion. */
interface Work extends Omit<ResolvedRegex, 'topics'> {
  /** Topics that any of the expressions stands for. */
  readonly names: Set<string>
  /** Where topics come and go, most of the time nothing has changed for a group, and nothing is told. */
  isNews: boolean
  /** So that the group has to be assigned anew. */
  haveChanged: boolean
  /** A portion could not be stored: the others are left. */
  isRefused: boolean
}

export class RegexRefresh {
  readonly #options: RegexRefreshOptions
  /** Groups whose expressions are being resolved. */
  readonly #running = new Set<string>()
  /** Of which something was stored that they have to be assigned anew for, and not that they are. */
  readonly #unassigned = new WeakSet<ConsumerGroup>()
  /** Of the newest image that had topics which the one before had not. */
  #newTopicsVersion: number

  constructor(options: RegexRefreshOptions) {
    this.#options = options
    this.#newTopicsVersion = options.topics.version
  }

  topicsCame(): void {
    this.#newTopicsVersion = this.#options.topics.version
  }

  /** All are resolved together: where their times differ, the coordinator before was not done with it. */
  loaded(group: ConsumerGroup): void {
    let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const [, { timestampMs }] of group.resolvedRegexes()) {
      firstMs = Math.min(firstMs, timestampMs)
      lastMs = Math.max(lastMs, timestampMs)
    }
    if (firstMs >= lastMs) return
    group.regexesRefusedMs = lastMs
    this.#unassigned.add(group)
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
      // Of the last resolution something is missing.
      group.regexesRefusedMs >= lastMs ||
      nowMs > lastMs + refreshIntervalMs()
    if (isDue && regexes.length > 0) this.#start(group.groupId, regexes)
  }

  #reportRest({ groupId, epoch }: ConsumerGroup, updated: ConsumerMember, untilMs: number): void {
    const change = { kind: 'regex-rests', member: memberEvent(updated), untilMs, restMs } as const
    this.#options.events.report({ groupId, epoch, change })
  }

  #start(groupId: string, regexes: readonly string[]): void {
    const { context } = this.#options
    const steps = this.#steps(groupId, regexes)
    this.#running.add(groupId)
    const step = (): void => {
      const sliceStartMs = context.monotonicMs()
      let next = steps.next()
      for (let i = 1; next.done !== true && i < sliceSteps; i++) {
        if (context.monotonicMs() - sliceStartMs >= sliceMs) break
        next = steps.next()
      }
      if (next.done === true) this.#running.delete(groupId)
      else context.later(step)
    }
    context.later(step)
  }

  *#steps(groupId: string, regexes: readonly string[]): Generator<void, void, void> {
    const { context, topics, groupOf } = this.#options
    const began = { version: topics.version, timestampMs: context.nowMs() }
    const startMs = context.monotonicMs()
    const resolution = yield* resolveRegexes(regexes, topics.names())
    const tookMs = context.monotonicMs() - startMs
    const work: Work = { ...began, names: new Set(), isNews: false, haveChanged: false, isRefused: false }
    let last: Portion = []
    for (const portion of portions(resolution)) {
      const group = groupOf(groupId)
      if (group === undefined || work.isRefused) return
      this.#append(group, this.#recordsOf(group, last, work), work)
      last = portion
      yield
    }
    const group = groupOf(groupId)
    if (group === undefined || work.isRefused) return
    const records = this.#recordsOf(group, last, work)
    if (work.isNews) {
      const change = {
        kind: 'regex-resolved',
        regexCount: resolution.size,
        topicCount: work.names.size,
        tookMs,
      } as const
      this.#options.events.report({ groupId, epoch: group.epoch, change })
    }
    this.#append(group, [...records, ...this.#epochAfter(group, records, work)], work)
  }

  #append(group: ConsumerGroup, records: readonly ConsumerRecord[], work: Work): void {
    if (records.length === 0) return
    const { context, events } = this.#options
    const { groupId } = group
    context.append({
      records,
      committed: () => undefined,
      failed: () => {
        work.isRefused = true
        if (work.haveChanged) this.#unassigned.add(group)
        // Larger than a batch may be, perhaps: the next heartbeat would try again.
        group.regexesRefusedMs = context.nowMs()
        group.metadataChanged()
      },
      settled: (errorCode) => {
        if (errorCode === ErrorCode.NONE) return
        const what = 'what its regular expressions stand for'
        events.report({ groupId, epoch: group.epoch, change: { kind: 'not-stored', what, errorCode } })
      },
    })
  }

  #recordsOf(group: ConsumerGroup, portion: Portion, work: Work): readonly RegexRecord[] {
    const { groupId } = group
    const records: RegexRecord[] = []
    const { version, timestampMs } = work
    for (const [regex, names] of portion) {
      for (const name of names) work.names.add(name)
      // Its last member may have gone meanwhile.
      if (group.subscriptions.membersWithRegex(regex) === 0) continue
      const before = group.resolvedRegex(regex)
      const isOther = !areSame(before?.topics ?? [], names)
      work.isNews ||= isOther || before === undefined
      work.haveChanged ||= isOther
      work.haveChanged ||= before === undefined && isToOwnSomething(group, regex)
      records.push({ kind: 'consumer-regex', groupId, regex, value: { topics: names, version, timestampMs } })
    }
    return records
  }

  /** The epoch that follows from all that is resolved, the `records` that are about to be appended with it included. */
  #epochAfter(group: ConsumerGroup, records: readonly RegexRecord[], work: Work): readonly ConsumerRecord[] {
    const { topics, events } = this.#options
    const { groupId } = group
    const subscriptions = group.subscriptions.copy()
    for (const { regex, value } of records) subscriptions.regexChanged(group.resolvedRegex(regex), value ?? undefined)
    const metadataHash = topics.hashOf(subscriptions.topics())
    if (this.#unassigned.delete(group)) work.haveChanged = true
    if (!work.haveChanged && metadataHash === group.metadataHash) return []
    const epoch = group.epoch + 1
    const change = { kind: 'rebalance', cause: { kind: 'regex-resolved' }, memberCount: group.size } as const
    events.report({ groupId, epoch: group.epoch, epochAfter: epoch, change })
    group.metadataLookedAt(epoch)
    return [{ kind: 'consumer-epoch', groupId, value: { epoch, metadataHash } }]
  }
}

/** In their order; each one is true without those that follow. */
function* portions(resolution: Resolution): Generator<Portion, void, void> {
  let portion: [string, readonly string[]][] = []
  let characters = 0
  for (const [regex, names] of resolution) {
    const own = names.reduce((sum, name) => sum + name.length, names.length)
    if (portion.length > 0 && characters + own > portionCharacters) {
      yield portion
      portion = []
      characters = 0
    }
    portion.push([regex, names])
    characters += own
  }
  yield portion
}

const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i])

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
