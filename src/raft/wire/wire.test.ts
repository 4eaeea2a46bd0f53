import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { oneUuid, Reader, uuidFromLatin1, Writer, zeroUuid } from '../../base/index.ts'
import {
  type Api,
  beginQuorumEpoch,
  ErrorCode,
  endQuorumEpoch,
  type Fields,
  fetch,
  fetchSnapshot,
  type Infer,
  vote,
} from '../../protocol/index.ts'
import { buildBatch } from '../../records/index.ts'
import type {
  BeginEpochRequest,
  EndEpochRequest,
  FetchReply,
  FetchRequest,
  FetchSnapshotRequest,
  VoteRequest,
} from '../messages.ts'
import { decodeBeginEpoch, decodeBeginEpochReply, encodeBeginEpoch, encodeBeginEpochReply } from './begin-epoch.ts'
import { decodeEndEpoch, decodeEndEpochReply, encodeEndEpoch, encodeEndEpochReply } from './end-epoch.ts'
import { decodeFetch, decodeFetchReply, encodeFetch, encodeFetchReply } from './fetch.ts'
import {
  decodeFetchSnapshot,
  decodeFetchSnapshotReply,
  encodeFetchSnapshot,
  encodeFetchSnapshotReply,
  refusedFetchSnapshot,
} from './fetch-snapshot.ts'
import { decodeVote, decodeVoteReply, encodeVote, encodeVoteReply } from './vote.ts'

const names = { clusterId: 'this-cluster', listenerName: 'CONTROLLER' }
const directoryId = uuidFromLatin1('0123456789abcdef')
const otherDirectory = uuidFromLatin1('fedcba9876543210')
const endpoint = { name: 'CONTROLLER', host: 'three.example', port: 65_535 }
const head = { errorCode: ErrorCode.NONE, epoch: 9, leaderId: 3, leaderEndpoints: [endpoint] }

function asSent<F extends Fields>(message: Api<F, Fields>['request'], value: Infer<F>, version: number): Infer<F> {
  const writer = new Writer(64)
  message.encode(writer, version, value)
  return message.decode(new Reader(writer.finishAsOne()), version)
}

const refusedWith = (code: number) => ({ name: 'ApiError', code })

describe('the address of the leader', () => {
  it('is the one of the listener that was asked, or none', () => {
    const replyTo = (listenerName: string, leaderId = 3) =>
      encodeVoteReply(
        { kind: 'vote', ...head, leaderId, isGranted: false },
        { ...names, listenerName },
      ).nodeEndpoints.map(({ nodeId, host, port }) => [nodeId, host, port])
    assert.deepEqual(replyTo('CONTROLLER'), [[3, 'three.example', 65_535]])
    assert.deepEqual([replyTo('OTHER'), replyTo('CONTROLLER', -1)], [[], []])
  })
})

describe('Vote on the wire', () => {
  const request: VoteRequest = {
    kind: 'vote',
    isPreVote: true,
    epoch: 9,
    candidate: { id: 3, directoryId },
    voter: { id: 2, directoryId: otherDirectory },
    log: { offset: 1234, epoch: 8 },
  }

  it('comes as it was sent; versions 0 and 1 without what they do not know', () => {
    const at = (version: number) => decodeVote(asSent(vote.request, encodeVote(request, names), version), names)
    assert.deepEqual(at(2), request)
    assert.deepEqual(at(1), { ...request, isPreVote: false })
    const oldest = { ...request, isPreVote: false, candidate: { id: 3, directoryId: zeroUuid }, voter: undefined }
    assert.deepEqual(at(0), oldest)
  })

  it('is answered so too', () => {
    const reply = { kind: 'vote', ...head, isGranted: true } as const
    const at = (version: number) =>
      decodeVoteReply(asSent(vote.response, encodeVoteReply(reply, names), version), names)
    assert.deepEqual(at(2), reply)
    assert.deepEqual(at(0), { ...reply, leaderEndpoints: [] })
    const unknown = { ...reply, leaderId: -1, leaderEndpoints: [] }
    assert.deepEqual(decodeVoteReply(encodeVoteReply(unknown, names), names), unknown)
  })

  it('of another cluster, and not of the metadata, is refused', () => {
    const message = encodeVote(request, names)
    const withTopics = (topics: typeof message.topics) => ({ ...message, topics })
    assert.throws(
      () => decodeVote({ ...message, clusterId: 'another' }, names),
      refusedWith(ErrorCode.INCONSISTENT_CLUSTER_ID),
    )
    assert.deepEqual(decodeVote({ ...message, clusterId: null }, names), request)
    const [topic] = message.topics
    assert.ok(topic !== undefined)
    const [partition] = topic.partitions
    assert.ok(partition !== undefined)
    const strange = [
      [],
      [topic, topic],
      [{ ...topic, topicName: 'orders' }],
      [{ ...topic, partitions: [] }],
      [{ ...topic, partitions: [partition, partition] }],
      [{ ...topic, partitions: [{ ...partition, partitionIndex: 1 }] }],
    ]
    for (const topics of strange) {
      assert.throws(() => decodeVote(withTopics(topics), names), refusedWith(ErrorCode.INVALID_REQUEST))
    }
  })

  it('refused as a whole is an error, and so is an answer to something else', () => {
    const refused = vote.response.create({ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID })
    assert.throws(() => decodeVoteReply(refused, names), refusedWith(ErrorCode.INCONSISTENT_CLUSTER_ID))
    assert.throws(() => decodeVoteReply(vote.response.create({}), names), { name: 'MalformedError' })
  })
})

