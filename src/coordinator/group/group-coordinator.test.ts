import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, zeroUuid } from '../../base/index.ts'
import { emptyImage } from '../../metadata/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { Append, ShardTimer } from '../shard-context.ts'
import type { JoinReply, SyncReply } from './classic-member.ts'
import { ConsumerTopics } from './consumer-topics.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { GroupEvents } from './group-events.ts'
import type { CommittedOffset, GroupRecord } from './group-record.ts'
import type { OffsetToCommit } from './group-requests.ts'
import { GroupTally } from './group-tally.ts'

const consumerProtocols = [{ name: 'range', metadata: Buffer.from('subscription') }]

const who = (memberId: string, groupInstanceId: string | null = null) => ({ memberId, groupInstanceId })

/** A shard with time and log in the test's hands. */
class Bench {
  nowMs = 1_000_000
  readonly log: GroupRecord[] = []
  readonly #appends: { readonly append: Append<GroupRecord>; readonly end: number }[] = []
  readonly #timers = new Map<string, { readonly atMs: number; readonly fire: () => void }>()
  readonly lines: string[] = []
  readonly groups: GroupCoordinator
  #ids = 0
  #timerIds = 0

  #timer(fire: () => void): ShardTimer {
    const key = `timer ${++this.#timerIds}`
    const timer = {
      startedMs: 0,
      start: (delayMs: number) => {
        timer.startedMs = this.nowMs
        this.#timers.set(key, { atMs: this.nowMs + delayMs, fire })
      },
      cancel: () => void this.#timers.delete(key),
    }
    return timer
  }

  constructor(options: { initialRebalanceDelayMs?: number; groupSizeMax?: number } = {}) {
    const tally = new GroupTally()
    this.groups = new GroupCoordinator({
      context: {
        nowMs: () => this.nowMs,
        monotonicMs: () => this.nowMs,
        timers: {
          timer: (fire) => this.#timer(fire),
          schedule: (key, delayMs, fire) => void this.#timers.set(key, { atMs: this.nowMs + delayMs, fire }),
          has: (key) => this.#timers.has(key),
          cancel: (key) => void this.#timers.delete(key),
        },
        later: (then) => void this.#timers.set(`later ${this.nowMs}`, { atMs: this.nowMs, fire: then }),
        append: (append) => {
          append.records.forEach((record) => {
            this.groups.replay(record, this.log.push(record) - 1)
          })
          this.#appends.push({ append, end: this.log.length })
        },
      },
      config: () => ({
        initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
        sessionTimeoutMsMin: 6000,
        sessionTimeoutMsMax: 1_800_000,
        classicSizeMax: options.groupSizeMax ?? 1000,
        consumerSizeMax: 1000,
        migrationPolicy: 'BIDIRECTIONAL',
        assignors: [],
        regexRefreshIntervalMs: 600_000,
        offsetMetadataBytesMax: 4096,
        offsetsRetentionMs: 604_800_000,
        offsetsRetentionCheckIntervalMs: 600_000,
      }),
      configOf: () => ({ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000, assignmentIntervalMs: 1000 }),
      topics: new ConsumerTopics(emptyImage),
      report: (line) => void this.lines.push(line),
      events: new GroupEvents({
        nowMs: () => this.nowMs,
        log: (line) => void this.lines.push(line),
        perGroupMax: () => 10,
        groupsMax: () => 10,
        tally,
      }),
      tally,
    })
  }

  hasMember(memberId: string): boolean {
    return this.groups.describe('g').members.some((member) => member.memberId === memberId)
  }

  leave(memberId: string): number | undefined {
    const codes: number[] = []
    this.groups.leave('g', [{ ...who(memberId), reason: '' }], (answered) => codes.push(...answered))
    return codes[0]
  }

  /** Of the group `g`, partition 0 of `t`. */
  committed(): CommittedOffset | null {
    const keys = [{ topic: 't', partition: 0, topicId: zeroUuid }]
    const request = { groupId: 'g', memberId: null, memberEpoch: -1, keys }
    return this.groups.offsets.fetch(request)[0]?.value ?? null
  }

  commit(): void {
    for (const { append, end } of this.#appends.splice(0)) {
      this.groups.commitTo(end)
      append.settled?.(ErrorCode.NONE)
      append.committed()
    }
  }

  fail(code: number): void {
    for (const { append, end } of this.#appends.splice(0).reverse()) {
      this.groups.revertTo(end - append.records.length)
      this.log.length = end - append.records.length
      append.settled?.(code)
      append.failed(code)
    }
  }

  /** Lets time pass and timers fire in their order. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.atMs - b.atMs)
      if (next === undefined || next[1].atMs > untilMs) break
      this.nowMs = next[1].atMs
      this.#timers.delete(next[0])
      next[1].fire()
    }
    this.nowMs = untilMs
  }

  join(
    options: {
      groupId?: string
      memberId?: string
      sessionTimeoutMs?: number
      known?: boolean
      instanceId?: string
      canSkipAssignment?: boolean
      protocol?: string
      type?: string
    } = {},
  ): JoinReply[] {
    const replies: JoinReply[] = []
    this.groups.join(
      options.groupId ?? 'g',
      {
        memberId: options.memberId ?? '',
        newMemberId: options.memberId === undefined ? `m${++this.#ids}` : '',
        requireKnownMemberId: options.known ?? false,
        groupInstanceId: options.instanceId ?? null,
        canSkipAssignment: options.canSkipAssignment ?? false,
        clientId: 'c',
        clientHost: '/127.0.0.1',
        rebalanceTimeoutMs: 60_000,
        sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
        protocolType: options.type ?? 'consumer',
        protocols:
          options.protocol === undefined ? consumerProtocols : [{ name: options.protocol, metadata: Buffer.alloc(0) }],
        reason: '',
      },
      (reply) => void replies.push(reply),
    )
    return replies
  }

  sync(memberId: string, generationId: number, assignments: Record<string, string> = {}): SyncReply[] {
    const replies: SyncReply[] = []
    const given = new Map(Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)]))
    this.groups.sync(
      'g',
      { ...who(memberId), generationId, protocolType: null, protocolName: null, assignments: given },
      (reply) => void replies.push(reply),
    )
    return replies
  }

  offset(offset: bigint, metadata = ''): OffsetToCommit {
    return { topic: 't', partition: 0, offset, leaderEpoch: -1, metadata, topicId: zeroUuid }
  }

  /** Two members in a stable generation. */
  stable(): { leader: string; follower: string } {
    const [first] = this.join()
    assert.equal(first?.generationId, 1)
    const waiting = this.join()
    const [again] = this.join({ memberId: 'm1' })
    const [second] = waiting
    assert.deepEqual([again?.generationId, second?.generationId], [2, 2])
    const followed = this.sync('m2', 2)
    const led = this.sync('m1', 2, { m1: 'one', m2: 'two' })
    this.commit()
    assert.deepEqual(
      [led, followed].map(([reply]) => Buffer.from(reply?.assignment ?? []).toString()),
      ['one', 'two'],
    )
    return { leader: 'm1', follower: 'm2' }
  }
}

