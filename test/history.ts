/**
 * What the members of one group say of themselves, and whether it can be true of a group that works: each record is read,
 * a partition has one owner, and who takes a partition over goes on where its owner has committed. Pure; who holds the
 * members collects the events. One history is one group on one topic without transactions, written to by idempotent
 * producers, so that the offsets of a partition have no gaps.
 */

interface OfMember {
  readonly member: string
  readonly atMs: number
}

/** All that it owns from now on. `epoch` is its generation or member epoch, from clients that tell it. */
interface Owned extends OfMember {
  readonly kind: 'owned'
  readonly partitions: readonly number[]
  readonly epoch?: number
}

export interface Place {
  readonly partition: number
  readonly offset: number
}

interface Polled extends OfMember, Place {
  readonly kind: 'polled'
  readonly value: string
}

/** The broker has acknowledged it. */
interface Committed extends OfMember {
  readonly kind: 'committed'
  readonly positions: readonly Place[]
}

/** It was killed. */
interface Ended extends OfMember {
  readonly kind: 'ended'
}

export type MemberEvent = Owned | Polled | Committed | Ended

export interface Sent extends Place {
  readonly value: string
}

export interface History {
  /** Those of one member are in its order. */
  readonly events: readonly MemberEvent[]
  /** What producers were acknowledged. */
  readonly sent: readonly Sent[]
  readonly tells: Tells
}

/**
 * What the members say in time: `all`; or which partitions they own, but not that they hand out records of a partition
 * no more once they say so; or both too late.
 */
export type Tells = 'all' | 'owned' | 'late'

/** From when to when a member had a partition; what it polled of it meanwhile. */
interface Ownership {
  readonly member: string
  readonly partition: number
  readonly fromMs: number
  readonly polled: Polled[]
  untilMs: number
}

interface Ownerships {
  readonly all: readonly Ownership[]
  readonly faults: readonly string[]
}

const nameOf = ({ partition, offset }: Place): string => `${partition}:${offset}`

function byMember(events: readonly MemberEvent[]): Map<string, MemberEvent[]> {
  return Map.groupBy(events, ({ member }) => member)
}

function ownershipsOf(member: string, events: readonly MemberEvent[]): Ownerships {
  const all: Ownership[] = []
  const faults: string[] = []
  const current = new Map<number, Ownership>()
  const giveUp = (partition: number, atMs: number): void => {
    const ownership = current.get(partition)
    if (ownership !== undefined) ownership.untilMs = atMs
    current.delete(partition)
  }
  const take = (partition: number, atMs: number): void => {
    const ownership = { member, partition, fromMs: atMs, untilMs: Number.POSITIVE_INFINITY, polled: [] }
    current.set(partition, ownership)
    all.push(ownership)
  }
  for (const event of events) {
    if (event.kind === 'owned') {
      for (const partition of [...current.keys()]) {
        if (!event.partitions.includes(partition)) giveUp(partition, event.atMs)
      }
      for (const partition of event.partitions) if (!current.has(partition)) take(partition, event.atMs)
    } else if (event.kind === 'ended') {
      for (const partition of [...current.keys()]) giveUp(partition, event.atMs)
    } else if (event.kind === 'polled') {
      const ownership = current.get(event.partition)
      if (ownership === undefined) faults.push(`${member} polled ${nameOf(event)}, which it did not own`)
      else ownership.polled.push(event)
    }
  }
  return { all, faults }
}

/** Two live members with one partition at one time. */
function doubleOwners(all: readonly Ownership[]): string[] {
  const faults: string[] = []
  for (const [partition, owners] of Map.groupBy(all, (ownership) => ownership.partition)) {
    const inOrder = owners.toSorted((a, b) => a.fromMs - b.fromMs || a.untilMs - b.untilMs)
    let last: Ownership | undefined
    for (const next of inOrder) {
      if (last !== undefined && last.member !== next.member && next.fromMs < last.untilMs) {
        faults.push(
          `${next.member} took partition ${partition} at ${next.fromMs}, ${last.member} had it until ${last.untilMs}`,
        )
      }
      if (last === undefined || next.untilMs > last.untilMs) last = next
    }
  }
  return faults
}

