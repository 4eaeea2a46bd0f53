/** The configs of groups, as the coordinator reads them: worked out once for each broker config, and for each group's. */
import { assert } from '../../base/index.ts'
import { type BrokerConfig, type ConsumerGroupConfig, consumerGroupConfig } from '../../config/index.ts'
import { CompressionType, compressionType } from '../../records/index.ts'
import type { Assignor } from './assignors/assignor.ts'
import { assignorsByName } from './assignors/assignors.ts'
import type { GroupShardConfig } from './group-shard.ts'
import type { MigrationPolicy } from './migration.ts'

export interface GroupConfigsOptions {
  /** Another object when something has changed. */
  readonly broker: () => BrokerConfig
  /** Of the resource GROUP; the same object as long as nothing has changed. */
  readonly textsOf: (groupId: string) => ReadonlyMap<string, string>
}

export class GroupConfigs {
  readonly #options: GroupConfigsOptions
  #broker: BrokerConfig | undefined
  #shard: GroupShardConfig | undefined
  #byTexts = new WeakMap<ReadonlyMap<string, string>, ConsumerGroupConfig>()

  constructor(options: GroupConfigsOptions) {
    this.#options = options
  }

  #current(): BrokerConfig {
    const broker = this.#options.broker()
    if (broker !== this.#broker) {
      this.#broker = broker
      this.#shard = undefined
      this.#byTexts = new WeakMap()
    }
    return broker
  }

  shard(): GroupShardConfig {
    const broker = this.#current()
    this.#shard ??= shardConfig(broker)
    return this.#shard
  }

  of(groupId: string): ConsumerGroupConfig {
    const broker = this.#current()
    const texts = this.#options.textsOf(groupId)
    const known = this.#byTexts.get(texts)
    if (known !== undefined) return known
    const config = consumerGroupConfig(broker, texts)
    this.#byTexts.set(texts, config)
    return config
  }
}

const msPerMinute = 60_000

function assignorOf(name: string): Assignor {
  const assignor = assignorsByName.get(name)
  assert(assignor !== undefined, `the configuration has been checked, and names the assignor ${name}`)
  return assignor
}

function shardConfig(config: BrokerConfig): GroupShardConfig {
  return {
    initialRebalanceDelayMs: config.number('group.initial.rebalance.delay.ms'),
    sessionTimeoutMsMin: config.number('group.min.session.timeout.ms'),
    sessionTimeoutMsMax: config.number('group.max.session.timeout.ms'),
    classicSizeMax: config.number('group.max.size'),
    consumerSizeMax: config.number('group.consumer.max.size'),
    migrationPolicy: config.text('group.consumer.migration.policy').toUpperCase() as MigrationPolicy,
    assignors: config.list('group.consumer.assignors').map(assignorOf),
    regexRefreshIntervalMs: config.number('group.consumer.regex.refresh.interval.ms'),
    offsetMetadataBytesMax: config.number('offset.metadata.max.bytes'),
    offsetsRetentionMs: config.number('offsets.retention.minutes') * msPerMinute,
    offsetsRetentionCheckIntervalMs: config.number('offsets.retention.check.interval.ms'),
    appendTimeoutMs: config.number('offsets.commit.timeout.ms'),
    appendLingerMs: config.number('group.coordinator.append.linger.ms'),
    loadBytes: config.number('offsets.load.buffer.size'),
    codec: compressionType(config.number('offsets.topic.compression.codec')) ?? CompressionType.none,
  }
}
