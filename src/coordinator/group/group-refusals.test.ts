import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '../../protocol/index.ts'
import type { JoinReply } from './classic-member.ts'
import type { JoinRequest } from './classic-protocol.ts'
import type { ConsumerHeartbeat } from './consumer-requests.ts'
import { eventText } from './group-event-text.ts'
import { GroupBroker, heartbeatOf, ManualClock, MemoryPartition } from './test-support/group-fixture.ts'

const joinOf = (given: Partial<JoinRequest> = {}): JoinRequest => ({
  memberId: '',
  newMemberId: 'm1',
  groupInstanceId: null,
  requireKnownMemberId: false,
  canSkipAssignment: false,
  clientId: 'c',
  clientHost: '/127.0.0.1',
  rebalanceTimeoutMs: 60_000,
  sessionTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  reason: '',
  ...given,
})

const roundrobin = { protocols: [{ name: 'roundrobin', metadata: Buffer.alloc(0) }], newMemberId: 'm2', clientId: 'd' }

class Bench {
  readonly clock = new ManualClock()
  readonly broker: GroupBroker

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.broker = new GroupBroker({ clock: this.clock, settings })
  }

  static async lead(settings: Readonly<Record<string, string>> = {}): Promise<Bench> {
    const bench = new Bench(settings)
    await bench.broker.lead(new MemoryPartition())
    return bench
  }

  join(given: Partial<JoinRequest> = {}, groupId = 'g'): Promise<JoinReply> {
    return this.broker.groups.join(groupId, joinOf(given))
  }

  async heartbeat(given: Partial<ConsumerHeartbeat>): Promise<number> {
    return (await this.broker.groups.consumerHeartbeat('g', heartbeatOf(given), 1)).errorCode
  }

  get texts(): readonly string[] {
    return this.broker.groups.historyOf('g').events.map((event) => eventText(event))
  }

  get last(): string {
    return this.texts.at(-1) ?? ''
  }
}

