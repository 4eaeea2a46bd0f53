/** An event of a group in words, for the log and for whoever asks why: one line, with cause and numbers. */

import { errorName } from '../../protocol/index.ts'
import type {
  EndCause,
  EventMember,
  FencingCause,
  GroupChange,
  GroupEvent,
  RebalanceCause,
  RefusalCause,
  RemovalCause,
  Several,
  WaitedFor,
} from './group-event.ts'

/** Whole milliseconds, or members, by thousands: 45,012. */
const number = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
const count = (value: number, noun: string): string => `${number(value)} ${noun}${value === 1 ? '' : 's'}`
const ms = (value: number): string => `${number(value)} ms`
const because = (reason: string): string => (reason === '' ? '' : ` ("${reason}")`)

/** Nobody asks who was waited for where it took less. */
const slowMs = 1000

function of(waitedMs: number, limitMs: number): string {
  const lateMs = waitedMs - limitMs
  const late = lateMs < slowMs ? '' : ` (this node stood still or was busy: it saw that ${ms(lateMs)} late)`
  return `${ms(waitedMs)}, limit ${ms(limitMs)}${late}`
}

function named({ memberId, groupInstanceId, clientId, clientHost }: EventMember): string {
  const instance = groupInstanceId === null ? '' : `, instance ${groupInstanceId}`
  return `${memberId} (client ${clientId} at ${clientHost}${instance})`
}

function rebalanceText(cause: RebalanceCause): string {
  switch (cause.kind) {
    case 'member-joined':
      return `member ${named(cause.member)} joined${because(cause.reason)}`
    case 'member-rejoined':
      return `member ${named(cause.member)} joined again${because(cause.reason)}`
    case 'member-removed':
      return `member ${cause.member.memberId} was removed`
    case 'member-returned':
      return `static member ${named(cause.member)} came back in the place of ${cause.replacedMemberId}`
    case 'subscription-changed':
      return `member ${named(cause.member)} changed its subscription`
    case 'topics-changed':
      return 'topics that it subscribes to have changed'
    case 'over-capacity':
      return `it may have ${count(cause.sizeMax, 'member')}`
    case 'regex-resolved':
      return 'a regular expression matches other topics now'
    case 'assignor-changed':
      return `its assignor is ${cause.to} now, and was ${cause.from}`
    case 'migrated':
      return `it came from the ${cause.from} protocol`
    case 'not-stored':
      return `the assignment was not stored (${errorName(cause.errorCode)})`
  }
}

function removalText(cause: RemovalCause): string {
  switch (cause.kind) {
    case 'left':
      return `it left${because(cause.reason)}`
    case 'no-heartbeat':
      return `no heartbeat for ${of(cause.silentMs, cause.limitMs)}`
    case 'no-generation':
      return `its first generation did not begin for ${of(cause.waitedMs, cause.limitMs)}`
    case 'no-rejoin':
      return `no rejoin for ${of(cause.waitedMs, cause.limitMs)}`
    case 'no-room':
      return `${count(cause.sizeMax, 'other member')} joined before it, which is all that the group may have`
    case 'no-sync':
      return `no sync for ${of(cause.waitedMs, cause.limitMs)}`
    case 'not-reconciled':
      return `${count(cause.partitionsOwed, 'partition')} not given up for ${of(cause.waitedMs, cause.limitMs)}`
    case 'migrated':
      return `it does not speak the ${cause.to} protocol`
  }
}

function fencingText(cause: FencingCause): string {
  switch (cause.kind) {
    case 'instance-taken':
      return `${cause.byMemberId} came with the same group instance id`
    case 'wrong-epoch':
      return `it is at epoch ${cause.epoch}, the group knows it at ${cause.expectedEpoch}`
  }
}

/** Whom a generation waited for, and who did not come. */
function waitText({
  tookMs,
  last,
  missed,
  waitedForFirst,
  removed,
  kept,
}: Extract<GroupChange, { kind: 'generation' }>): string {
  const parts: string[] = []
  if (tookMs >= slowMs) {
    const isTold = missed !== undefined || waitedForFirst || removed !== undefined || kept !== undefined
    if (last !== undefined && (last.afterMs >= slowMs || !isTold))
      parts.push(`last came member ${named(last.member)} after ${ms(last.afterMs)}`)
    if (missed !== undefined) parts.push(missedText(missed))
    if (waitedForFirst) parts.push('others were waited for (group.initial.rebalance.delay.ms)')
  }
  if (removed !== undefined) parts.push(`without member ${several(removed)}, removed for not coming`)
  if (kept !== undefined) parts.push(`static member ${several(kept)} did not come, and stays until its session is over`)
  return parts.map((part) => `; ${part}`).join('')
}