describe('the begin of an epoch on the wire', () => {
  const request: BeginEpochRequest = {
    kind: 'begin-epoch',
    epoch: 9,
    leaderId: 3,
    leaderEndpoints: [endpoint],
    voter: { id: 2, directoryId },
  }

  it('comes as it was sent; version 0 without directories and addresses', () => {
    const at = (version: number) =>
      decodeBeginEpoch(asSent(beginQuorumEpoch.request, encodeBeginEpoch(request, names), version), names)
    assert.deepEqual(at(1), request)
    assert.deepEqual(at(0), { ...request, leaderEndpoints: [], voter: undefined })
    const reply = { kind: 'begin-epoch', ...head, errorCode: ErrorCode.FENCED_LEADER_EPOCH } as const
    const answered = asSent(beginQuorumEpoch.response, encodeBeginEpochReply(reply, names), 1)
    assert.deepEqual(decodeBeginEpochReply(answered, names), reply)
  })
})

describe('the end of an epoch on the wire', () => {
  const request: EndEpochRequest = {
    kind: 'end-epoch',
    epoch: 9,
    leaderId: 3,
    leaderEndpoints: [endpoint],
    preferred: [
      { id: 2, directoryId },
      { id: 1, directoryId: otherDirectory },
    ],
  }

  it('comes as it was sent; version 0 with the ids alone', () => {
    const at = (version: number) =>
      decodeEndEpoch(asSent(endQuorumEpoch.request, encodeEndEpoch(request, names), version), names)
    assert.deepEqual(at(1), request)
    const preferred = [2, 1].map((id) => ({ id, directoryId: zeroUuid }))
    assert.deepEqual(at(0), { ...request, leaderEndpoints: [], preferred })
    const reply = { kind: 'end-epoch', ...head } as const
    const answered = asSent(endQuorumEpoch.response, encodeEndEpochReply(reply, names), 1)
    assert.deepEqual(decodeEndEpochReply(answered, names), reply)
  })
})

