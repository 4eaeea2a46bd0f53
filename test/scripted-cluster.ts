/** For tests of clients: brokers in a simulated world that tell of one topic, and answer produce requests as the test says. */

import type { Connection } from '../src/base/index.ts'
import { uuidFromLatin1 } from '../src/base/index.ts'
import { Kafka, type KafkaExtras, type KafkaOptions, type Producer, type ProducerOptions } from '../src/client/index.ts'
import { replyFrame, type ScriptedRequest, serve, tellVersions } from '../src/peer/scripted-server.ts'
import {
  type Api,
  apis,
  apiVersions,
  ErrorCode,
  type Fields,
  type Given,
  type Infer,
  initProducerId,
  metadata,
  type ProduceResponse,
  produce,
  saslAuthenticate,
  saslHandshake,
} from '../src/protocol/index.ts'
import { BatchCursor, batchHeader, readRecords } from '../src/records/index.ts'
import { World } from '../src/sim/index.ts'

/** One batch as a broker got it. */
export interface Offered {
  readonly broker: number
  /** Of the request. */
  readonly version: number
  readonly atMs: number
  readonly partition: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly values: readonly string[]
  /** Answers the request. */
  readonly answer: (
    partition: Partial<ProduceResponse['responses'][number]['partitionResponses'][number]>,
    response?: Pick<Partial<ProduceResponse>, 'nodeEndpoints'>,
  ) => void
  /** Ends the connection instead. */
  readonly hangUp: () => void
}

/** One request of an API that a test serves itself. */
export interface Asked<Q, S> {
  readonly broker: number
  readonly request: Q
  /** Another one for each that is made. */
  readonly connection: Connection
  /** Now or later. */
  readonly reply: (response: S) => void
}

const port = 9092
const always: ReadonlySet<number> = new Set(
  [apiVersions, metadata, produce, initProducerId, saslHandshake, saslAuthenticate].map(({ key }) => key),
)
/** Of the topic, which is `t`. */
export const topicId = uuidFromLatin1('the id of topict')

export class ScriptedCluster {
  readonly world = new World({ seed: 1, turn: setImmediate, network: { delayMsMean: 1 } })
  readonly brokers: readonly number[]
  /** Where brokers say that they are. */
  hostOf = (id: number): string => `b${id}`
  rackOf = (_id: number): string | null => null
  /** By partition; undefined: nobody. */
  leaders: (number | undefined)[]
  leaderEpoch = 0
  /** What the topic is answered with; nothing else is told then. */
  topicError: number = ErrorCode.NONE
  /** The highest versions that are served, by key; all that there are unless told. */
  versionsMax: Readonly<Record<number, number>> = {}
  controllerId = 1
  /** What is said of the whole cluster. */
  metadataError: number = ErrorCode.NONE
  /** Epoch of the ids that are given. */
  givenEpoch = 0
  idsGiven = 0
  metadataAsked = 0
  /** Whom it was asked of, in order. */
  readonly askedOf: number[] = []
  /** The brokers that are told of; all, unless said. */
  toldOf: readonly number[]
  /** In the order in which they came. */
  readonly offered: Offered[] = []
  /** Comes before whatever else is done with a request; true: nothing else is. */
  before: (broker: number, request: ScriptedRequest, socket: Connection) => boolean = () => false
  /** What is done with each; unless told, it is stored. */
  onOffer: (offered: Offered) => void = (offered) => this.store(offered)
  readonly #ends = new Map<number, number>()
  /** By key. */
  readonly #answers = new Map<number, (broker: number, request: ScriptedRequest, socket: Connection) => void>()

  constructor({ brokers = 1, partitions = 1 } = {}) {
    this.brokers = Array.from({ length: brokers }, (_, i) => i + 1)
    this.toldOf = this.brokers
    this.leaders = Array.from({ length: partitions }, (_, i) => (i % brokers) + 1)
  }

