/**
 * The part of KafkaJS's types that the suites use. Declared here, since the package is installed by the runner
 * only, and the types must be checked without them.
 */
declare module 'kafkajs' {
  interface Retry {
    readonly retries: number
    readonly maxRetryTime?: number
  }
  interface Message {
    readonly key?: string | null
    readonly value: string | null
    readonly partition?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly timestamp?: string
  }
  interface Send {
    readonly topic: string
    readonly messages: readonly Message[]
    readonly acks?: number
    readonly compression?: number
  }
  interface TopicOffset {
    readonly topic: string
    readonly partition: number
    readonly offset: string
  }
  interface Transaction {
    send(record: Send): Promise<unknown>
    sendOffsets(options: {
      readonly consumerGroupId: string
      readonly topics: readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
      }[]
    }): Promise<void>
    commit(): Promise<void>
    abort(): Promise<void>
  }
  interface Producer {
    connect(): Promise<void>
    disconnect(): Promise<void>
    send(
      record: Send,
    ): Promise<readonly { readonly partition: number; readonly baseOffset?: string; readonly errorCode: number }[]>
    transaction(): Promise<Transaction>
  }
  interface Received {
    readonly topic: string
    readonly partition: number
    readonly message: {
      readonly key: Buffer | null
      readonly value: Buffer | null
      readonly offset: string
      readonly timestamp: string
      readonly headers?: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>
    }
  }
  interface Payloads {
    'consumer.group_join': { readonly memberAssignment: Readonly<Record<string, readonly number[]>> }
    'consumer.rebalancing': { readonly groupId: string }
    'consumer.network.request': { readonly apiName: string; readonly sentAt: number }
    'consumer.commit_offsets': {
      readonly topics: readonly {
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
      }[]
    }
  }
  interface Consumer {
    connect(): Promise<void>
    disconnect(): Promise<void>
    subscribe(options: { readonly topics: readonly string[]; readonly fromBeginning?: boolean }): Promise<void>
    run(options: {
      readonly autoCommit?: boolean
      readonly eachMessage: (received: Received) => Promise<void>
    }): Promise<void>
    commitOffsets(offsets: readonly TopicOffset[]): Promise<void>
    readonly events: {
      readonly GROUP_JOIN: 'consumer.group_join'
      readonly REBALANCING: 'consumer.rebalancing'
      readonly COMMIT_OFFSETS: 'consumer.commit_offsets'
      readonly REQUEST: 'consumer.network.request'
    }
    on<Name extends keyof Payloads>(
      event: Name,
      listener: (event: { readonly payload: Payloads[Name] }) => void,
    ): () => void
  }
  interface Admin {
    connect(): Promise<void>
    disconnect(): Promise<void>
    createTopics(options: {
      readonly topics: readonly {
        readonly topic: string
        readonly numPartitions?: number
        readonly configEntries?: readonly { readonly name: string; readonly value: string }[]
      }[]
    }): Promise<boolean>
    deleteTopics(options: { readonly topics: readonly string[] }): Promise<void>
    createPartitions(options: {
      readonly topicPartitions: readonly { readonly topic: string; readonly count: number }[]
    }): Promise<boolean>
    listTopics(): Promise<readonly string[]>
    fetchTopicMetadata(options: { readonly topics: readonly string[] }): Promise<{
      readonly topics: readonly { readonly name: string; readonly partitions: readonly { readonly leader: number }[] }[]
    }>
    fetchTopicOffsets(topic: string): Promise<readonly { readonly partition: number; readonly high: string }[]>
    fetchOffsets(options: { readonly groupId: string; readonly topics: readonly string[] }): Promise<
      readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
      }[]
    >
    describeCluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly unknown[] }>
    describeConfigs(options: {
      readonly includeSynonyms: boolean
      readonly resources: readonly { readonly type: number; readonly name: string }[]
    }): Promise<{
      readonly resources: readonly {
        readonly configEntries: readonly { readonly configName: string; readonly configValue: string }[]
      }[]
    }>
    listGroups(): Promise<{ readonly groups: readonly { readonly groupId: string }[] }>
    describeGroups(groups: readonly string[]): Promise<{
      readonly groups: readonly { readonly groupId: string; readonly state: string }[]
    }>
    deleteGroups(groups: readonly string[]): Promise<unknown>
  }
  class Kafka {
    constructor(options: {
      readonly clientId: string
      readonly brokers: readonly string[]
      readonly logLevel: number
      readonly retry?: Retry
    })
    producer(options?: {
      readonly idempotent?: boolean
      readonly transactionalId?: string
      readonly maxInFlightRequests?: number
      readonly retry?: Retry
    }): Producer
    consumer(options: {
      readonly groupId: string
      readonly sessionTimeout?: number
      readonly heartbeatInterval?: number
      readonly maxWaitTimeInMs?: number
    }): Consumer
    admin(): Admin
  }
  const kafkajs: {
    readonly Kafka: typeof Kafka
    readonly logLevel: { readonly NOTHING: number }
    readonly CompressionTypes: { readonly None: number; readonly GZIP: number }
  }

  export type { Admin, Consumer, Kafka, Producer, Received, Retry }
  export default kafkajs
}
