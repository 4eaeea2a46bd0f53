/**
 * Produce (0), versions 3 to 13: each partition's batch is checked where it lies, stamped, and appended; in the codec of
 * its topic, if that has one.
 *
 * 5: the start of the log in the reply. 7: zstd (KIP-110). 8: errors of single records (KIP-467). 9: flexible. 10: current leader in the
 * reply (KIP-951). 11, 12: transactions (KIP-890). 13: topic ids.
 *
 * Once every append is done the next request of the connection may start (`proceed`), while `acks=all` still waits. The
 * request's bytes are views until then: a batch that goes to a worker first is copied.
 */
import { ApiError, type Clock, viewOf, type Workers, WorkersBusyError } from '../../base/index.ts'
import type { AppendResult } from '../../log/index.ts'
import { ErrorCode, type ProduceRequest, type ProduceResponse, produce } from '../../protocol/index.ts'
import {
  batchHeader,
  batchHeaderSize,
  CompressionType,
  InlineBudget,
  type InvalidBatch,
  stampBatch,
  TimestampType,
  type TopicRules,
  type ValidBatch,
  validateProduced,
} from '../../records/index.ts'
import type { Partition, ReplicaManager, Replication } from '../../replication/index.ts'
import { type Answer, closeConnection, type Handler, noReply, type RequestContext } from '../handler.ts'
import { asksForLeader, type CurrentLeaders, nameLeaders } from '../leader-hints.ts'
import { type RareWarning, refusedTransaction } from '../rare-warning.ts'

export interface ProduceServices extends CurrentLeaders {
  readonly replicas: ReplicaManager
  readonly replication: Replication
  readonly clock: Clock
  readonly workers: Workers
  readonly refusals: RareWarning
  /** `max.decompressed.batch.bytes` of this broker: what a worker will look at. */
  readonly decompressedBytesMax: () => number
}

type TopicData = ProduceRequest['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type PartitionReply = ProduceResponse['responses'][number]['partitionResponses'][number]

/** What became of one partition's batch: the reply, and the offset that must be replicated before it goes out. */
interface Outcome {
  readonly reply: PartitionReply
  readonly partition?: Partition
  readonly term?: Partition['term']
  readonly endOffset?: number
}

const internalTopics = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])
/** Kafka's admin client may write to internal topics: how its tools repair them. */
const adminClientId = '__admin_client'

const blankReply: PartitionReply = {
  index: 0,
  errorCode: ErrorCode.NONE,
  baseOffset: -1,
  logAppendTimeMs: -1,
  logStartOffset: -1,
  recordErrors: [],
  errorMessage: null,
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
}

const failedReply = (index: number, { code, message }: ApiError): PartitionReply => ({
  ...blankReply,
  index,
  errorCode: code,
  errorMessage: message === '' ? null : message,
})

export function produceHandler(services: ProduceServices): Handler<ProduceRequest, ProduceResponse> {
  const append = new ProduceAppend(services)
  return {
    api: produce,
    handle: (request, context) => {
      const { acks } = request
      if (acks !== 0 && acks !== 1 && acks !== -1) {
        return refuse(request, context, new ApiError(ErrorCode.INVALID_REQUIRED_ACKS, ''), services)
      }
      const asked = { request, context, budget: new RequestBudget() }
      const outcomes: Outcome[] = []
      const all: (Outcome | Promise<Outcome>)[] = outcomes
      let isPending = false
      for (const topic of request.topicData) {
        for (const partition of topic.partitionData) {
          const outcome = append.one(topic, partition, asked)
          isPending ||= outcome instanceof Promise
          all.push(outcome)
        }
      }
      return isPending ? append.later(request, context, all) : append.reply(request, context, outcomes)
    },
  }
}

/** The same error for every partition. */
function refuse(
  request: ProduceRequest,
  context: RequestContext,
  error: ApiError,
  services: CurrentLeaders,
): Answer<ProduceResponse> {
  const replies = request.topicData.flatMap((topic) =>
    topic.partitionData.map(({ index }) => failedReply(index, error)),
  )
  return request.acks === 0 ? closeConnection : assemble(request, context, replies, services)
}

