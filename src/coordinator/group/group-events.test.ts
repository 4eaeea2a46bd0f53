import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EventMember, eventMember, type GroupChange, quoted } from './group-event.ts'
import { eventText } from './group-event-text.ts'
import { GroupEvents } from './group-events.ts'
import { GroupTally } from './group-tally.ts'

const member: EventMember = { memberId: 'm', groupInstanceId: null, clientId: 'c', clientHost: '/10.0.0.1' }

const text = (change: GroupChange, epochs: { epoch?: number; epochAfter?: number } = {}): string =>
  eventText({ groupId: 'g', timestampMs: 0, firstMs: 0, count: 1, epoch: 4, epochAfter: 4, ...epochs, change })

test('an event in words has cause and numbers', () => {
  assert.equal(
    text({ kind: 'removal', member, cause: { kind: 'no-heartbeat', silentMs: 45_012.4, limitMs: 45_000 } }),
    'removes member m (client c at /10.0.0.1): no heartbeat for 45,012 ms, limit 45,000 ms',
  )
  assert.match(
    text({ kind: 'removal', member, cause: { kind: 'no-heartbeat', silentMs: 46_000, limitMs: 45_000 } }),
    /46,000 ms, limit 45,000 ms \(this node stood still or was busy: it saw that 1,000 ms late\)$/,
  )
  assert.equal(
    text({
      kind: 'rebalance',
      memberCount: 1,
      cause: { kind: 'member-joined', member: { ...member, groupInstanceId: 'i' }, reason: 'why not' },
    }),
    'rebalances after generation 4 with 1 member: member m (client c at /10.0.0.1, instance i) joined ("why not")',
  )
  assert.equal(
    text({ kind: 'rebalance', memberCount: 2, cause: { kind: 'topics-changed' } }, { epochAfter: 5 }),
    'rebalances from epoch 4 to 5 with 2 members: topics that it subscribes to have changed',
  )
  const generation = { kind: 'generation', protocolName: 'range', leaderId: 'l', memberCount: 3 } as const
  const waits = {
    last: { member, afterMs: 999 },
    missed: undefined,
    waitedForFirst: true,
    removed: { first: member, count: 1001 },
    kept: undefined,
  }
  assert.equal(
    text({ ...generation, ...waits, tookMs: 999 }),
    'begins generation 4 with 3 members after 999 ms: protocol range, leader l; without member m (client c at /10.0.0.1) and 1,000 more, removed for not coming',
  )
  assert.equal(
    text({ ...generation, ...waits, removed: undefined, tookMs: 1000 }),
    'begins generation 4 with 3 members after 1,000 ms: protocol range, leader l; others were waited for (group.initial.rebalance.delay.ms)',
  )
  assert.equal(
    text({ kind: 'not-stored', what: 'its empty generation', errorCode: 16 }),
    'could not store its empty generation (NOT_COORDINATOR)',
  )
})

test('what a peer chose is bounded before it is kept', () => {
  const long = 'ü'.repeat(30_000)
  assert.equal(quoted(long), `${'ü'.repeat(200)}...`)
  assert.equal(quoted('ü'.repeat(200)).length, 200)
  const bounded = eventMember({ memberId: long, groupInstanceId: long, clientId: long, clientHost: long })
  assert.ok(JSON.stringify(bounded).length < 1000)
})

test('the newest events of each group are kept, and the group that was quiet longest is forgotten first', () => {
  const lines: string[] = []
  const events = new GroupEvents({
    nowMs: () => 7,
    log: (line) => void lines.push(line),
    perGroupMax: () => 2,
    groupsMax: () => 2,
    tally: new GroupTally(),
  })
  const report = (groupId: string, epoch: number): void => {
    events.report({ groupId, epoch: epoch - 1, epochAfter: epoch, change: { kind: 'emptied' } })
  }
  const epochs = (groupId: string): readonly number[] => events.of(groupId).map(({ epochAfter }) => epochAfter)
  report('a', 1)
  report('b', 1)
  report('a', 2)
  report('a', 3)
  assert.deepEqual([epochs('a'), epochs('b')], [[2, 3], [1]])
  report('c', 1)
  assert.deepEqual([epochs('a'), epochs('b'), epochs('c')], [[2, 3], [], [1]])
  assert.equal(events.forgottenMs, 7)
  events.forgetWhere((groupId) => groupId === 'a')
  assert.deepEqual([epochs('a'), epochs('c')], [[], [1]])
  assert.equal(lines.length, 5)
  assert.equal(lines[0], 'Group a has no members in generation 1')
  assert.equal(events.of('c')[0]?.timestampMs, 7)
})

test('nothing is kept where nothing is to be', () => {
  const events = new GroupEvents({
    nowMs: () => 7,
    log: () => undefined,
    perGroupMax: () => 0,
    groupsMax: () => 2,
    tally: new GroupTally(),
  })
  events.report({ groupId: 'g', epoch: 0, change: { kind: 'emptied' } })
  assert.deepEqual(events.of('g'), [])
})

test('what leads to a decision is told before it, and not at all if there is none', () => {
  const lines: string[] = []
  const events = new GroupEvents({
    nowMs: () => 7,
    log: (line) => void lines.push(line),
    perGroupMax: () => 9,
    groupsMax: () => 2,
    tally: new GroupTally(),
  })
  const change = { kind: 'migration', from: 'classic', to: 'consumer', memberCount: 0 } as const
  const news = { groupId: 'g', epoch: 4, epochAfter: 1, change }
  const decide = (): number => {
    events.report({ groupId: 'g', epoch: 2, change: { kind: 'emptied' } })
    return 5
  }
  const refuse = (): never => {
    throw new Error('no')
  }
  assert.throws(() => events.reportFirst(news, refuse), /no/)
  assert.deepEqual(lines, [])
  assert.equal(events.reportFirst(news, decide), 5)
  assert.equal(lines[0], 'Group g goes from the classic to the consumer protocol with 0 members, and begins anew at 1')
  assert.equal(lines[1], 'Group g has no members in generation 2')
})