/** Two members with one partition in one epoch, however their clocks go. */
function doubleInEpoch(events: readonly MemberEvent[]): string[] {
  const owners = new Map<string, string>()
  const faults: string[] = []
  for (const event of events) {
    if (event.kind !== 'owned' || event.epoch === undefined) continue
    for (const partition of event.partitions) {
      const key = `partition ${partition} in epoch ${event.epoch}`
      const owner = owners.get(key)
      if (owner !== undefined && owner !== event.member) faults.push(`${owner} and ${event.member} owned ${key}`)
      owners.set(key, event.member)
    }
  }
  return faults
}

/** In one ownership offsets go up by one. */
function skips(all: readonly Ownership[]): string[] {
  const faults: string[] = []
  for (const { member, polled } of all) {
    for (const [i, event] of polled.entries()) {
      const before = polled[i - 1]
      if (before !== undefined && event.offset !== before.offset + 1) {
        faults.push(`${member} polled ${nameOf(event)} after ${nameOf(before)}`)
      }
    }
  }
  return faults
}

/** Acknowledgements of two members that came closer than this may have been given in the other order. */
const orderDoubtMs = 1000

/**
 * Who begins to read does not begin before what had been committed until then. A client may hold commits back and send
 * them, in its newest epoch, for what is another's by now (librdkafka does, when it is short of time); Kafka stores them
 * too. Only such a commit, of another member and not before the higher one, may have set a position back; or one of the same
 * member that it says was acknowledged behind the higher one, for librdkafka sends a commit that a broker left unanswered
 * again behind newer ones.
 */
function lostPositions(all: readonly Ownership[], events: readonly MemberEvent[]): string[] {
  const commits = events
    .filter((event) => event.kind === 'committed')
    .flatMap(({ member, atMs, positions }) => positions.map((place) => ({ member, atMs, ...place })))
  const faults: string[] = []
  for (const { member, partition, fromMs, polled } of all) {
    const first = polled[0]
    if (first === undefined) continue
    const before = commits.filter((commit) => commit.partition === partition && commit.atMs < fromMs)
    const highest = before.reduce((max, commit) => (commit.offset > (max?.offset ?? 0) ? commit : max), before[0])
    if (highest === undefined || first.offset >= highest.offset) continue
    const isBehind = (commit: (typeof before)[number]): boolean =>
      commit.member === highest.member
        ? before.indexOf(commit) > before.indexOf(highest)
        : commit.atMs >= highest.atMs - orderDoubtMs
    const isSetBack = before.some((commit) => commit.offset === first.offset && isBehind(commit))
    if (!isSetBack) faults.push(`${member} began at ${nameOf(first)}, but ${highest.offset} was committed`)
  }
  return faults
}

/** What nobody has read is not committed. */
function commitsAhead(events: readonly MemberEvent[]): string[] {
  const ends = new Map<number, number>()
  for (const event of events) {
    if (event.kind !== 'polled') continue
    ends.set(event.partition, Math.max(ends.get(event.partition) ?? 0, event.offset + 1))
  }
  return events
    .filter((event) => event.kind === 'committed')
    .flatMap(({ member, positions }) => positions.map((place) => ({ member, place })))
    .filter(({ place }) => place.offset > (ends.get(place.partition) ?? 0))
    .map(({ member, place }) => `${member} committed ${nameOf(place)}, and nobody had read so far`)
}

/** A place has one value, and what was sent has been read. */
function wrongRecords({ events, sent }: History): string[] {
  const faults: string[] = []
  const values = new Map(sent.map((record) => [nameOf(record), record.value]))
  const read = new Set<string>()
  for (const event of events) {
    if (event.kind !== 'polled') continue
    const place = nameOf(event)
    const value = values.get(place)
    if (value === undefined) values.set(place, event.value)
    else if (value !== event.value) faults.push(`${event.member} polled ${event.value} at ${place}, which is ${value}`)
    read.add(place)
  }
  for (const record of sent)
    if (!read.has(nameOf(record))) faults.push(`nobody read ${record.value} at ${nameOf(record)}`)
  return faults
}

/** What cannot be so, a line each; nothing where all is well. */
export function historyFaults(history: History): string[] {
  const { events, tells } = history
  const found = [...byMember(events)].map(([member, its]) => ownershipsOf(member, its))
  const all = found.flatMap((ownerships) => ownerships.all)
  return [
    ...wrongRecords(history),
    ...doubleInEpoch(events),
    ...commitsAhead(events),
    ...(tells === 'late' ? [] : [...doubleOwners(all), ...skips(all), ...lostPositions(all, events)]),
    ...(tells === 'all' ? found.flatMap(({ faults }) => faults) : []),
  ]
}
