/** What `import 'odradek/registry'` gives: a schema registry over the clock and network of the machine, and any Kafka. */
import type { LogLevel } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import {
  newPasswordHash,
  type RunningRegistry,
  type SchemaClientOptions,
  SchemaRegistry as SchemaRegistryOver,
} from '../registry/index.ts'
import { cryptography } from './registry-means.ts'
import { type RegistryServiceOptions, startRegistryService } from './registry-service.ts'

// All of it but `startRegistry` and `SchemaRegistry`, which are those below.
export * from '../registry/index.ts'

export class SchemaRegistry extends SchemaRegistryOver {
  /** Asks nobody yet. Throws TypeError where there is no url. */
  constructor(options: SchemaClientOptions) {
    super(options, createEnv({ keepsAlive: true }).clock)
  }
}

export interface StartRegistryOptions extends RegistryServiceOptions {
  /** What is told on standard error of what happens: from this level on. Default `warn`. */
  readonly logLevel?: LogLevel
  /** Where log lines go; standard error unless told. */
  readonly log?: (line: string) => void
}

/** What may stand in `users` in the place of a password. Takes a quarter of a second. Rejects with TypeError where it is empty. */
export const hashPassword = (password: string): Promise<string> => newPasswordHash(password, cryptography)

/**
 * Rejects with KafkaError where the cluster is not reached, RegistryError where its topic cannot keep schemas, ListenError where the port
 * is taken, TypeError for `tls` and `users` that are none.
 */
export function startRegistry({ logLevel = 'warn', log, ...options }: StartRegistryOptions): Promise<RunningRegistry> {
  const env = createEnv({ level: logLevel, keepsAlive: true, ...(log && { write: log }) })
  return startRegistryService(env, options)
}
