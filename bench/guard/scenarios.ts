/** What is measured: each a step that is done over and over, of one request or of some that belong together. */

import { zeroUuid } from '../../src/base/index.ts'
import {
  type Api,
  consumerGroupHeartbeat,
  type Fields,
  fetch,
  heartbeat,
  metadata,
  offsetCommit,
  produce,
} from '../../src/protocol/index.ts'
import { readReply, requestFrame } from '../../test/wire.ts'
import type { ScriptedConnection } from './scripted-network.ts'
import type { Topic, World } from './world.ts'

/** Bytes that come to one connection in one turn. */
interface Delivery {
  readonly connection: ScriptedConnection
  readonly bytes: Buffer
  /** How many requests that is. */
  readonly requests: number
}

export interface Scenario {
  readonly name: string
  /** How many requests a step is; figures are of one. */
  readonly requests: number
  /** How often a step is done in a stretch. */
  readonly steps: number
  /** In this order, each in a turn of its own; the next step begins when each request has its reply. */
  readonly deliveries: readonly Delivery[]
  /** Throws where a reply is not what it should be. */
  readonly check: (bodies: readonly Buffer[]) => void
  /** Before each step. */
  readonly prepare?: () => void
}

interface Kind {
  readonly name: string
  readonly frame: Buffer
  readonly check: (body: Buffer) => void
}

const inFlight = 20
/** Requests of a stretch. */
const requestsOfStretch = 100

export function makeScenarios(world: World, connect: () => ScriptedConnection): readonly Scenario[] {
  const kinds = makeKinds(world)
  const connection = connect()
  const alone = (kind: Kind): Scenario => ({
    name: kind.name,
    requests: 1,
    steps: requestsOfStretch,
    deliveries: [{ connection, bytes: kind.frame, requests: 1 }],
    check: (bodies) => bodies.forEach(kind.check),
  })
  const together = (kind: Kind): Scenario => ({
    name: `${kind.name}, ${inFlight} in flight`,
    requests: inFlight,
    steps: requestsOfStretch / inFlight,
    deliveries: [{ connection, bytes: repeated(kind.frame), requests: inFlight }],
    check: (bodies) => bodies.forEach(kind.check),
  })
  return [...kinds.map(alone), ...kinds.map(together), wakened(world, connect)]
}

const repeated = (frame: Buffer): Buffer => Buffer.concat(Array.from({ length: inFlight }, () => frame))

type Request<Q extends Fields, S extends Fields> = Parameters<Api<Q, S>['request']['create']>[0]

function makeKinds(world: World): readonly Kind[] {
  const { topic, full, batches, hundred, classic, consumer } = world
  const asked = hundred.map((name) => ({ name, topicId: zeroUuid }))
  const commit = { partitionIndex: 0, committedOffset: 1_000_000n, committedMetadata: '' }
  const { generationId: generationIdOrMemberEpoch, ...member } = classic
  return [
    producing('produce of 100 B', topic, batches.small),
    producing('produce of 64 KB', topic, batches.large),
    producing('produce of 64 KB, lz4', topic, batches.lz4),
    {
      name: 'fetch of 1 MB',
      frame: fetchFrame(full, { maxWaitMs: 0, fetchOffset: 0 }),
      check: (body) => {
        const size = fetched(body)
        if (size < 900_000) throw new Error(`a fetch of 1 MB brought ${size} bytes`)
      },
    },
    kind('metadata of 100 topics', metadata, {
      version: 13,
      request: { topics: asked, allowAutoTopicCreation: false },
      codes: ({ topics }) => topics.map(({ errorCode }) => errorCode),
    }),
    kind('offset commit', offsetCommit, {
      version: 9,
      request: { ...member, generationIdOrMemberEpoch, topics: [{ name: topic.name, partitions: [commit] }] },
      codes: ({ topics }) => topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    }),
    kind('heartbeat, classic', heartbeat, { version: 4, request: classic, codes: ({ errorCode }) => [errorCode] }),
    kind('heartbeat, consumer', consumerGroupHeartbeat, {
      version: 1,
      request: consumer,
      codes: ({ errorCode }) => [errorCode],
    }),
  ]
}

function kind<Q extends Fields, S extends Fields>(
  name: string,
  api: Api<Q, S>,
  {
    version,
    request,
    codes,
  }: {
    readonly version: number
    readonly request: Request<Q, S>
    readonly codes: (reply: ReturnType<typeof readReply<Q, S>>) => readonly number[]
  },
): Kind {
  const check = (body: Buffer): void => {
    const found = codes(readReply(api, body, version))
    const bad = found.find((code) => code !== 0)
    if (found.length === 0 || bad !== undefined) throw new Error(`${name} was answered with error ${bad}`)
  }
  return { name, frame: requestFrame(api, { version, request, clientId: 'guard' }), check }
}

const producing = (name: string, topic: Topic, records: Buffer): Kind =>
  kind(name, produce, {
    version: 11,
    request: { acks: 1, timeoutMs: 30_000, topicData: [{ name: topic.name, partitionData: [{ index: 0, records }] }] },
    codes: ({ responses }) => responses.flatMap((it) => it.partitionResponses.map(({ errorCode }) => errorCode)),
  })

const fetchVersion = 17

function fetchFrame({ id }: Topic, { maxWaitMs, fetchOffset }: { maxWaitMs: number; fetchOffset: number }): Buffer {
  const partition = { partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }
  const request = {
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1 << 20,
    isolationLevel: 0,
    sessionId: 0,
    topics: [{ topicId: id, partitions: [partition] }],
    forgottenTopicsData: [],
    rackId: '',
  }
  return requestFrame(fetch, { version: fetchVersion, request, clientId: 'guard' })
}

/** Bytes of records in a reply. */
function fetched(body: Buffer): number {
  const { errorCode, responses } = readReply(fetch, body, fetchVersion)
  const partition = responses[0]?.partitions[0]
  if (errorCode !== 0 || partition?.errorCode !== 0) throw new Error(`Fetch was answered with error ${errorCode}`)
  const { records } = partition
  return records instanceof Uint8Array ? records.length : 0
}

/** A consumer waits at the end of a partition; a producer's record wakes it. */
function wakened({ end, batches }: World, connect: () => ScriptedConnection): Scenario {
  const mark = 0x0102_0304
  const frame = fetchFrame(end, { maxWaitMs: 500, fetchOffset: mark })
  const at = frame.indexOf(Buffer.from([0, 0, 0, 0, 1, 2, 3, 4])) + 4
  const { frame: record, check } = producing('produce', end, batches.small)
  let offset = 0
  return {
    name: 'fetch that waits and the produce that wakes it',
    requests: 1,
    steps: requestsOfStretch,
    deliveries: [
      { connection: connect(), bytes: frame, requests: 1 },
      { connection: connect(), bytes: record, requests: 1 },
    ],
    prepare: () => void frame.writeInt32BE(offset++, at),
    check: ([first, second]) => {
      if (first === undefined || second === undefined) throw new Error('not both of fetch and produce were answered')
      if (fetched(first) !== batches.small.length) throw new Error('the fetch did not bring the record')
      check(second)
    },
  }
}