  /** From now on `answer` says what is answered to requests of `api`; undefined: the connection is ended instead; or nothing at all is. */
  answer<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    answer: (request: Infer<Q>, broker: number, version: number) => Given<Infer<S>> | 'nothing' | undefined,
  ): void {
    this.#answers.set(api.key, (broker, request, socket) => {
      const response = answer(api.request.decode(request.reader, request.version), broker, request.version)
      if (response === undefined) socket.destroy()
      else if (response !== 'nothing') socket.write([replyFrame(api, request, api.response.create(response))])
    })
  }

  /** The same where an answer takes its time. */
  serve<Q extends Fields, S extends Fields>(api: Api<Q, S>, answer: (asked: Asked<Infer<Q>, Infer<S>>) => void): void {
    this.#answers.set(api.key, (broker, scripted, connection) => {
      const request = api.request.decode(scripted.reader, scripted.version)
      const reply = (response: Infer<S>): void => {
        connection.write([replyFrame(api, scripted, response)])
      }
      answer({ broker, request, connection, reply })
    })
  }

  kafka(connection: Partial<KafkaOptions> = {}, extras: KafkaExtras = {}): Kafka {
    const bootstrapServers = this.brokers.map((id) => `b${id}:${port}`)
    return new Kafka(this.world.env('client'), { bootstrapServers, ...connection }, { poison: true, ...extras })
  }

  async start(): Promise<void> {
    for (const id of this.brokers) {
      const host = `b${id}`
      await serve(this.world.env(host), { host, port, script: (request, socket) => this.#serve(id, request, socket) })
    }
  }

  /** Where its records come to lie. */
  store(offered: Offered): number {
    const { partition, values } = offered
    const baseOffset = this.#ends.get(partition) ?? 0
    this.#ends.set(partition, baseOffset + values.length)
    offered.answer({ baseOffset })
    return baseOffset
  }

  producer(options: ProducerOptions = {}, connection: Partial<KafkaOptions> = {}): Producer {
    return this.kafka(connection).producer(options)
  }

  /** Runs the world until `work` is done. */
  async run<T>(work: () => Promise<T>, untilMs = 600_000): Promise<T> {
    let isDone = false
    const done = this.start()
      .then(work)
      .finally(() => {
        isDone = true
      })
    done.catch(() => undefined)
    await this.world.run(untilMs, () => isDone)
    return done
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.after(ms, resolve))
  }

  #serve(broker: number, request: ScriptedRequest, socket: Connection): void {
    const reply = <Q extends Fields, S extends Fields>(api: Api<Q, S>, response: Infer<S>): void => {
      socket.write([replyFrame(api, request, response)])
    }
    if (request.key !== apiVersions.key && this.before(broker, request, socket)) return
    const answer = this.#answers.get(request.key)
    if (answer !== undefined) answer(broker, request, socket)
    else if (request.key === apiVersions.key) {
      const isServed = ({ key }: { readonly key: number }): boolean => always.has(key) || this.#answers.has(key)
      const served = apis
        .filter(isServed)
        .map(({ key, versions: [min, max] }) => [key, min, this.versionsMax[key] ?? max] as const)
      reply(apiVersions, tellVersions(served))
    } else if (request.key === metadata.key) {
      this.metadataAsked++
      this.askedOf.push(broker)
      const { topics } = metadata.request.decode(request.reader, request.version)
      reply(metadata, this.#metadata(topics === null || topics.some(({ name }) => name === 't')))
    } else if (request.key === initProducerId.key) {
      this.idsGiven++
      reply(
        initProducerId,
        initProducerId.response.create({ producerId: 1000 + this.idsGiven, producerEpoch: this.givenEpoch }),
      )
    } else this.#offer(broker, request, socket)
  }

  #metadata(isAsked: boolean) {
    const isThere = this.topicError === ErrorCode.NONE
    const partitions = this.leaders.map((leaderId = -1, partitionIndex) => {
      return { partitionIndex, leaderId, leaderEpoch: this.leaderEpoch, replicaNodes: [1], isrNodes: [1] }
    })
    return metadata.response.create({
      errorCode: this.metadataError,
      clusterId: 'scripted',
      controllerId: this.controllerId,
      brokers: this.toldOf.map((nodeId) => ({ nodeId, host: this.hostOf(nodeId), port, rack: this.rackOf(nodeId) })),
      topics: isAsked
        ? [{ name: 't', topicId, errorCode: this.topicError, partitions: isThere ? partitions : [] }]
        : [],
    })
  }

  #offer(broker: number, request: ScriptedRequest, socket: Connection): void {
    const { topicData } = produce.request.decode(request.reader, request.version)
    const batches = topicData.flatMap(({ partitionData }) => partitionData)
    const answers = new Map<number, Parameters<Offered['answer']>>()
    for (const { index, records } of batches) {
      if (!(records instanceof Uint8Array)) throw new Error('a request has records')
      const bytes = Buffer.from(records)
      const cursor = new BatchCursor(bytes)
      if (!cursor.next() || !cursor.isCrcValid()) throw new Error('a batch is whole')
      const offered: Offered = {
        broker,
        version: request.version,
        atMs: this.world.nowMs,
        partition: index,
        producerEpoch: cursor.view.getInt16(batchHeader.producerEpochAt),
        baseSequence: cursor.view.getInt32(batchHeader.baseSequenceAt),
        values: [...readRecords(bytes, 0, 2 ** 30)].map(({ value }) => String(value)),
        answer: (...given) => {
          answers.set(index, given)
          if (answers.size === batches.length) socket.write([replyFrame(produce, request, responseOf(answers))])
        },
        hangUp: () => socket.destroy(),
      }
      this.offered.push(offered)
      this.onOffer(offered)
    }
  }
}

function responseOf(answers: ReadonlyMap<number, Parameters<Offered['answer']>>): ProduceResponse {
  const partitionResponses = [...answers].map(([index, [partition]]) => ({ index, ...partition }))
  const nodeEndpoints = [...answers.values()].flatMap(([, response]) => response?.nodeEndpoints ?? [])
  return produce.response.create({ responses: [{ name: 't', topicId, partitionResponses }], nodeEndpoints })
}
