/**
 * The part of the types of `@platformatic/kafka` that the suites use. Declared here, since the package is installed by the runner
 * only, and the types must be checked without them.
 */
declare module '@platformatic/kafka' {
  interface Address {
    readonly clientId: string
    readonly bootstrapBrokers: readonly string[]
    readonly timeout?: number
    readonly retries?: number
    readonly retryDelay?: number
  }
  interface Message {
    readonly topic: string
    readonly key?: string
    readonly value: string
    readonly partition?: number
    readonly headers?: Readonly<Record<string, string>>
  }
  interface Received {
    readonly topic: string
    readonly partition: number
    readonly offset: bigint
    readonly timestamp: bigint
    readonly key: string | undefined
    readonly value: string | undefined
    readonly headers: ReadonlyMap<string, string>
  }
  interface Serializers {
    readonly kind?: 'serializers'
  }
  interface Deserializers {
    readonly kind?: 'deserializers'
  }
  interface MessagesStream extends AsyncIterable<Received> {
    close(): Promise<void>
  }
  class Producer {
    constructor(options: Address & { readonly serializers: Serializers; readonly idempotent?: boolean })
    send(options: {
      readonly messages: readonly Message[]
      readonly acks?: number
      readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
    }): Promise<{ readonly offsets?: readonly { readonly partition: number; readonly offset: bigint }[] }>
    close(force?: boolean): Promise<void>
  }
  export interface Assigned {
    readonly topic: string
    readonly partitions: readonly number[]
  }
  class Consumer {
    constructor(
      options: Address & {
        readonly groupId: string
        readonly deserializers: Deserializers
        readonly groupProtocol?: 'classic' | 'consumer'
        readonly sessionTimeout?: number
        readonly heartbeatInterval?: number
      },
    )
    readonly assignments: readonly Assigned[] | null
    on(
      event: 'consumer:group:join',
      listener: (event: { readonly generationId?: number; readonly assignments?: readonly Assigned[] }) => void,
    ): this
    consume(options: {
      readonly topics: readonly string[]
      readonly mode: 'earliest' | 'latest' | 'committed'
      readonly fallbackMode?: 'earliest' | 'latest'
      readonly autocommit?: boolean | number
      readonly maxWaitTime?: number
    }): Promise<MessagesStream>
    commit(options: {
      readonly offsets: readonly {
        readonly topic: string
        readonly partition: number
        readonly offset: bigint
        readonly leaderEpoch: number
      }[]
    }): Promise<void>
    close(force?: boolean): Promise<void>
  }
  class Admin {
    constructor(options: Address)
    createTopics(options: {
      readonly topics: readonly string[]
      readonly partitions?: number
      readonly replicas?: number
      readonly configs?: readonly { readonly name: string; readonly value: string }[]
    }): Promise<unknown>
    deleteTopics(options: { readonly topics: readonly string[] }): Promise<void>
    listTopics(): Promise<readonly string[]>
    close(): Promise<void>
  }
  interface AlteredReplicas {
    readonly results: readonly {
      readonly topicName: string
      readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
    }[]
  }
  class Connection {
    constructor(clientId: string)
    connect(host: string, port: number): Promise<void>
    close(): Promise<void>
  }
  /** Of a reply that has an error code in it; of the calls declared here, one has such. */
  class ResponseError extends Error {
    readonly response: AlteredReplicas
  }
  const alterReplicaLogDirsV2: {
    readonly api: {
      async(
        connection: Connection,
        directories: readonly {
          readonly path: string
          readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]
        }[],
      ): Promise<AlteredReplicas>
    }
  }
  const stringSerializers: Serializers
  const stringDeserializers: Deserializers

  export {
    Admin,
    alterReplicaLogDirsV2,
    Connection,
    Consumer,
    Producer,
    type Received,
    ResponseError,
    stringDeserializers,
    stringSerializers,
  }
}