function missedText({ member, was, untilMs }: WaitedFor): string {
  const end = was === 'member' ? 'until it was removed' : 'which was given its id and did not come with it'
  return `waited ${ms(untilMs)} for member ${named(member)}, ${end}`
}

const several = ({ first, count: all }: Several): string =>
  `${named(first)}${all === 1 ? '' : ` and ${number(all - 1)} more`}`

function refusalText(cause: RefusalCause): string {
  switch (cause.kind) {
    case 'told':
      return cause.message === '' ? '' : `: ${cause.message}`
    case 'protocols': {
      const what =
        cause.type === cause.groupType
          ? `it offers ${list(cause.offered)}, the group has ${list(cause.inGroup)}`
          : `it is of type ${cause.type}, the group of ${cause.groupType}`
      return cause.message === '' ? `: ${what}` : `: ${cause.message} (${what})`
    }
    case 'full':
      return `: the group has ${count(cause.memberCount, 'member')}, of ${number(cause.sizeMax)} that it may have`
    case 'instance-owned': {
      const left = cause.sessionLeftMs === undefined ? '' : ` (in ${ms(cause.sessionLeftMs)}, unless it is heard of)`
      return `: its instance id is that of member ${named(cause.owner)}, until that leaves or its session is over${left}`
    }
  }
}

const requester = (member: EventMember): string =>
  member.memberId === '' ? `a new member${named(member)}` : `member ${named(member)}`

const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '))

const endTexts: Readonly<Record<EndCause, string>> = {
  deleted: 'deleted by a request',
  'offsets-expired': 'its last offset expired',
  unused: 'it had neither members nor offsets',
}

function changeText(change: GroupChange, { epoch, epochAfter }: GroupEvent): string {
  switch (change.kind) {
    case 'refusal':
      return `refuses a ${change.what} of ${requester(change.member)} with ${errorName(change.errorCode)}${refusalText(change.cause)}`
    case 'loaded':
      return `was loaded here: ${change.type} protocol, ${change.state}, ${count(change.memberCount, 'member')}`
    case 'ended':
      return `ended: ${endTexts[change.why]}`
    case 'rebalance': {
      const to = epochAfter === epoch ? `after generation ${epoch}` : `from epoch ${epoch} to ${epochAfter}`
      return `rebalances ${to} with ${count(change.memberCount, 'member')}: ${rebalanceText(change.cause)}`
    }
    case 'generation':
      return `begins generation ${epochAfter} with ${count(change.memberCount, 'member')} after ${ms(change.tookMs)}: protocol ${change.protocolName}, leader ${change.leaderId}${waitText(change)}`
    case 'assignment-stored':
      return `is stable in generation ${epoch}: ${count(change.memberCount, 'member')} assigned by the leader in ${ms(change.tookMs)}`
    case 'assignment-computed':
      return `has a target assignment for epoch ${epochAfter}: ${count(change.partitionCount, 'partition')} to ${count(change.memberCount, 'member')} by ${change.assignor} in ${ms(change.tookMs)}`
    case 'revocation':
      return `waited ${ms(change.tookMs)} for member ${named(change.member)} to give up ${count(change.partitionCount, 'partition')}`
    case 'emptied':
      return `has no members in generation ${epochAfter}`
    case 'removal':
      return `removes member ${named(change.member)}: ${removalText(change.cause)}`
    case 'fencing':
      return `fences member ${named(change.member)}: ${fencingText(change.cause)}`
    case 'return':
      return `goes on in ${change.type === 'classic' ? 'generation' : 'epoch'} ${epoch}: static member ${named(change.member)} came back in the place of ${change.replacedMemberId}`
    case 'wait':
      return `waits ${ms(change.nextMs)} more: none of its static members (${number(change.memberCount)}) has rejoined`
    case 'regex-subscribed':
      return change.joins
        ? `is joined by member ${named(change.member)} with the expression ${change.regex}`
        : `has member ${named(change.member)} subscribed with the expression ${change.regex}`
    case 'regex-rests':
      return `resolves the expression of member ${named(change.member)} not before ${new Date(change.untilMs).toISOString()}: expressions of a group are resolved once in ${ms(change.restMs)}`
    case 'regex-resolved':
      return `has ${count(change.regexCount, 'regular expression')} resolved to ${count(change.topicCount, 'topic')} in ${ms(change.tookMs)}`
    case 'migration':
      return `goes from the ${change.from} to the ${change.to} protocol with ${count(change.memberCount, 'member')}${epochAfter < epoch ? `, and begins anew at ${epochAfter}` : ''}`
    case 'not-stored':
      return `could not store ${change.what} (${errorName(change.errorCode)})`
  }
}

/** Begins with a verb; the group's name comes before it in the log. */
export function eventText(event: GroupEvent): string {
  const text = changeText(event.change, event)
  if (event.count === 1) return text
  return `${text} (${number(event.count)} times since ${new Date(event.firstMs).toISOString()})`
}
