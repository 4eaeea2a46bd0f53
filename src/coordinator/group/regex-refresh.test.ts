import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type Timer } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { readRecords } from '../../records/index.ts'
import { decodeGroupRecord } from './group-record-codec.ts'
import { Subscriptions } from './subscriptions.ts'
import {
  GroupBroker,
  heartbeatOf,
  laterHeartbeatOf,
  ManualClock,
  MemoryPartition,
  turns,
} from './test-support/group-fixture.ts'
import { TranscriptTopics } from './test-support/transcript-topics.ts'

/** Between two looks at it a millisecond passes. */
class SlowClock extends ManualClock {
  turnCount = 0
  looks = 0

  override monotonic(): number {
    return super.monotonic() + ++this.looks
  }

  override after(delayMs: number, fire: () => void): Timer {
    if (delayMs === 0) this.turnCount++
    return super.after(delayMs, fire)
  }
}

test('an expression that takes a millisecond for each name lets the others have their turn all the time', async () => {
  const clock = new SlowClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(new MemoryPartition())
  const names = Array.from({ length: 100 }, (_, i) => `topic-${i}`)
  new TranscriptTopics().change(new Map(names.map((name) => [name, 1])), broker.groups)
  clock.turnCount = 0
  const joins = heartbeatOf({ topicNames: null, topicRegex: 'topic-.*' })
  assert.equal((await broker.groups.consumerHeartbeat('g', joins, 1)).errorCode, ErrorCode.NONE)
  clock.advance(0)
  await turns()
  assert.ok(clock.turnCount >= names.length / 2, `${clock.turnCount} turns`)
  const { memberEpoch, assigned } = await broker.groups.consumerHeartbeat('g', joins, 1)
  assert.deepEqual([memberEpoch, assigned?.size], [2, names.length])
  assert.deepEqual(broker.faults, [])
})

test('so they have while what many expressions stand for is stored, and a member that goes meanwhile leaves nothing', async () => {
  const clock = new SlowClock()
  const broker = new GroupBroker({ clock })
  const partition = new MemoryPartition()
  await broker.lead(partition)
  const names = Array.from({ length: 600 }, (_, i) => `topic-${i}-`.padEnd(249, 'x'))
  new TranscriptTopics().change(new Map(names.map((name) => [name, 1])), broker.groups)
  const regexes = ['topic.*', 'topic-.*', 'topic-[0-9]+.*', 'topic-[0-9].*']
  const beat = async (i: number, memberEpoch = 0) => {
    const asked = heartbeatOf({ memberId: `m${i}`, memberEpoch, topicNames: null, topicRegex: regexes[i] ?? '' })
    assert.equal((await broker.groups.consumerHeartbeat('g', asked, 1)).errorCode, ErrorCode.NONE)
  }
  for (const i of regexes.keys()) await beat(i)
  clock.advance(0)
  await turns()
  clock.advance(20_000)
  await beat(0)
  const write = partition.write.bind(partition)
  const stored = new Map<string, number>()
  partition.write = (bytes) => {
    write(bytes)
    for (const { key, value } of readRecords(bytes, 0, 1 << 20)) {
      const record = key === null ? undefined : decodeGroupRecord(key, value)
      if (record?.kind !== 'consumer-regex' || record.value === null) continue
      if (stored.size === 0) clock.after(0, () => void beat(3, -1))
      stored.set(record.regex, clock.turnCount)
    }
  }
  clock.advance(0)
  await turns()
  assert.deepEqual([...stored.keys()], regexes.slice(0, 3))
  assert.equal(new Set(stored.values()).size, 3, 'each in a turn of its own')
  assert.deepEqual(broker.faults, [])
})

test('a heartbeat that changes nothing costs the same however many topics an expression stands for', async (t) => {
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(new MemoryPartition())
  new TranscriptTopics().change(new Map([['topic', 1]]), broker.groups)
  const joins = heartbeatOf({ topicNames: null, topicRegex: 'topic' })
  await broker.groups.consumerHeartbeat('g', joins, 1)
  clock.advance(0)
  await turns()
  const { memberEpoch } = await broker.groups.consumerHeartbeat('g', joins, 1)
  clock.advance(20_000)
  const copies = t.mock.method(Subscriptions.prototype, 'copy')
  const beat = laterHeartbeatOf({ memberEpoch })
  const { errorCode, memberEpoch: epochAfter } = await broker.groups.consumerHeartbeat('g', beat, 1)
  assert.deepEqual([errorCode, epochAfter], [ErrorCode.NONE, memberEpoch])
  assert.equal(copies.mock.callCount(), 0)
})

test('what could not be stored is not resolved again with each heartbeat', async () => {
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  const partition = new MemoryPartition()
  await broker.lead(partition)
  new TranscriptTopics().change(new Map([['topic', 1]]), broker.groups)
  const joins = heartbeatOf({ topicNames: null, topicRegex: 'topic' })
  const beat = laterHeartbeatOf({ memberEpoch: 1 })
  await broker.groups.consumerHeartbeat('g', joins, 1)
  partition.refusal = new ApiError(ErrorCode.RECORD_LIST_TOO_LARGE, 'too large')
  clock.advance(0)
  await turns()
  const epochAfter = async (ms: number): Promise<number> => {
    clock.advance(ms)
    await broker.groups.consumerHeartbeat('g', beat, 1)
    clock.advance(0)
    await turns()
    return (await broker.groups.consumerHeartbeat('g', beat, 1)).memberEpoch
  }
  assert.deepEqual([await epochAfter(9999), await epochAfter(2)], [1, 2])
})

