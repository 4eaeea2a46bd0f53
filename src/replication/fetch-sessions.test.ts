import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ApiError, type RandomStream, type Uuid, uuidFromLatin1, zeroUuid } from '../base/index.ts'
import { ErrorCode, type FetchResponse, fetch } from '../protocol/index.ts'
import { type BeginOptions, type FetchedPartition, FetchSessions } from './fetch-sessions.ts'

const idOf = (name: string): Uuid => uuidFromLatin1(name.padEnd(16, '.'))

/** Counts up, so that ids of sessions are 1, 2, 3 ... */
function counting(): RandomStream {
  let next = 0
  const draw = (): number => next++
  return { u32: draw, below: draw, float: () => 0, uuid: () => zeroUuid }
}

interface Made {
  readonly slots?: number
  readonly partitionsMax?: number
}

class Fixture {
  nowMs = 1_000_000
  readonly topics = new Map(['a', 'b', 'c'].map((name) => [idOf(name), name]))
  readonly sessions: FetchSessions

  constructor({ slots = 10, ...made }: Made = {}) {
    this.sessions = new FetchSessions({ slots, ...made, random: counting(), nowMs: () => this.nowMs })
  }

  begin(asked: Asked, options: Partial<BeginOptions> = {}) {
    const topicName = (id: Uuid): string | undefined => this.topics.get(id)
    return this.sessions.begin(requestOf(asked), { apiVersion: 13, isFollower: false, topicName, ...options })
  }

  /** Begins, answers nothing new for each partition (or what `news` says), and finishes. */
  fetch(asked: Asked, news: Record<string, Partial<FetchedPartition>> = {}, options: Partial<BeginOptions> = {}) {
    const context = this.begin(asked, options)
    return context.finish(
      context.partitions.map(({ topic, partition }) => resultOf(partition, news[`${topic}-${partition}`])),
    )
  }

  /** A session over `count` partitions of topic a. */
  open(count: number, isFollower = false): number {
    const names = Array.from({ length: count }, (_, i) => `a-${i}`)
    return this.fetch({ epoch: 0, want: names }, {}, { isFollower }).sessionId
  }
}

interface Asked {
  readonly id?: number
  readonly epoch: number
  /** `topic-partition`, or with an offset `topic-partition@offset`. */
  readonly want?: readonly string[]
  readonly forget?: readonly string[]
}

const split = (name: string): { topic: string; topicId: Uuid; partition: number; fetchOffset: number } => {
  const [topic = '', partition = '', offset = '0'] = name.split(/[-@]/)
  return { topic, topicId: idOf(topic), partition: Number(partition), fetchOffset: Number(offset) }
}

const requestOf = ({ id = 0, epoch, want = [], forget = [] }: Asked) =>
  fetch.request.create({
    sessionId: id,
    sessionEpoch: epoch,
    topics: want.map(split).map(({ topic, topicId, partition, fetchOffset }) => ({
      topic,
      topicId,
      partitions: [{ partition, fetchOffset, partitionMaxBytes: 1000 }],
    })),
    forgottenTopicsData: forget
      .map(split)
      .map(({ topic, topicId, partition }) => ({ topic, topicId, partitions: [partition] })),
  })

const empty = fetch.response.create({ responses: [{ partitions: [{ highWatermark: 5, logStartOffset: 0 }] }] })

function resultOf(partitionIndex: number, changes: Partial<FetchedPartition> = {}): FetchedPartition {
  const [topic] = empty.responses
  const [partition] = topic?.partitions ?? []
  assert.ok(partition)
  return { ...partition, partitionIndex, ...changes }
}

const told = ({ responses }: FetchResponse): string[] =>
  responses.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex }) => `${topicId.replaceAll('.', '')}-${partitionIndex}`),
  )

const data = { records: new Uint8Array(3) }

