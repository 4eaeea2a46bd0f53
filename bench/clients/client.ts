/** What a client that is measured can do, whatever it is; each in a file of its own, in a process of its own. */
export type Codec = 'none' | 'lz4'

export interface Place {
  readonly bootstrap: string
  readonly topic: string
}

interface SendOptions extends Place {
  readonly codec: Codec
  /** Each record by itself, as soon as it is there; else for throughput. */
  readonly isPrompt: boolean
}

interface BatchProducer {
  /** Resolves when all of them are acknowledged by all replicas. */
  send(values: readonly Buffer[]): Promise<unknown>
  close(): Promise<unknown>
}

interface ReadOptions extends Place {
  /** Each value, in the order of its partition. */
  readonly take: (value: Uint8Array | null) => void
}

interface Reader {
  close(): Promise<unknown>
}

export interface BenchClient {
  producer(options: SendOptions): Promise<BatchProducer>
  /** From its beginning, as a member of a group of its own. Resolves when it is about to read. */
  read(options: ReadOptions): Promise<Reader>
}