/** A slice for each turn. */
class TurnClock extends SlowClock {
  override after(delayMs: number, fire: () => void): Timer {
    return super.after(Math.max(delayMs, 1), fire)
  }
}

test('groups of all partitions wait for each other: one slice in a turn, however many are to be resolved', async () => {
  const clock = new TurnClock()
  const broker = new GroupBroker({ clock, partitionCount: 2 })
  for (const index of [0, 1]) await broker.lead(new MemoryPartition(), { index })
  const names = Array.from({ length: 20 }, (_, i) => `topic-${i}`)
  new TranscriptTopics().change(new Map(names.map((name) => [name, 1])), broker.groups)
  const joins = heartbeatOf({ topicNames: null, topicRegex: 'topic-.*' })
  const groupIds = ['a', 'b', 'c', 'd', 'e', 'f']
  assert.equal(new Set(groupIds.map((groupId) => broker.groups.partitionOf(groupId))).size, 2)
  for (const groupId of groupIds) await broker.groups.consumerHeartbeat(groupId, joins, 1)
  for (let i = 0; i < 200; i++) {
    const before = clock.looks
    clock.advance(1)
    await turns()
    assert.ok(clock.looks - before <= 8, `${clock.looks - before} looks at the clock in a turn`)
  }
  const resolved = broker.lines.filter((line) => line.includes('resolved to 20 topics'))
  assert.equal(resolved.length, groupIds.length)
  assert.deepEqual(broker.faults, [])
})

/** A group of which each expression makes a portion of its own. */
class Refreshing {
  readonly clock = new TurnClock()
  readonly broker = new GroupBroker({ clock: this.clock })
  readonly partition = new MemoryPartition()
  readonly #topics = new TranscriptTopics()
  readonly #regexes: readonly string[]

  constructor(regexes: readonly string[]) {
    this.#regexes = regexes
  }

  async lead(): Promise<void> {
    await this.broker.lead(this.partition)
    const names = Array.from({ length: 600 }, (_, i) => `topic-${i}-`.padEnd(249, 'x'))
    this.change(names)
    await this.refreshed()
    assert.deepEqual(
      await this.refreshed(),
      this.#regexes.map(() => names.length),
    )
  }

  change(names: readonly string[]): void {
    this.#topics.change(new Map(names.map((name) => [name, 1])), this.broker.groups)
  }

  async beat(memberId: string, topicNames: readonly string[] | null, topicRegex: string | null): Promise<number> {
    const request = heartbeatOf({ memberId, topicNames, topicRegex })
    return (await this.broker.groups.consumerHeartbeat('g', request, 1)).memberEpoch
  }

  /** Of how many topics the newest record of each expression tells when it has had its time. */
  async refreshed(): Promise<readonly number[]> {
    this.clock.advance(11_000)
    for (const [i, regex] of this.#regexes.entries()) await this.beat(`m${i}`, null, regex)
    for (let i = 0; i < 3000; i++) {
      this.clock.advance(1)
      await turns()
    }
    return topicCounts(this.partition.batches)
  }

  /** Of the portions the first one alone is stored. */
  async refreshedInPart(): Promise<readonly number[]> {
    const { partition } = this
    const write = partition.write.bind(partition)
    partition.write = (bytes) => {
      write(bytes)
      if (topicCounts([Buffer.from(bytes)]).length > 0) partition.refuseOnce(ErrorCode.NOT_ENOUGH_REPLICAS)
    }
    const counts = await this.refreshed()
    partition.write = write
    return counts
  }

  async load(): Promise<void> {
    this.broker.groups.resign(0, 0)
    await this.broker.lead(this.partition, { leaderEpoch: 1 })
  }
}

for (const isLoaded of [false, true]) {
  const behind = isLoaded ? ', also behind a load' : ''

  test(`a refresh that is stored in part goes on after its rest${behind}`, async () => {
    const group = new Refreshing(['topic.*', 'topic-.*', 'topic-[0-9]*.*'])
    await group.lead()
    group.change(['topic-'])
    assert.deepEqual(await group.refreshedInPart(), [601, 600, 600])
    if (isLoaded) await group.load()
    assert.deepEqual(await group.refreshed(), [601, 601, 601])
    assert.deepEqual(group.broker.faults, [])
  })

  test(`what was stored of it makes the group be assigned anew, though nothing else has changed${behind}`, async () => {
    const group = new Refreshing(['topic-.*', 'topic-[0-9]+.*', 'topic-[0-9].*'])
    await group.lead()
    group.change(['topic-'])
    // Somebody names the topic: that the group is subscribed to it is no news.
    await group.beat('named', ['topic-'], null)
    assert.deepEqual(await group.refreshedInPart(), [601, 600, 600])
    const before = await group.beat('named', ['topic-'], null)
    if (isLoaded) await group.load()
    assert.deepEqual(await group.refreshed(), [601, 600, 600])
    const after = await group.beat('named', ['topic-'], null)
    assert.ok(after > before, `epoch ${before}, then ${after}`)
    assert.deepEqual(group.broker.faults, [])
  })
}

/** Of each expression, of how many topics the newest record tells. */
function topicCounts(batches: readonly Buffer[]): readonly number[] {
  const counts = new Map<string, number>()
  for (const batch of batches) {
    for (const { key, value } of readRecords(batch, 0, 1 << 20)) {
      const record = key === null ? undefined : decodeGroupRecord(key, value)
      if (record?.kind === 'consumer-regex' && record.value !== null)
        counts.set(record.regex, record.value.topics.length)
    }
  }
  return [...counts.values()]
}
