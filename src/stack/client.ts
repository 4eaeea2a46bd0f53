/** What `import 'odradek/client'` gives: clients over the clock, chance and network of the machine. */
import type { LogLevel } from '../base/index.ts'
import { type KafkaOptions as ConnectionOptions, Kafka as KafkaOver } from '../client/index.ts'
import { createEnv, hashPassword } from '../env/index.ts'
import { clientTrace } from './client-channels.ts'

// All of it but `Kafka` and its options, which are those below.
export * from '../client/index.ts'
export { type SpanTracer, traceWith } from './client-spans.ts'

export interface KafkaOptions extends ConnectionOptions {
  /** What is told on standard error of what happens: from this level on. Default `warn`. */
  readonly logLevel?: LogLevel
}

export class Kafka extends KafkaOver {
  /** Connects to nothing yet. Throws KafkaError for options that make no sense. */
  constructor(given: KafkaOptions) {
    // What callers without types leave out is told to them where the options are looked at.
    const { logLevel = 'warn', ...options } =
      typeof given === 'object' && given !== null ? given : { bootstrapServers: [] }
    super({ ...createEnv({ level: logLevel, keepsAlive: true }), trace: clientTrace }, options, { hashPassword })
  }
}
