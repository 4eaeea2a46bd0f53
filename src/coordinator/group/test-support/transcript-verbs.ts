/** The verbs of the scripts in `testdata`: what members, administrators, time and the log can do to a group. */

import { ApiError, zeroUuid } from '../../../base/index.ts'
import { ErrorCode } from '../../../protocol/index.ts'
import type { JoinReply, MemberProtocol } from '../classic-member.ts'
import { eventText } from '../group-event-text.ts'
import type { OffsetToCommit } from '../group-requests.ts'
import { commitTo } from './group-fixture.ts'
import { type Command, durationMs } from './transcript.ts'
import { type Client, codeNamed, codeText, type TranscriptBench } from './transcript-bench.ts'
import { assignmentBytes, subscriptionBytes } from './transcript-bytes.ts'
import { consumerVerbs } from './transcript-consumer-verbs.ts'
import { descriptionText, joinText, syncText } from './transcript-text.ts'
import type { Verb } from './transcript-verb.ts'

const newestVersion = 9

const groupOf = (command: Command): string => command.take('group') ?? 'g'

/** The member that a client last was, unless told. */
const identityOf = (client: Client, command: Command) => ({
  memberId: command.take('id') ?? client.memberId,
  groupInstanceId: command.take('instance') ?? null,
})

const generationOf = (client: Client, command: Command): number =>
  Number(command.take('generation') ?? client.generationId)

/** `range:topics,sticky:topics`: what stands behind the colon is the metadata. */
function protocolsOf(text: string): readonly MemberProtocol[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', metadata = ''] = part.split(':')
      return { name, metadata: subscriptionBytes(metadata) }
    })
}

/** join NAME [group= id= instance= version= type= protocols= session= rebalance= reason=] */
const join: Verb = (bench, command) => {
  const { name } = command
  const groupId = groupOf(command)
  const client = bench.client(groupId, name)
  const identity = identityOf(client, command)
  const version = Number(command.take('version') ?? newestVersion)
  const request = {
    ...identity,
    newMemberId: identity.memberId === '' ? `${name}-${++client.idCount}` : identity.memberId,
    requireKnownMemberId: version >= 4,
    canSkipAssignment: version >= 9,
    clientId: name,
    clientHost: '/h',
    sessionTimeoutMs: command.takeMs('session') ?? 10_000,
    rebalanceTimeoutMs: command.takeMs('rebalance') ?? 60_000,
    protocolType: command.take('type') ?? 'consumer',
    protocols: protocolsOf(command.take('protocols') ?? 'range:t'),
    reason: command.take('reason') ?? '',
  }
  const before = client.memberId
  const remember = ({ errorCode, memberId, generationId }: JoinReply): void => {
    const isKnown = errorCode === ErrorCode.NONE || errorCode === ErrorCode.MEMBER_ID_REQUIRED
    if (isKnown) client.memberId = memberId
    else if (client.memberId === request.newMemberId) client.memberId = before
    if (errorCode === ErrorCode.NONE) client.generationId = generationId
  }
  // A script may name who waits for its answer, though a client could not.
  client.memberId = request.newMemberId
  bench.tellWhen(bench.groups.join(groupId, request), (reply) => {
    remember(reply)
    return `${name} <- join ${joinText(reply)}`
  })
}

/** sync NAME [group= id= instance= generation= type= protocol=] [NAME=ASSIGNMENT ...] */
const sync: Verb = (bench, command) => {
  const { name } = command
  const groupId = groupOf(command)
  const client = bench.client(groupId, name)
  const request = {
    ...identityOf(client, command),
    generationId: generationOf(client, command),
    protocolType: command.take('type') ?? 'consumer',
    protocolName: command.take('protocol') ?? null,
  }
  const assignments = new Map(
    [...command.takeRest()].map(([to, assignment]) => [
      bench.client(groupId, to).memberId,
      assignmentBytes(
        assignment.replace(/^(\w)\*(\d+)$/, (_, letter: string, times: string) => letter.repeat(Number(times))),
      ),
    ]),
  )
  bench.tellWhen(
    bench.groups.sync(groupId, { ...request, assignments }),
    (reply) => `${name} <- sync ${syncText(reply)}`,
  )
}

