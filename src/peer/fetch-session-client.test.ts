import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Uuid, uuidFromLatin1 } from '../base/index.ts'
import { ErrorCode, fetch } from '../protocol/index.ts'
import { FetchSessions } from '../replication/fetch-sessions.ts'
import { type AskedPartitions, FetchSessionClient } from './fetch-session-client.ts'

const idOf = (name: string): Uuid => uuidFromLatin1(name.padEnd(16, '.'))

/** `t-0` -> where it is fetched. */
function wanted(offsets: Readonly<Record<string, number>>): AskedPartitions {
  const entries = Object.entries(offsets).map(([name, fetchOffset]) => {
    const [topic = '', partition = ''] = name.split('-')
    const asked = {
      ...{ partition: Number(partition), fetchOffset, currentLeaderEpoch: 3, lastFetchedEpoch: 2 },
      ...{ logStartOffset: 0, partitionMaxBytes: 100, replicaDirectoryId: idOf(''), highWatermark: 0n },
    }
    return [name, { topicId: idOf(topic), asked }] as const
  })
  return new Map(entries)
}

const told = ({ topics, forgottenTopicsData, sessionEpoch }: ReturnType<FetchSessionClient['request']>) => ({
  sessionEpoch,
  asked: topics.flatMap(({ topicId, partitions }) =>
    partitions.map((it) => `${topicId.replaceAll('.', '')}-${it.partition}@${it.fetchOffset}`),
  ),
  forgotten: forgottenTopicsData.flatMap(({ topicId, partitions }) =>
    partitions.map((it) => `${topicId.replaceAll('.', '')}-${it}`),
  ),
})

test('a session names all at first, and then what is new, what has moved and what is not wanted any more', () => {
  const session = new FetchSessionClient()
  const first = session.request(wanted({ 'a-0': 1, 'a-1': 1, 'b-0': 1 }))
  assert.deepEqual(told(first), { sessionEpoch: 0, asked: ['a-0@1', 'a-1@1', 'b-0@1'], forgotten: [] })
  session.answered(7)
  const second = session.request(wanted({ 'a-0': 1, 'a-1': 2, 'c-0': 0 }))
  assert.equal(second.sessionId, 7)
  assert.deepEqual(told(second), { sessionEpoch: 1, asked: ['a-1@2', 'c-0@0'], forgotten: ['b-0'] })
  session.answered(7)
  assert.deepEqual(told(session.request(wanted({ 'a-0': 1, 'a-1': 2, 'c-0': 0 }))), {
    ...{ sessionEpoch: 2, asked: [], forgotten: [] },
  })
})

test('another topic of the same name is asked for, and the one before is forgotten', () => {
  const session = new FetchSessionClient()
  const of = (name: string): AskedPartitions => new Map([...wanted({ [name]: 1 })].map(([, entry]) => ['t-0', entry]))
  session.request(of('a-0'))
  session.answered(7)
  const second = session.request(of('b-0'))
  assert.deepEqual(told(second), { sessionEpoch: 1, asked: ['b-0@1'], forgotten: ['a-0'] })
})

test('without an answer all is named again, and the session is closed if it is there; without a session it is not', () => {
  const session = new FetchSessionClient()
  session.request(wanted({ 'a-0': 1 }))
  session.answered(7)
  session.request(wanted({ 'a-0': 2 }))
  session.reset()
  const anew = session.request(wanted({ 'a-0': 2 }))
  assert.equal(anew.sessionId, 7)
  assert.deepEqual(told(anew), { sessionEpoch: 0, asked: ['a-0@2'], forgotten: [] })
  session.forget()
  assert.equal(session.request(wanted({ 'a-0': 2 })).sessionId, 0)
})

test('a leader without a place for a session is told all each time', () => {
  const session = new FetchSessionClient()
  for (let i = 0; i < 3; i++) {
    const { sessionEpoch, asked } = told(session.request(wanted({ 'a-0': i, 'a-1': 0 })))
    assert.deepEqual([sessionEpoch, asked], [0, [`a-0@${i}`, 'a-1@0']])
    session.answered(0)
  }
})

test('the sessions of our leaders know, at each step, what the follower wants', () => {
  const leader = new FetchSessions({
    slots: 2,
    nowMs: () => 0,
    random: { below: () => 41, float: () => 0, u32: () => 0, uuid: () => idOf('') },
  })
  const session = new FetchSessionClient()
  const steps = [
    { 'a-0': 1, 'b-0': 1 },
    { 'a-0': 1, 'b-0': 2 },
    { 'b-0': 2 },
    { 'b-0': 2, 'a-0': 5, 'c-3': 0 },
    { 'c-3': 9 },
  ]
  for (const offsets of steps) {
    const request = fetch.request.create({ ...session.request(wanted(offsets)), maxBytes: 1 })
    const context = leader.begin(request, { apiVersion: 18, topicName: (id) => id, isFollower: true })
    const known = context.partitions.map((it) => `${it.topicId.replaceAll('.', '')}-${it.partition}@${it.fetchOffset}`)
    assert.deepEqual(
      known.sort(),
      Object.entries(offsets)
        .map(([name, offset]) => `${name}@${offset}`)
        .sort(),
    )
    const blank = fetch.response.create({ responses: [{ partitions: context.partitions.map(() => ({})) }] })
    const response = context.finish(blank.responses[0]?.partitions ?? [])
    assert.equal(response.errorCode, ErrorCode.NONE)
    session.answered(response.sessionId)
  }
})