describe('Fetch on the wire, as the quorum speaks it', () => {
  const request: FetchRequest = {
    kind: 'fetch',
    epoch: 9,
    replica: { id: 2, directoryId },
    fetchOffset: 77,
    lastFetchedEpoch: 8,
    highWatermark: 70,
    maxWaitMs: 500,
    maxBytes: 1_048_576,
  }
  const reply: FetchReply = {
    kind: 'fetch',
    ...head,
    highWatermark: 70,
    diverging: undefined,
    snapshot: undefined,
    batches: [],
  }

  function answered(changes: Partial<FetchReply>, records: Uint8Array, version = 18): FetchReply {
    const message = encodeFetchReply({ reply: { ...reply, ...changes }, records, logStartOffset: 12 }, names)
    assert.equal(message.responses[0]?.partitions[0]?.logStartOffset, 12)
    return decodeFetchReply(asSent(fetch.response, message, version), names)
  }

  it('comes as it was sent; versions below 18 know no high watermark of the replica, below 17 no directory', () => {
    const at = (version: number) =>
      decodeFetch(asSent(fetch.request, encodeFetch(request, names), version), version, names)
    assert.deepEqual(at(18), request)
    const withoutHighWatermark = { ...request, highWatermark: Number.MAX_SAFE_INTEGER }
    assert.deepEqual(at(17), withoutHighWatermark)
    const withoutDirectory = { ...withoutHighWatermark, replica: { id: 2, directoryId: zeroUuid } }
    assert.deepEqual(at(16), withoutDirectory)
    assert.deepEqual(at(13), withoutDirectory)
    assert.throws(() => at(12), refusedWith(ErrorCode.INVALID_REQUEST))
    assert.equal(encodeFetch(request, names).topics[0]?.topicId, oneUuid)
  })

  it('is answered with an end of the log, a snapshot, an error', () => {
    const diverging = { offset: 60, epoch: 7 }
    assert.deepEqual(answered({ diverging }, new Uint8Array(0)), { ...reply, diverging })
    const snapshot = { offset: 50, epoch: 6 }
    assert.deepEqual(answered({ snapshot }, new Uint8Array(0)), { ...reply, snapshot })
    const lost = { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, highWatermark: -1 }
    assert.deepEqual(answered(lost, new Uint8Array(0)), { ...reply, ...lost })
  })

  it('is answered with batches, the last of which may be cut; what lies behind damage is left out', () => {
    const batch = (value: string): Buffer =>
      Buffer.from(buildBatch([{ timestampMs: 1, key: null, value: Buffer.from(value) }]))
    const first = batch('first')
    const records = Buffer.concat([first, batch('second'), batch('third').subarray(0, 50)])
    const { batches } = answered({}, records)
    assert.deepEqual(
      batches.map(({ baseOffset, lastOffset, bytes }) => [baseOffset, lastOffset, bytes.length]),
      [
        [0, 0, first.length],
        [0, 0, first.length + 1],
      ],
    )
    assert.deepEqual(Buffer.from(batches[0]?.bytes ?? []), first)
    const damaged = Buffer.from(records)
    damaged[first.length - 1] = (damaged[first.length - 1] ?? 0) ^ 1
    assert.equal(answered({}, damaged).batches.length, 2, 'who takes them finds out')
    const size = Buffer.from(records)
    size.writeInt32BE(3, first.length + 8)
    const cut = answered({}, size)
    assert.deepEqual([cut.batches.length, cut.damage], [1, 'what the leader has sent is no batch'])
    const format = Buffer.from(records)
    format[first.length + 16] = 1
    const old = answered({}, format)
    assert.deepEqual([old.batches.length, old.damage], [1, 'the batch at offset 0 has format 1'])
  })
})

describe('FetchSnapshot on the wire', () => {
  const snapshot = { offset: 1234, epoch: 8 }
  const request: FetchSnapshotRequest = {
    kind: 'fetch-snapshot',
    epoch: 9,
    replica: { id: 2, directoryId },
    snapshot,
    position: 2 ** 31 + 5,
    maxBytes: 1_048_576,
  }

  it('comes as it was sent; version 0 without the directory', () => {
    const at = (version: number) =>
      decodeFetchSnapshot(asSent(fetchSnapshot.request, encodeFetchSnapshot(request, names), version), names)
    assert.deepEqual(at(1), request)
    assert.deepEqual(at(0), { ...request, replica: { id: 2, directoryId: zeroUuid } })
  })

  it('is answered with bytes that begin and end anywhere', () => {
    const bytes = Buffer.from('anything')
    const reply = { kind: 'fetch-snapshot', ...head, snapshot, size: 2 ** 31 + 100, position: 7, bytes } as const
    const at = (version: number) => {
      const sent = asSent(fetchSnapshot.response, encodeFetchSnapshotReply(reply, names), version)
      const decoded = decodeFetchSnapshotReply(sent, names)
      return { ...decoded, bytes: Buffer.from(decoded.bytes) }
    }
    assert.deepEqual(at(1), reply)
    assert.deepEqual(at(0), { ...reply, leaderEndpoints: [] })
  })

  it('of another partition is refused of that, of several as a whole', () => {
    const message = encodeFetchSnapshot(request, names)
    const [topic] = message.topics
    assert.ok(topic !== undefined)
    const other = { ...message, topics: [{ ...topic, name: 'orders' }] }
    assert.throws(() => decodeFetchSnapshot(other, names), refusedWith(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    const known = { leader: head, names }
    const refused = refusedFetchSnapshot(other, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, known)
    const [told] = asSent(fetchSnapshot.response, refused, 1).topics
    assert.deepEqual(refused.nodeEndpoints[0]?.host, 'three.example')
    assert.deepEqual([refused.errorCode, told?.name, told?.partitions[0]?.errorCode], [0, 'orders', 3])
    const several = { ...message, topics: [topic, topic] }
    assert.throws(() => decodeFetchSnapshot(several, names), refusedWith(ErrorCode.INVALID_REQUEST))
    assert.equal(refusedFetchSnapshot(several, ErrorCode.INVALID_REQUEST, known).errorCode, ErrorCode.INVALID_REQUEST)
    const foreign = { ...message, clusterId: 'another' }
    assert.throws(() => decodeFetchSnapshot(foreign, names), refusedWith(ErrorCode.INCONSISTENT_CLUSTER_ID))
    assert.throws(() => decodeFetchSnapshotReply(refused, names), { name: 'MalformedError' })
  })
})