const codeOf = (run: () => void): number => {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof ApiError)
    return error.code
  }
  return ErrorCode.NONE
}

test('bad joins get the codes of 4.3.1 (G1 to G4)', () => {
  const bench = new Bench()
  assert.equal(bench.join({ groupId: '' })[0]?.errorCode, ErrorCode.INVALID_GROUP_ID)
  assert.equal(bench.join({ sessionTimeoutMs: 5999 })[0]?.errorCode, ErrorCode.INVALID_SESSION_TIMEOUT)
  assert.equal(bench.join({ memberId: 'nobody' })[0]?.errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  assert.equal(bench.join({ type: '' })[0]?.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const [required] = bench.join({ known: true })
  assert.equal(required?.errorCode, ErrorCode.MEMBER_ID_REQUIRED)
  const [joined] = bench.join({ known: true, memberId: required?.memberId ?? '' })
  assert.equal(joined?.errorCode, ErrorCode.NONE)
  assert.equal(joined?.leader, required?.memberId)
  assert.equal(bench.join({ protocol: 'sticky' })[0]?.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal(bench.groups.heartbeat('other', who('x'), 1), ErrorCode.UNKNOWN_MEMBER_ID)
})

test('only the leader gets the members, and assignments wait until they are committed', () => {
  const bench = new Bench()
  const { leader, follower } = bench.stable()
  assert.equal(bench.groups.describe('g').state, 'Stable')
  assert.equal(bench.groups.heartbeat('g', who(leader), 2), ErrorCode.NONE)
  assert.equal(bench.groups.heartbeat('g', who(follower), 1), ErrorCode.ILLEGAL_GENERATION)
  const joining = bench.join()
  assert.equal(bench.groups.heartbeat('g', who(leader), 2), ErrorCode.REBALANCE_IN_PROGRESS)
  assert.equal(bench.sync(leader, 2)[0]?.errorCode, ErrorCode.REBALANCE_IN_PROGRESS)
  const rejoined = [bench.join({ memberId: leader }), bench.join({ memberId: follower })]
  assert.deepEqual(
    [joining, ...rejoined].map(([reply]) => reply?.members.length),
    [0, 3, 0],
  )
  const waiting = bench.sync(follower, 3)
  bench.sync(leader, 3, { [follower]: 'all' })
  assert.equal(waiting.length, 0)
  bench.commit()
  assert.equal(Buffer.from(waiting[0]?.assignment ?? []).toString(), 'all')
})

test('an assignment that cannot be stored starts another rebalance', () => {
  const bench = new Bench()
  bench.join()
  const [reply] = [bench.sync('m1', 1, { m1: 'one' })]
  bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
  assert.equal(reply[0]?.errorCode, ErrorCode.NOT_ENOUGH_REPLICAS)
  assert.equal(bench.groups.describe('g').state, 'PreparingRebalance')
})

test('who is not heard of is removed, with cause and numbers; who waits for the group is not', () => {
  const bench = new Bench()
  const { leader, follower } = bench.stable()
  bench.advance(9000)
  bench.groups.heartbeat('g', who(leader), 2)
  bench.advance(1500)
  assert.ok(!bench.hasMember(follower))
  assert.match(
    bench.lines.join('\n'),
    new RegExp(`removes member ${follower} .*: no heartbeat for 10,000 ms, limit 10,000 ms`),
  )
  const [alone] = bench.join({ memberId: leader })
  assert.equal(alone?.generationId, 3)
  const waiting = bench.join()
  bench.advance(9000)
  bench.groups.heartbeat('g', who(leader), 3)
  bench.advance(9000)
  assert.equal(waiting.length, 0)
  assert.ok(bench.hasMember('m3'), 'a member that joins needs no heartbeat')
})

test('a member that does not rejoin, or does not sync, in time is left behind', () => {
  const bench = new Bench()
  bench.stable()
  const waiting = bench.join()
  bench.join({ memberId: 'm1' })
  for (let ms = 0; ms < 60_000; ms += 5000) {
    bench.advance(5000)
    bench.groups.heartbeat('g', who('m2'), 2)
  }
  bench.advance(1)
  assert.equal(waiting[0]?.generationId, 3)
  assert.ok(!bench.hasMember('m2'))
  for (let ms = 0; ms <= 60_000; ms += 5000) {
    bench.advance(5000)
    for (const id of ['m1', 'm3']) bench.groups.heartbeat('g', who(id), 3)
  }
  assert.match(bench.lines.join('\n'), /removes member m1 .*: no sync for 60,000 ms, limit 60,000 ms/)
})

test('the first members of a group are waited for', () => {
  const bench = new Bench({ initialRebalanceDelayMs: 3000 })
  const first = bench.join()
  bench.advance(2000)
  const second = bench.join()
  bench.advance(2000)
  assert.equal(first.length, 0)
  bench.advance(2000)
  assert.deepEqual([first[0]?.generationId, second[0]?.generationId], [1, 1])
  assert.equal(bench.groups.describe('g').members.length, 2)
})

test('a full group takes nobody else', () => {
  const bench = new Bench({ groupSizeMax: 2 })
  bench.stable()
  assert.equal(bench.join()[0]?.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED)
})

test('members that leave make room, and the last one leaves an empty generation in the log', () => {
  const bench = new Bench()
  const { leader, follower } = bench.stable()
  assert.equal(bench.leave('nobody'), ErrorCode.UNKNOWN_MEMBER_ID)
  assert.equal(bench.leave(leader), ErrorCode.NONE)
  assert.equal(bench.leave(follower), ErrorCode.NONE)
  const last = bench.log.at(-1)
  assert.ok(last?.kind === 'classic-group')
  assert.deepEqual([last.value?.members.length, last.value?.protocolName], [0, null])
  assert.equal(bench.groups.describe('g').state, 'Empty')
})

test('commits come from whom they say, and are read once they are committed (G6, G7)', () => {
  const bench = new Bench()
  const commit = (memberId: string, generationId: number, metadata = ''): number[] => {
    const got: number[] = []
    bench.groups.offsets.commit(
      { groupId: 'g', ...who(memberId), knowsEpochs: false, generationId, offsets: [bench.offset(7n, metadata)] },
      (codes) => void got.push(...codes),
    )
    return got
  }
  assert.equal(
    codeOf(() => commit('m1', 5)),
    ErrorCode.ILLEGAL_GENERATION,
  )
  const simple = commit('', -1)
  assert.equal(bench.committed(), null)
  bench.commit()
  assert.deepEqual(simple, [ErrorCode.NONE])
  assert.equal(bench.committed()?.offset, 7n)
  assert.deepEqual(commit('', -1, 'x'.repeat(4097)), [ErrorCode.OFFSET_METADATA_TOO_LARGE])
  bench.stable()
  assert.equal(
    codeOf(() => commit('', -1)),
    ErrorCode.UNKNOWN_MEMBER_ID,
  )
  assert.equal(
    codeOf(() => commit('m1', 1)),
    ErrorCode.ILLEGAL_GENERATION,
  )
  assert.equal(
    codeOf(() => commit('nobody', 2)),
    ErrorCode.UNKNOWN_MEMBER_ID,
  )
  const failing = commit('m1', 2)
  bench.fail(ErrorCode.NOT_COORDINATOR)
  assert.deepEqual(failing, [ErrorCode.NOT_COORDINATOR])
  assert.equal(bench.committed()?.offset, 7n)
})

test('a shard that loads the log goes on where the other one was', () => {
  const bench = new Bench()
  const { leader, follower } = bench.stable()
  bench.groups.offsets.commit(
    { groupId: 'g', ...who(leader), knowsEpochs: false, generationId: 2, offsets: [bench.offset(42n)] },
    () => undefined,
  )
  bench.commit()
  const next = new Bench()
  bench.log.forEach((record, i) => {
    next.groups.replay(record, i)
  })
  next.groups.commitTo(bench.log.length)
  next.groups.loaded()
  assert.equal(next.groups.heartbeat('g', who(follower), 2), ErrorCode.NONE)
  assert.equal(Buffer.from(next.sync(follower, 2)[0]?.assignment ?? []).toString(), 'two')
  assert.equal(next.committed()?.offset, 42n)
  next.advance(10_001)
  assert.equal(next.groups.describe('g').members.length, 0)
})

test('a group is deleted with its offsets once it is empty', () => {
  const bench = new Bench()
  bench.stable()
  const codes: number[] = []
  const remove = (groupId: string): void => bench.groups.deletion.deleteGroup(groupId, (code) => void codes.push(code))
  remove('none')
  remove('g')
  bench.groups.offsets.commit(
    { groupId: 'g', ...who('m1'), knowsEpochs: false, generationId: 2, offsets: [bench.offset(1n)] },
    () => undefined,
  )
  bench.leave('m1')
  bench.leave('m2')
  bench.commit()
  remove('g')
  bench.commit()
  assert.deepEqual(codes, [ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.NON_EMPTY_GROUP, ErrorCode.NONE])
  assert.equal(bench.groups.describe('g').errorCode, ErrorCode.GROUP_ID_NOT_FOUND)
  assert.equal(bench.committed(), null)
})
