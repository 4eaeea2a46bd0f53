/**
 * Topics that come into being because somebody asked for them: those of clients by Metadata, the internal ones when a
 * coordinator is first looked for. Sends CreateTopics to the controller, at most one at a time for a name; what comes of
 * it is seen in the image. Whether a client may have topics created is the caller's to know.
 */
import { ApiError, type Logger } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import {
  type Asker,
  type ControllerChannel,
  invalidTopicName,
  type MetadataImage,
  offsetsTopic,
  shareStateTopic,
  transactionStateTopic,
} from '../metadata/index.ts'
import { type CreateTopicsRequest, type CreateTopicsResponse, createTopics, ErrorCode } from '../protocol/index.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]

export interface AutoTopicsServices {
  readonly image: () => MetadataImage
  readonly config: () => BrokerConfig
  /** Its promises settle: a controller that is away is an error after a while. */
  readonly channel: Pick<ControllerChannel, 'createTopics'>
  readonly logger: Logger
}

interface Shape {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string | number>>
}

/** What Kafka's coordinators want of their topics. */
const internalShapes: Readonly<Record<string, (config: BrokerConfig) => Shape>> = {
  [offsetsTopic]: (config) => ({
    numPartitions: config.number('offsets.topic.num.partitions'),
    replicationFactor: config.number('offsets.topic.replication.factor'),
    configs: {
      'cleanup.policy': 'compact',
      'compression.type': 'producer',
      'segment.bytes': config.number('offsets.topic.segment.bytes'),
    },
  }),
  [transactionStateTopic]: (config) => ({
    numPartitions: config.number('transaction.state.log.num.partitions'),
    replicationFactor: config.number('transaction.state.log.replication.factor'),
    configs: {
      'cleanup.policy': 'compact',
      'compression.type': 'uncompressed',
      'min.insync.replicas': config.number('transaction.state.log.min.isr'),
      'segment.bytes': config.number('transaction.state.log.segment.bytes'),
      'unclean.leader.election.enable': 'false',
    },
  }),
  [shareStateTopic]: (config) => ({
    numPartitions: config.number('share.coordinator.state.topic.num.partitions'),
    replicationFactor: config.number('share.coordinator.state.topic.replication.factor'),
    configs: {
      'cleanup.policy': 'delete',
      'compression.type': 'producer',
      'min.insync.replicas': config.number('share.coordinator.state.topic.min.isr'),
      'retention.ms': -1,
      'segment.bytes': config.number('share.coordinator.state.topic.segment.bytes'),
    },
  }),
}

const factorSettings: Readonly<Record<string, string>> = {
  [offsetsTopic]: 'offsets.topic.replication.factor',
  [transactionStateTopic]: 'transaction.state.log.replication.factor',
  [shareStateTopic]: 'share.coordinator.state.topic.replication.factor',
}

/** What an operator changes where there are too few brokers. */
const factorSetting = (name: string): string => factorSettings[name] ?? 'default.replication.factor'

/** This broker's numbers where its file has them; else the controller's count (-1). */
function ordinaryShape(config: BrokerConfig): Shape {
  const given = config.texts.static
  return {
    numPartitions: given.has('num.partitions') ? config.number('num.partitions') : -1,
    replicationFactor: given.has('default.replication.factor') ? config.number('default.replication.factor') : -1,
    configs: {},
  }
}

export class AutoTopics {
  readonly #services: AutoTopicsServices
  /** By name: settles when the controller has answered for it. */
  readonly #inFlight = new Map<string, Promise<void>>()

  constructor(services: AutoTopicsServices) {
    this.#services = services
  }

  /**
   * Asks for topics that the image lacks. Answers at once, in Kafka's way: the code is 17 for a name that no topic can
   * have, and 3 for the others, which the client asks for again. The controller sees the client whose request named them
   * first, and they count for its quota.
   */
  create(names: Iterable<string>, asker?: Asker): ReadonlyMap<string, number> {
    const codes = new Map<string, number>()
    const wanted: string[] = []
    for (const name of names) {
      if (codes.has(name)) continue
      const isInvalid = invalidTopicName(name) !== undefined
      codes.set(name, isInvalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      if (!isInvalid && !this.#inFlight.has(name)) wanted.push(name)
    }
    if (wanted.length > 0) this.#send(wanted, asker)
    return codes
  }

  /**
   * Resolves when the topic is in the image, or the controller has committed it (its image follows soon); rejects with
   * the controller's ApiError.
   */
  ensure(name: string): Promise<void> {
    if (this.#services.image().topics.byName.has(name)) return Promise.resolve()
    const invalid = invalidTopicName(name)
    if (invalid !== undefined) return Promise.reject(new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, invalid))
    if (!this.#inFlight.has(name)) this.#send([name])
    return this.#inFlight.get(name) ?? Promise.resolve()
  }

  #send(names: readonly string[], asker?: Asker): void {
    const { channel, config, logger } = this.#services
    const timeoutMs = config().number('request.timeout.ms')
    const topics = names.map((name) => this.#creatable(name))
    const reply = channel.createTopics(createTopics.request.create({ topics, timeoutMs }), asker)
    logger.log('info', 'topics are created because they were asked for', { topics: names.join(',') })
    for (const name of names) {
      const created = this.#settle(name, reply)
      this.#inFlight.set(name, created)
      created.catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        const isFactor = error instanceof ApiError && error.code === ErrorCode.INVALID_REPLICATION_FACTOR
        const fields = isFactor ? { topic: name, reason, setting: factorSetting(name) } : { topic: name, reason }
        logger.log('warn', 'a topic that was asked for could not be created', fields)
      })
    }
  }

  async #settle(name: string, reply: Promise<CreateTopicsResponse>): Promise<void> {
    try {
      const result = (await reply).topics.find((topic) => topic.name === name)
      // Another broker was quicker: all the same to us.
      if (result?.errorCode === ErrorCode.NONE || result?.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return
      const code = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
      throw new ApiError(code, result?.errorMessage ?? 'The controller did not answer for the topic.')
    } finally {
      this.#inFlight.delete(name)
    }
  }

  #creatable(name: string): CreatableTopic {
    const config = this.#services.config()
    const { numPartitions, replicationFactor, configs } = (internalShapes[name] ?? ordinaryShape)(config)
    return {
      name,
      numPartitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: `${value}` })),
    }
  }
}
