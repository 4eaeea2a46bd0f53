/** Where an application begins: what it is told once about a cluster, and the clients that it makes of that. */
import { Admin, type AdminExtras } from './admin/admin.ts'
import { type AdminOptions, adminSettings } from './admin/admin-options.ts'
import type { ClientEnv } from './client-env.ts'
import {
  type ConnectionExtras,
  type ConnectionOptions,
  connectionOptions,
  type KafkaOptions,
} from './connection-options.ts'
import { Consumer } from './consumer/consumer.ts'
import { type ConsumerOptions, consumerSettings } from './consumer/consumer-options.ts'
import { CustomMember } from './group/custom-member.ts'
import { type CustomMemberOptions, customMemberSettings } from './group/custom-member-options.ts'
import { Producer } from './producer/producer.ts'
import { type ProducerOptions, producerSettings } from './producer/producer-options.ts'
import { ShareConsumer } from './share/share-consumer.ts'
import { type ShareConsumerOptions, shareConsumerSettings } from './share/share-options.ts'

export interface KafkaExtras extends AdminExtras, ConnectionExtras {}

export class Kafka {
  readonly #env: ClientEnv
  readonly #connection: ConnectionOptions
  readonly #extras: AdminExtras

  /** Connects to nothing yet. Throws KafkaError for options that make no sense. */
  constructor(env: ClientEnv, options: KafkaOptions, extras: KafkaExtras = {}) {
    this.#env = env
    this.#connection = connectionOptions(options, extras)
    this.#extras = extras
  }

  /** Whoever has it closes it. Throws KafkaError for options that make no sense. */
  producer(options: ProducerOptions = {}): Producer {
    const settings = producerSettings(options, this.#connection.requestTimeoutMs)
    return new Producer(this.#env, this.#connection, settings)
  }

  /** Whoever has it closes it. Throws KafkaError for options that make no sense. */
  consumer(options: ConsumerOptions = {}): Consumer {
    return new Consumer(this.#env, this.#connection, consumerSettings(options))
  }

  /** Whoever has it closes it. Throws KafkaError for options that make no sense. */
  admin(options: AdminOptions = {}): Admin {
    return new Admin(this.#env, this.#connection, adminSettings(options), this.#extras)
  }

  /** Whoever has it closes it. Throws KafkaError for options that make no sense. */
  shareConsumer(options: ShareConsumerOptions): ShareConsumer {
    return new ShareConsumer(this.#env, this.#connection, shareConsumerSettings(options))
  }

  /** In a group that shares out something of its own. Whoever has it closes it. Throws KafkaError for options that make no sense. */
  customMember(options: CustomMemberOptions): CustomMember {
    return new CustomMember(this.#env, this.#connection, customMemberSettings(options))
  }
}