/** heartbeat NAME [group= id= instance= generation=] */
const heartbeat: Verb = (bench, command) => {
  const groupId = groupOf(command)
  const client = bench.client(groupId, command.name)
  const code = bench.groups.heartbeat(groupId, identityOf(client, command), generationOf(client, command))
  bench.tell(`${command.name} <- heartbeat ${codeText(code)}`)
}

/** leave NAME ... [group= reason=], or leave [id= instance=]: as an administrator takes a static member out */
const leave: Verb = (bench, command) => {
  const groupId = groupOf(command)
  const reason = command.take('reason') ?? ''
  const [id, instance] = [command.take('id'), command.take('instance')]
  const members =
    id === undefined && instance === undefined
      ? command.names.map((name) => ({ memberId: bench.client(groupId, name).memberId, groupInstanceId: null, reason }))
      : [{ memberId: id ?? '', groupInstanceId: instance ?? null, reason }]
  bench.groups.leave(groupId, members).then(
    (codes) => bench.tell(`leave ${codes.map(codeText).join(' ')}`),
    (error: unknown) => bench.tell(`leave ${errorText(error)}`),
  )
}

/** commit NAME [group= id= instance= generation=] TOPIC-PARTITION=OFFSET ... */
const commit: Verb = (bench, command) => {
  const { name } = command
  const groupId = groupOf(command)
  const client = bench.client(groupId, name)
  const identity = identityOf(client, command)
  const generationId = generationOf(client, command)
  const offsets = [...command.takeRest()].map(([key, offset]): OffsetToCommit => {
    const [topic = '', partition = '0'] = key.split('-')
    return {
      topic,
      topicId: zeroUuid,
      partition: Number(partition),
      offset: BigInt(offset),
      leaderEpoch: -1,
      metadata: '',
    }
  })
  commitTo(bench.groups, { groupId, ...identity, generationId, knowsEpochs: true, offsets }).then(
    (codes) => bench.tell(`${name} <- commit ${codes.map(codeText).join(' ')}`),
    (error: unknown) => bench.tell(`${name} <- commit ${errorText(error)}`),
  )
}

const errorText = (error: unknown): string =>
  error instanceof ApiError ? `${codeText(error.code)}: ${error.message}` : `FAULT ${String(error)}`

function told(bench: TranscriptBench, what: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    bench.tell(`${what} ${errorText(error)}`)
  }
}

export const verbs: Readonly<Record<string, Verb>> = {
  ...consumerVerbs,
  join,
  sync,
  heartbeat,
  leave,
  commit,
  /** describe [group=] */
  describe: (bench, command) => {
    for (const line of descriptionText(bench.groups.describe(groupOf(command)))) bench.tell(line)
  },
  /** why [group=] */
  why: (bench, command) =>
    told(bench, 'why', () => {
      for (const event of bench.groups.historyOf(groupOf(command)).events) bench.tell(eventText(event))
    }),
  /** delete [group=] */
  delete: (bench, command) =>
    bench.tellWhen(bench.groups.deleteGroup(groupOf(command)), (code) => `delete ${codeText(code)}`),
  /** load [batch.bytes.max=] [CONFIG=VALUE ...]: a broker loads the partition; what was there before has crashed */
  load: async (bench, command) => {
    const batchBytesMax = command.take('batch.bytes.max')
    await bench.load(
      Object.fromEntries(command.takeRest()),
      batchBytesMax === undefined ? undefined : Number(batchBytesMax),
    )
  },
  /** The partition gets another leader. */
  resign: (bench) => bench.resign(),
  /** advance TIME */
  advance: (bench, command) => bench.advance(durationMs(command.name)),
  /** hold: from now on appends wait for `committed` or `lost ERROR`, which also end that */
  hold: (bench) => {
    bench.partition.commitsAtOnce = false
  },
  committed: (bench) => {
    bench.partition.commitsAtOnce = true
    bench.partition.commit()
  },
  lost: (bench, command) => {
    bench.partition.commitsAtOnce = true
    bench.partition.fail(codeNamed(command.name))
  },
  /** refuse ERROR: the next append writes nothing */
  refuse: (bench, command) => {
    bench.partition.refuseOnce(codeNamed(command.name))
  },
}