/** The error code of what `begin` throws. */
function refusal(work: () => unknown): number {
  try {
    work()
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
  return ErrorCode.NONE
}

describe('a fetch session', () => {
  test('tells all at first, then only the partitions with news', () => {
    const fixture = new Fixture()
    const first = fixture.fetch({ epoch: 0, want: ['a-0', 'b-0', 'a-1'] })
    assert.deepEqual([first.sessionId, told(first)], [1, ['a-0', 'b-0', 'a-1']])
    const cases: readonly [news: Partial<FetchedPartition>, isTold: boolean, isToldAgain: boolean][] = [
      [{}, false, false],
      [data, true, false],
      [{ records: [new Uint8Array(0), new Uint8Array(1)] }, true, false],
      [{ records: null }, false, false],
      [{ highWatermark: 6 }, true, true],
      [{ logStartOffset: 2 }, true, true],
      [{ preferredReadReplica: 3 }, true, false],
      [{ divergingEpoch: { epoch: 0, endOffset: 1 } }, true, false],
      [{ errorCode: 6, highWatermark: -1 }, true, true],
      [{ errorCode: 6 }, true, true],
    ]
    let epoch = 1
    for (const [news, isTold, isToldAgain] of cases) {
      const reply = fixture.fetch({ id: 1, epoch: epoch++ }, { 'b-0': news })
      assert.deepEqual(told(reply), isTold ? ['b-0'] : [], JSON.stringify(news))
      // Back at where it stood: told once more if that is a change for the client.
      assert.deepEqual(told(fixture.fetch({ id: 1, epoch: epoch++ })), isToldAgain ? ['b-0'] : [])
      assert.deepEqual(told(fixture.fetch({ id: 1, epoch: epoch++ })), [])
    }
  })

  test('adds, updates and forgets, and puts those with data behind the others', () => {
    const fixture = new Fixture()
    fixture.fetch({ epoch: 0, want: ['a-0', 'a-1', 'a-2'] })
    const order = (asked: Asked) => {
      const context = fixture.begin(asked)
      context.finish(context.partitions.map(({ partition }) => resultOf(partition, partition === 0 ? data : {})))
      return context.partitions.map(({ topic, partition, fetchOffset }) => `${topic}-${partition}@${fetchOffset}`)
    }
    assert.deepEqual(order({ id: 1, epoch: 1 }), ['a-0@0', 'a-1@0', 'a-2@0'])
    assert.deepEqual(order({ id: 1, epoch: 2, want: ['a-0@7', 'b-1'] }), ['a-1@0', 'a-2@0', 'a-0@7', 'b-1@0'])
    const wanted = { want: ['a-2@3', 'a-2@4', 'c-0'], forget: ['a-1', 'a-9', 'c-0'] }
    assert.deepEqual(order({ id: 1, epoch: 3, ...wanted }), ['a-2@4', 'b-1@0', 'a-0@7'])
    assert.equal(fixture.sessions.partitionCount, 3)
  })

  test('answers each misuse with the error that makes the client start anew', () => {
    const fixture = new Fixture()
    fixture.fetch({ epoch: 0, want: ['a-0'] })
    assert.equal(
      refusal(() => fixture.begin({ id: 7, epoch: 1 })),
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    )
    assert.equal(
      refusal(() => fixture.begin({ id: 0, epoch: 1 })),
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    )
    assert.equal(
      refusal(() => fixture.begin({ id: -1, epoch: 5 })),
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    )
    assert.equal(
      refusal(() => fixture.begin({ id: 1, epoch: 2 })),
      ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    )
    assert.equal(
      refusal(() => fixture.begin({ id: 1, epoch: -2 })),
      ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    )
    const byName = { apiVersion: 12 }
    assert.equal(
      refusal(() => fixture.begin({ id: 1, epoch: 1 }, byName)),
      ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    )
    assert.equal(fixture.fetch({ id: 1, epoch: 1 }).errorCode, 0)
  })

  test('ends with epoch -1, with a new full fetch, and when nothing is left in it', () => {
    for (const [asked, sessionId, toldThen] of [
      [{ id: 1, epoch: -1 }, 0, []],
      [{ id: 1, epoch: -1, want: ['b-0'] }, 0, ['b-0']],
      [{ id: 1, epoch: 0, want: ['b-0'] }, 2, ['b-0']],
      [{ id: 1, epoch: 1, forget: ['a-0'] }, 0, []],
    ] as const) {
      const fixture = new Fixture()
      fixture.fetch({ epoch: 0, want: ['a-0'] })
      const reply = fixture.fetch(asked)
      assert.deepEqual([reply.sessionId, told(reply)], [sessionId, toldThen])
      assert.equal(fixture.sessions.size, sessionId === 0 ? 0 : 1)
      assert.equal(
        refusal(() => fixture.begin({ id: 1, epoch: 1 })),
        ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
      )
    }
  })

  test('drops the late reply of a fetch that was overtaken', () => {
    const fixture = new Fixture()
    fixture.fetch({ epoch: 0, want: ['a-0'] })
    const late = fixture.begin({ id: 1, epoch: 1 })
    fixture.fetch({ id: 1, epoch: 2, want: ['a-1'] })
    assert.equal(late.partitions.length, 1)
    const reply = late.finish([resultOf(0, data)])
    assert.deepEqual([reply.errorCode, reply.sessionId, told(reply)], [ErrorCode.INVALID_FETCH_SESSION_EPOCH, 1, []])
  })

  test('finds the name of a topic id once there is one, and takes names alone before version 13', () => {
    const fixture = new Fixture()
    fixture.topics.delete(idOf('b'))
    assert.equal(fixture.begin({ epoch: -1, want: ['b-0'] }).partitions[0]?.topic, undefined)
    fixture.fetch({ epoch: 0, want: ['a-0', 'b-0'] })
    fixture.topics.set(idOf('b'), 'b')
    assert.deepEqual(
      fixture.begin({ id: 1, epoch: 1 }).partitions.map(({ topic }) => topic),
      ['a', 'b'],
    )
    const [named] = fixture.begin({ epoch: -1, want: ['a-0'] }, { apiVersion: 12 }).partitions
    assert.deepEqual([named?.topic, named?.topicId], ['a', zeroUuid])
  })
})

describe('the table of sessions', () => {
  /** Sessions 1 and 2 of 5 and 3 partitions fill it; then one of `size` comes. Who is gone? */
  const cases: readonly (readonly [
    what: string,
    { readonly followers?: boolean; readonly ageMs?: number; readonly idleMs?: number; readonly by: number },
    { readonly isFollower?: boolean; readonly gone: number | 'newcomer' },
  ])[] = [
    ['young ones stay', { by: 9 }, { gone: 'newcomer' }],
    ['a larger one takes the place of the smallest old one', { by: 4, ageMs: 120_001 }, { gone: 2 }],
    ['an equal one does not', { by: 3, ageMs: 120_001 }, { gone: 'newcomer' }],
    ['an age of two minutes is young', { by: 4, ageMs: 120_000 }, { gone: 'newcomer' }],
    ['a stale one goes first, whatever its size', { by: 1, ageMs: 1, idleMs: 120_001 }, { gone: 1 }],
    ['idle for two minutes is not stale', { by: 1, ageMs: 1, idleMs: 120_000 }, { gone: 'newcomer' }],
    ['a follower takes the place of a young consumer', { by: 1 }, { isFollower: true, gone: 2 }],
    ['a consumer never takes that of a follower', { followers: true, by: 9, ageMs: 120_001 }, { gone: 'newcomer' }],
    [
      'a follower takes that of a smaller old follower',
      { followers: true, by: 4, ageMs: 120_001 },
      { isFollower: true, gone: 2 },
    ],
    ['but not of a young one', { followers: true, by: 9 }, { isFollower: true, gone: 'newcomer' }],
  ]
  for (const [what, { followers = false, ageMs = 0, idleMs = 0, by }, { isFollower = false, gone }] of cases) {
    test(what, () => {
      const fixture = new Fixture({ slots: 2 })
      assert.deepEqual([fixture.open(5, followers), fixture.open(3, followers)], [1, 2])
      fixture.nowMs += ageMs
      for (const id of [1, 2]) fixture.fetch({ id, epoch: 1 })
      fixture.nowMs += idleMs
      const newcomer = fixture.open(by, isFollower)
      assert.equal(newcomer, gone === 'newcomer' ? 0 : 3)
      assert.equal(fixture.sessions.size, 2)
      const isThere = (id: number) => refusal(() => fixture.begin({ id, epoch: 99 })) !== 70
      assert.deepEqual(
        [1, 2].filter((id) => !isThere(id)),
        gone === 'newcomer' ? [] : [gone],
      )
    })
  }

  test('has a bound on all partitions: no new session, and none that grows beyond', () => {
    const fixture = new Fixture({ partitionsMax: 10 })
    assert.deepEqual([fixture.open(6), fixture.open(11), fixture.open(5), fixture.open(4)], [1, 0, 0, 2])
    assert.equal(fixture.sessions.partitionCount, 10)
    assert.equal(
      refusal(() => fixture.begin({ id: 2, epoch: 1, want: ['b-0'] })),
      70,
    )
    assert.equal(fixture.sessions.partitionCount, 6)
    assert.equal(new Fixture({ slots: 0 }).open(1), 0)
  })
})

interface Stand {
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly errorCode: number
}

type Step = {
  readonly kind: 'append' | 'trim' | 'break' | 'heal' | 'want' | 'drop' | 'lose' | 'fetch'
  readonly n: number
}

/** A broker of six partitions and a client that fetches from it as Kafka's clients do. */
class Pair {
  readonly fixture = new Fixture({ slots: 1 })
  readonly apiVersion: number
  readonly names = ['a-0', 'a-1', 'a-2', 'b-0', 'b-1', 'c-0']
  readonly stands = new Map(this.names.map((name) => [name, { highWatermark: 0, logStartOffset: 0, errorCode: 0 }]))
  /** The client's: offset next to fetch, and what it was told last. */
  readonly offsets = new Map<string, number>()
  readonly view = new Map<string, Stand>()
  #id = 0
  #epoch = 0
  /** What the session has, as the client knows it. */
  #sent = new Map<string, number>()

  constructor(apiVersion: number) {
    this.apiVersion = apiVersion
  }

  name(n: number): string {
    return this.names[n % this.names.length] ?? ''
  }

  change(n: number, change: (stand: Stand) => Partial<Stand>): void {
    const before = this.stands.get(this.name(n))
    assert.ok(before)
    this.stands.set(this.name(n), { ...before, ...change(before) })
  }

  read(name: string, fetchOffset: number): FetchedPartition {
    const stand = this.stands.get(name)
    assert.ok(stand)
    const { partition } = split(name)
    if (stand.errorCode !== 0) return resultOf(partition, { errorCode: stand.errorCode, highWatermark: -1 })
    return resultOf(partition, { ...stand, records: new Uint8Array(Math.max(0, stand.highWatermark - fetchOffset)) })
  }

  /** One exchange; the client starts anew when it is told to, or when a reply is lost. */
  fetch(isLost: boolean): void {
    const changed = [...this.offsets].filter(([name, offset]) => this.#epoch === 0 || this.#sent.get(name) !== offset)
    const forget = this.#epoch === 0 ? [] : [...this.#sent.keys()].filter((name) => !this.offsets.has(name))
    const want = changed.map(([name, offset]) => `${name}@${offset}`)
    const asked = { id: this.#id, epoch: this.#epoch, want, forget }
    try {
      const context = this.fixture.begin(asked, { apiVersion: this.apiVersion })
      const reply = context.finish(
        context.partitions.map(({ topic, partition, fetchOffset }) => this.read(`${topic}-${partition}`, fetchOffset)),
      )
      if (isLost) return
      this.#took(reply)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#epoch = 0
      this.fetch(false)
    }
  }

  #took({ sessionId, responses }: FetchResponse): void {
    this.#sent = sessionId === 0 ? new Map() : new Map(this.offsets)
    this.#id = sessionId
    this.#epoch = sessionId === 0 ? 0 : this.#epoch + 1
    for (const { topic, partitions } of responses) {
      for (const { partitionIndex, records, highWatermark, logStartOffset, errorCode } of partitions) {
        const name = `${topic}-${partitionIndex}`
        const offset = this.offsets.get(name)
        assert.ok(offset !== undefined, `${name} was asked for`)
        assert.ok(records instanceof Uint8Array)
        this.view.set(name, { highWatermark, logStartOffset, errorCode })
        this.offsets.set(name, offset + records.length)
      }
    }
  }
}

test('the view through a session is that of full fetches', () => {
  const kinds: readonly Step['kind'][] = [
    'append',
    'append',
    'trim',
    'break',
    'heal',
    'want',
    'want',
    'drop',
    'lose',
    'fetch',
  ]
  const step: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom(...kinds), n: fc.nat(5) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.constantFrom(12, 13), (steps, apiVersion) => {
      const pair = new Pair(apiVersion)
      const act: Record<Step['kind'], (n: number) => void> = {
        append: (n) => pair.change(n, ({ highWatermark }) => ({ highWatermark: highWatermark + 1 + n })),
        trim: (n) => pair.change(n, ({ highWatermark }) => ({ logStartOffset: highWatermark })),
        break: (n) => pair.change(n, () => ({ errorCode: 6 })),
        heal: (n) => pair.change(n, () => ({ errorCode: 0 })),
        want: (n) => pair.offsets.set(pair.name(n), pair.offsets.get(pair.name(n)) ?? 0),
        drop: (n) => pair.offsets.delete(pair.name(n)),
        lose: () => pair.fetch(true),
        fetch: () => pair.fetch(false),
      }
      for (const { kind, n } of steps) {
        act[kind](n)
        if (kind !== 'fetch') continue
        for (const [name, offset] of pair.offsets) {
          const { highWatermark, logStartOffset, errorCode } = pair.read(name, offset)
          assert.deepEqual(pair.view.get(name), { highWatermark, logStartOffset, errorCode }, name)
          if (errorCode === 0) assert.equal(offset, highWatermark, name)
        }
      }
    }),
  )
})