/** Replies in the order of the request. */
function assemble(
  request: ProduceRequest,
  context: RequestContext,
  replies: readonly PartitionReply[],
  services: CurrentLeaders,
): ProduceResponse {
  let next = 0
  const responses = request.topicData.map(({ name, topicId, partitionData }) => {
    const { length } = partitionData
    const partitionResponses = length === replies.length ? replies : replies.slice(next, next + length)
    next += length
    return { name, topicId, partitionResponses }
  })
  const response = { responses, throttleTimeMs: 0, nodeEndpoints: [] }
  if (context.apiVersion < 10 || !replies.some(asksForLeader)) return response
  const topics = responses.map(({ name, topicId, partitionResponses }) => ({
    name: name === '' ? services.topicName(topicId) : name,
    partitions: partitionResponses,
  }))
  const hints = nameLeaders(services, context.listenerName, topics, (it) => it.index)
  if (hints === undefined) return response
  return {
    ...response,
    responses: responses.map((topic, i) => ({ ...topic, partitionResponses: hints.topics[i] ?? [] })),
    nodeEndpoints: hints.nodeEndpoints,
  }
}

/** Errors of single records that one reply tells: a request of 20 KB may hold ten thousand of them in each batch. */
const recordErrorsMax = 10_000

/** What all batches of one request share. */
class RequestBudget {
  readonly inline = new InlineBudget()
  #recordErrorsLeft = recordErrorsMax

  recordErrors(all: InvalidBatch['recordErrors']): InvalidBatch['recordErrors'] {
    const told = all.length <= this.#recordErrorsLeft ? all : all.slice(0, this.#recordErrorsLeft)
    this.#recordErrorsLeft -= told.length
    return told
  }
}

interface Asked {
  readonly request: ProduceRequest
  readonly context: RequestContext
  readonly budget: RequestBudget
}

/** A batch, and what was found by the rules that held then: a topic may change while a worker looks. */
interface Checked {
  readonly partition: Partition
  readonly bytes: Uint8Array
  readonly rules: TopicRules
  readonly validated: ValidBatch | InvalidBatch
}

class ProduceAppend {
  readonly #services: ProduceServices

  constructor(services: ProduceServices) {
    this.#services = services
  }

  one(topic: TopicData, { index, records }: PartitionData, asked: Asked): Outcome | Promise<Outcome> {
    try {
      const { request, context, budget } = asked
      const partition = this.#partition(topic, index, context)
      if (records === null) throw new ApiError(ErrorCode.INVALID_RECORD, 'There are no records for the partition')
      if (request.acks === -1 && partition.isr.length < partition.effectiveMinIsr) {
        throw new ApiError(
          ErrorCode.NOT_ENOUGH_REPLICAS,
          `The size of the current ISR ${partition.isr.length} of ${partition.name} is below min.insync.replicas`,
        )
      }
      const bytes = wholeBytes(records)
      if (context.apiVersion < zstdVersion) checkNotZstd(bytes)
      const { clock } = this.#services
      const { rules } = partition
      const validated = validateProduced(bytes, { topic: rules, nowMs: clock.now(), budget: budget.inline })
      if (validated.kind === 'unfinished') return this.#inWorker(partition, bytes, asked)
      return this.#append({ partition, bytes, rules, validated }, asked)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { reply: failedReply(index, error) }
    }
  }