test('a join of the classic protocol that is refused is told with what there is instead', async () => {
  const bench = await Bench.lead({ 'group.max.size': '1' })
  await bench.join()
  assert.equal((await bench.join(roundrobin)).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED)
  const who = 'refuses a join of a new member (client d at /127.0.0.1) with '
  assert.equal(bench.last, `${who}GROUP_MAX_SIZE_REACHED: the group has 1 member, of 1 that it may have`)
  const roomy = await Bench.lead()
  await roomy.join()
  assert.equal((await roomy.join(roundrobin)).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal(roomy.last, `${who}INCONSISTENT_GROUP_PROTOCOL: it offers roundrobin, the group has range`)
  await roomy.join({ ...roundrobin, protocolType: 'connect' })
  assert.equal(
    roomy.last,
    `${who}INCONSISTENT_GROUP_PROTOCOL: it is of type connect, the group of consumer (2 times since 2023-11-14T22:13:20.000Z)`,
  )
  await roomy.join({ sessionTimeoutMs: 1, clientId: 'd' })
  assert.match(roomy.last, /INVALID_SESSION_TIMEOUT: its session\.timeout\.ms is 1; the broker takes .*\(6000\)/)
})

test('a heartbeat of the consumer protocol that is refused is told, and who has the instance for how long', async () => {
  const bench = await Bench.lead({ 'group.consumer.session.timeout.ms': '45000' })
  await bench.heartbeat({ instanceId: 'i', memberId: 'owner' })
  bench.clock.advance(5000)
  assert.equal(await bench.heartbeat({ instanceId: 'i' }), ErrorCode.UNRELEASED_INSTANCE_ID)
  assert.equal(
    bench.last,
    'refuses a join of member m (client c at /127.0.0.1, instance i) with UNRELEASED_INSTANCE_ID: its instance id is that of member owner (client c at /127.0.0.1, instance i), until that leaves or its session is over (in 40,000 ms, unless it is heard of)',
  )
  assert.equal(await bench.heartbeat({ serverAssignor: 'wink' }), ErrorCode.UNSUPPORTED_ASSIGNOR)
  assert.match(bench.last, /with UNSUPPORTED_ASSIGNOR: ServerAssignor wink is not supported\. Supported/)
  assert.equal(await bench.heartbeat({ topicRegex: '(' }), ErrorCode.INVALID_REGULAR_EXPRESSION)
  assert.match(bench.last, /with INVALID_REGULAR_EXPRESSION: .*missing closing/)
  assert.equal(await bench.heartbeat({ memberEpoch: 3 }), ErrorCode.UNKNOWN_MEMBER_ID)
  assert.match(bench.last, /^refuses a heartbeat of member m \(.*\) with UNKNOWN_MEMBER_ID: Member m is not a member/)
})

test('a classic member whose protocols a consumer group does not have, or whose subscription cannot be read', async () => {
  const bench = await Bench.lead({ 'group.consumer.migration.policy': 'BIDIRECTIONAL' })
  const subscription = Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
  await bench.heartbeat({})
  await bench.join({ protocols: [{ name: 'range', metadata: subscription }] })
  await bench.join({ protocols: [{ name: 'roundrobin', metadata: subscription }], clientId: 'd' })
  assert.match(
    bench.last,
    /INCONSISTENT_GROUP_PROTOCOL: .*not supported\. \(it offers roundrobin, the group has range\)$/,
  )
  await bench.join({ protocols: [{ name: 'range', metadata: Buffer.alloc(1) }], clientId: 'e' })
  assert.match(bench.last, /INCONSISTENT_GROUP_PROTOCOL: the subscription cannot be read: /)
})

test('of a group that is not there, a refusal leaves nothing behind', async () => {
  const bench = await Bench.lead()
  assert.equal((await bench.join({ protocols: [] })).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal((await bench.join({ sessionTimeoutMs: 1 })).errorCode, ErrorCode.INVALID_SESSION_TIMEOUT)
  assert.equal(await bench.heartbeat({ serverAssignor: 'wink' }), ErrorCode.UNSUPPORTED_ASSIGNOR)
  assert.equal(await bench.heartbeat({ topicRegex: '(' }), ErrorCode.INVALID_REGULAR_EXPRESSION)
  // Somebody was given an id, and may come.
  assert.equal((await bench.join({ requireKnownMemberId: true })).errorCode, ErrorCode.MEMBER_ID_REQUIRED)
  assert.equal((await bench.join({ protocols: [] })).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal(await bench.heartbeat({ topicRegex: '(' }), ErrorCode.INVALID_REGULAR_EXPRESSION)
  assert.deepEqual(bench.texts, [])
  assert.deepEqual(bench.broker.lines, ['Loaded 0 groups'])
})

test('the same again and again is one event, and few lines', async () => {
  const bench = await Bench.lead()
  await bench.join()
  const before = bench.broker.lines.length
  for (let i = 0; i < 1000; i++) await bench.join({ ...roundrobin, newMemberId: `m${i}` })
  assert.equal(bench.texts.length, 3)
  assert.match(bench.last, /the group has range \(1,000 times since 2023-/)
  const [event] = bench.broker.groups.historyOf('g').events.slice(-1)
  assert.deepEqual([event?.count, event?.firstMs], [1000, bench.clock.now()])
  assert.equal(bench.broker.lines.length - before, 4)
})

test('whoever is refused under many names pushes out neither what happened nor the rest of the log', async () => {
  const bench = await Bench.lead({ 'odradek.group.events': '10' })
  await bench.join({ sessionTimeoutMs: 300_000, rebalanceTimeoutMs: 300_000 })
  const before = bench.broker.lines.length
  for (let i = 0; i < 100; i++) await bench.join({ ...roundrobin, clientId: `c${i}` })
  const happened = ['rebalances', 'begins', 'refuses', 'refuses']
  assert.deepEqual(
    bench.texts.map((text) => text.split(' ', 1)[0]),
    happened,
  )
  assert.match(bench.last, /client c99/)
  assert.equal(bench.broker.lines.length - before, 30)
  bench.clock.advance(60_000)
  await bench.join(roundrobin)
  const added = bench.broker.lines.filter((line) => /70 times more|client d at/.test(line))
  assert.equal(added.length, 2)
})

test('a thousand members that nobody knows, each once a second, leave a bounded trace', async () => {
  const bench = await Bench.lead()
  await bench.heartbeat({ memberId: 'owner' })
  const before = bench.broker.lines.length
  for (let second = 0; second < 60; second++) {
    bench.clock.advance(1000)
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => bench.heartbeat({ memberId: `m${i}`, clientId: `c${i}`, memberEpoch: 3 })),
    )
  }
  assert.ok(bench.broker.lines.length - before <= 62, `${bench.broker.lines.length - before} lines`)
  // A fifth of 50, and what happened before.
  assert.ok(bench.texts.length <= 14, `${bench.texts.length} events`)
  assert.match(bench.texts[0] ?? '', /member owner .* joined/)
})
