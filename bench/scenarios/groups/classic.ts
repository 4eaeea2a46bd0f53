/**
 * Groups of the classic protocol at saturation: heartbeats, and commits of four partitions, of a hundred groups with a
 * member each, which has a connection of its own with two requests in flight.
 */
import { heartbeat, offsetCommit } from '../../../src/protocol/index.ts'
import { createTopic } from '../../admin.ts'
import { type Exchange, exchange, writeExchanges } from '../../frames.ts'
import { type ClassicMember, joinClassicGroup } from '../../groups/classic-member.ts'
import { coordinates } from '../../groups/coordinator.ts'
import { saturate } from '../../groups/saturation.ts'
import type { Scenario } from '../../scenario.ts'

const groupCount = 100
const partitionCount = 4
const topic = 'bench-commits'

function heartbeatOf({ groupId, memberId, generationId }: ClassicMember): Exchange {
  return exchange(heartbeat, { version: 4, request: { groupId, memberId, generationId }, response: {} })
}

function commitOf({ groupId, memberId, generationId }: ClassicMember): Exchange {
  const indexes = Array.from({ length: partitionCount }, (_, i) => i)
  const partitions = indexes.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: 1_000_000n,
    committedMetadata: '',
  }))
  const request = { groupId, memberId, generationIdOrMemberEpoch: generationId, topics: [{ name: topic, partitions }] }
  const answered = indexes.map((partitionIndex) => ({ partitionIndex, errorCode: 0 }))
  return exchange(offsetCommit, {
    version: 9,
    request,
    response: { topics: [{ name: topic, partitions: answered }] },
  })
}

export const classicGroups: Scenario = {
  name: 'groups/classic',
  figures: [
    { name: 'classic heartbeats', unit: '/s', bar: { kind: 'ratio', bound: 'at-least', value: 1.5 } },
    { name: 'classic heartbeat CPU', unit: 'us each', bar: { kind: 'ratio', bound: 'at-most', value: 0.7 } },
    { name: 'classic heartbeat p99', unit: 'ms' },
    { name: 'offset commits', unit: '/s', bar: { kind: 'ratio', bound: 'at-least', value: 1.5 } },
    { name: 'offset commit CPU', unit: 'us each' },
    { name: 'offset commit p99', unit: 'ms' },
  ],
  async measure(session) {
    const { port } = session.broker
    await createTopic(port, { name: topic, partitions: partitionCount, settings: {} })
    const groups = Array.from({ length: groupCount }, (_, i) => `bench-classic-${i}`)
    await coordinates(port, groups)
    const members = await Promise.all(groups.map((group) => joinClassicGroup(port, group)))
    const beats = await saturate(session, writeExchanges('classic-heartbeats', members.map(heartbeatOf)))
    const commits = await saturate(session, writeExchanges('commits', members.map(commitOf)))
    return {
      'classic heartbeats': beats.perSecond,
      'classic heartbeat CPU': beats.cpuUsEach,
      'classic heartbeat p99': beats.p99Ms,
      'offset commits': commits.perSecond,
      'offset commit CPU': commits.cpuUsEach,
      'offset commit p99': commits.p99Ms,
    }
  },
}
