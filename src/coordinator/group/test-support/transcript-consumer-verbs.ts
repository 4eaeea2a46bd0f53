/** The verbs of the scripts in `testdata` for the consumer protocol (KIP-848). */

import { ErrorCode } from '../../../protocol/index.ts'
import type { ConsumerHeartbeat, ConsumerHeartbeatReply } from '../consumer-requests.ts'
import type { Command } from './transcript.ts'
import type { Client, TranscriptBench } from './transcript-bench.ts'
import { consumerDescriptionText, consumerReplyText } from './transcript-text.ts'
import { topicIdOf } from './transcript-topics.ts'
import type { Verb } from './transcript-verb.ts'

/** `t-0,t-1,u-0`; `none`; `all`: what it was given last. */
function ownedOf(text: string, client: Client): ConsumerHeartbeat['owned'] {
  if (text === 'all') {
    return [...client.assigned].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions.keys()] }))
  }
  if (text === 'none') return []
  return text.split(',').map((part) => {
    const [topic = '', partition = ''] = part.split('-')
    return { topicId: topicIdOf(topic), partitions: [Number(partition)] }
  })
}

const listOf = (text: string | undefined): readonly string[] | null =>
  text === undefined ? null : text.split(',').filter((name) => name !== '')

function heartbeatOf(command: Command, client: Client): ConsumerHeartbeat {
  const memberEpoch = Number(command.take('epoch') ?? client.memberEpoch)
  const joins = memberEpoch === 0
  const owned = command.take('owned') ?? (joins ? 'none' : undefined)
  return {
    memberId: command.take('id') ?? command.name,
    newMemberId: `${command.name}-1`,
    memberEpoch,
    instanceId: command.take('instance') ?? null,
    rackId: command.take('rack') ?? null,
    rebalanceTimeoutMs: command.takeMs('rebalance') ?? (joins ? 60_000 : -1),
    topicNames: listOf(command.take('topics')),
    topicRegex: command.take('regex') ?? null,
    serverAssignor: command.take('assignor') ?? null,
    owned: owned === undefined ? null : ownedOf(owned, client),
    clientId: command.name,
    clientHost: '/h',
  }
}

function remember(client: Client, reply: ConsumerHeartbeatReply): void {
  const { errorCode, memberId, memberEpoch, assigned } = reply
  const isOut = errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_MEMBER_EPOCH
  if (errorCode === ErrorCode.NONE) {
    client.memberEpoch = memberEpoch
    // As whom it commits.
    client.memberId = memberId ?? ''
    client.generationId = memberEpoch
  }
  if (isOut || memberEpoch < 0) {
    client.memberEpoch = 0
    client.assigned = new Map()
  } else if (assigned !== null) {
    client.assigned = assigned
  }
}

/**
 * beat NAME [group= id= epoch= topics= regex= owned= instance= rebalance= assignor= rack= version=]: a heartbeat in the
 * epoch that it was told last, or to join; what is not named is not told
 */
const beat: Verb = async (bench: TranscriptBench, command) => {
  const groupId = command.take('group') ?? 'g'
  const version = Number(command.take('version') ?? 1)
  const client = bench.client(groupId, command.name)
  const request = heartbeatOf(command, client)
  const answer = Promise.resolve(bench.groups.consumerHeartbeat(groupId, request, version))
  bench.tellWhen(answer, (reply) => {
    remember(client, reply)
    return `${command.name} <- ${consumerReplyText(reply)}`
  })
}

export const consumerVerbs: Readonly<Record<string, Verb>> = {
  beat,
  /** topics TOPIC=PARTITIONS ...: 0 takes it away */
  topics: (bench, command) => {
    const counts = new Map([...command.takeRest()].map(([name, count]) => [name, Number(count)]))
    bench.topics.change(counts, bench.groups)
  },
  /** members [group=] */
  members: (bench, command) => {
    for (const line of consumerDescriptionText(() => bench.groups.describeConsumer(command.take('group') ?? 'g'))) {
      bench.tell(line)
    }
  },
}
