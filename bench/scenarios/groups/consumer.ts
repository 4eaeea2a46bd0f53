/**
 * A group of the consumer protocol (KIP-848) with as many members as partitions, by default a thousand: from the first
 * join until it is stable, with Kafka's default intervals (members learn of changes by heartbeats, one in 5 s, and an
 * assignment is computed once a second: most of the time nobody works); then its heartbeats at saturation.
 */
import { performance } from 'node:perf_hooks'
import { consumerGroupHeartbeat } from '../../../src/protocol/index.ts'
import { createTopic } from '../../admin.ts'
import { type Exchange, exchange, writeExchanges } from '../../frames.ts'
import { ConsumerGroup, type GroupOptions } from '../../groups/consumer-group.ts'
import type { ConsumerMember } from '../../groups/consumer-member.ts'
import { coordinates } from '../../groups/coordinator.ts'
import { saturate } from '../../groups/saturation.ts'
import type { Scenario, Session } from '../../scenario.ts'

const topicName = 'bench-group'
const heartbeatIntervalMs = 5000

function heartbeatOf(groupId: string, { memberId, epoch: memberEpoch }: ConsumerMember): Exchange {
  return exchange(consumerGroupHeartbeat, {
    version: 1,
    request: { groupId, memberId, memberEpoch },
    response: { memberId, memberEpoch, heartbeatIntervalMs },
  })
}

async function join(session: Session, options: GroupOptions) {
  const group = await ConsumerGroup.connect(options)
  const before = session.cpuSeconds
  const startMs = performance.now()
  await group.join()
  const seconds = (performance.now() - startMs) / 1000
  const cpuSeconds = session.cpuSeconds - before
  await group.checkStable()
  return { group, seconds, cpuSeconds }
}

export const consumerGroups: Scenario = {
  name: 'groups/consumer',
  figures: [
    { name: 'group join', unit: 's', bar: { kind: 'ratio', bound: 'at-most', value: 1 } },
    { name: 'group join CPU', unit: 's' },
    { name: 'group join heartbeats', unit: '' },
    { name: 'heartbeats', unit: '/s', bar: { kind: 'ratio', bound: 'at-least', value: 1.5 } },
    { name: 'heartbeat CPU', unit: 'us each', bar: { kind: 'ratio', bound: 'at-most', value: 0.7 } },
    { name: 'heartbeat p99', unit: 'ms' },
  ],
  async measure(session) {
    const { port } = session.broker
    const count = 1000 * session.scale
    const id = await createTopic(port, { name: topicName, partitions: count, settings: {} })
    await coordinates(port, ['bench-warm', 'bench-join'])
    const options = { port, memberCount: count, topic: { name: topicName, id, partitions: count } }
    const warm = await join(session, { ...options, groupId: 'bench-warm' })
    await warm.group.leave()
    const { group, seconds, cpuSeconds } = await join(session, { ...options, groupId: 'bench-join' })
    const joinHeartbeats = group.heartbeats
    group.pause()
    const exchanges = group.members.map((member) => heartbeatOf('bench-join', member))
    const beats = await saturate(session, writeExchanges('heartbeats', exchanges))
    await group.leave()
    return {
      'group join': seconds,
      'group join CPU': cpuSeconds,
      'group join heartbeats': joinHeartbeats,
      heartbeats: beats.perSecond,
      'heartbeat CPU': beats.cpuUsEach,
      'heartbeat p99': beats.p99Ms,
    }
  },
}