  #partition({ name, topicId }: TopicData, index: number, { apiVersion, clientId }: RequestContext): Partition {
    const topic = apiVersion >= 13 ? this.#services.topicName(topicId) : name
    if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
    if (internalTopics.has(topic) && clientId !== adminClientId) {
      throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Cannot append to internal topic ${topic}`)
    }
    return this.#services.replicas.leader(topic, index)
  }

  /** Large compressed batches are looked into off the loop, and what is to be compressed anew is. */
  async #inWorker(partition: Partition, bytes: Uint8Array, asked: Asked): Promise<Outcome> {
    const { workers, clock, decompressedBytesMax } = this.#services
    const copy = Uint8Array.from(bytes)
    const { rules } = partition
    const options = { topic: rules, nowMs: clock.now(), decompressedLimitBytes: decompressedBytesMax() }
    try {
      const validated = (await workers.run('validate-produced', { records: copy, options })) as
        | ValidBatch
        | InvalidBatch
      // The leadership may have gone meanwhile.
      partition.checkLeader(-1)
      return await this.#append({ partition, bytes: copy, rules, validated }, asked)
    } catch (error) {
      if (error instanceof ApiError) return { reply: failedReply(partition.partitionId, error) }
      if (!(error instanceof WorkersBusyError)) throw error
      // Every producer tries again after this one; nothing was appended.
      const busy = new ApiError(ErrorCode.REQUEST_TIMED_OUT, 'too many batches wait to be looked into or compressed')
      return { reply: failedReply(partition.partitionId, busy) }
    }
  }

  #append({ partition, bytes, rules, validated }: Checked, asked: Asked): Outcome | Promise<Outcome> {
    const index = partition.partitionId
    if (validated.kind === 'invalid') {
      const recordErrors = asked.budget.recordErrors(validated.recordErrors)
      return { reply: invalidReply(index, { ...validated, recordErrors }) }
    }
    const { converted, sizeInBytes } = validated
    const batch = converted ?? (sizeInBytes === bytes.length ? bytes : bytes.subarray(0, sizeInBytes))
    this.#checkNotTransactional(batch, asked)
    const { timestampType } = rules
    stampBatch(batch, validated, timestampType)
    const isAppendTime = timestampType === TimestampType.logAppendTime
    const { term } = partition
    const appended = partition.append(batch, {
      origin: 'client',
      logAppendTimeMs: isAppendTime ? validated.maxTimestampMs : -1,
    })
    if (!(appended instanceof Promise)) return done({ partition, term }, appended)
    return appended.then(
      (result) => done({ partition, term }, result),
      (error: unknown) => {
        if (error instanceof ApiError) return { reply: failedReply(index, error) }
        throw error
      },
    )
  }

  /** Transactions are not served: nothing is written that only a transaction's end could make visible. */
  #checkNotTransactional(batch: Uint8Array, { request, context }: Asked): void {
    if (!batchHeader.isTransactional(viewOf(batch), 0)) return
    if (request.transactionalId === null) {
      throw new ApiError(
        ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        'The batch is transactional, the request is not',
      )
    }
    this.#services.refusals.warn(refusedTransaction, context)
    throw new ApiError(ErrorCode.INVALID_TXN_STATE, 'This broker does not serve transactions')
  }

  /** Some appends are pending: the connection waits for them, so that the order of sequences stays. */
  async later(
    request: ProduceRequest,
    context: RequestContext,
    outcomes: readonly (Outcome | Promise<Outcome>)[],
  ): Promise<Answer<ProduceResponse>> {
    const settled = await Promise.all(outcomes)
    context.proceed()
    return this.reply(request, context, settled)
  }

  reply(
    request: ProduceRequest,
    context: RequestContext,
    outcomes: readonly Outcome[],
  ): Answer<ProduceResponse> | Promise<Answer<ProduceResponse>> {
    const { acks, timeoutMs } = request
    if (acks === 0) return outcomes.some(({ reply }) => reply.errorCode !== ErrorCode.NONE) ? closeConnection : noReply
    const waits = acks === -1 ? this.#services.replication.waitFor(outcomes, timeoutMs) : undefined
    if (waits === undefined) {
      return assemble(
        request,
        context,
        outcomes.map(({ reply }) => reply),
        this.#services,
      )
    }
    context.proceed()
    return waits.then((codes) => {
      const replies = outcomes.map(({ reply }, i) => {
        const code = codes[i] ?? ErrorCode.NONE
        return code === ErrorCode.NONE ? reply : failedReply(reply.index, new ApiError(code, ''))
      })
      return assemble(request, context, replies, this.#services)
    })
  }
}

/** Payload is received in one piece; the type allows what a reply may be made of. */
function wholeBytes(records: NonNullable<PartitionData['records']>): Uint8Array {
  if (records instanceof Uint8Array) return records
  throw new ApiError(ErrorCode.INVALID_RECORD, 'The records are not in one piece')
}

/** Who asks in an older version does not know zstd. */
const zstdVersion = 7

function checkNotZstd(bytes: Uint8Array): void {
  if (bytes.length < batchHeaderSize) return
  if (batchHeader.codecId(viewOf(bytes), 0) !== CompressionType.zstd) return
  throw new ApiError(
    ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    `Produce requests of a version below ${zstdVersion} are not allowed to use zstd`,
  )
}

function done({ partition, term }: Pick<Partition, 'term'> & { partition: Partition }, result: AppendResult): Outcome {
  const reply = {
    ...blankReply,
    index: partition.partitionId,
    baseOffset: result.baseOffset,
    logAppendTimeMs: result.logAppendTimeMs,
    logStartOffset: result.logStartOffset,
  }
  return { reply, partition, term, endOffset: result.lastOffset + 1 }
}

const invalidReply = (index: number, { code, message, recordErrors }: InvalidBatch): PartitionReply => ({
  ...blankReply,
  index,
  errorCode: code,
  errorMessage: message,
  recordErrors: recordErrors.map((it) => ({ batchIndex: it.batchIndex, batchIndexErrorMessage: it.message })),
})
