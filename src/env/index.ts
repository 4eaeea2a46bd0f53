/** The door of `env`: the world as the machine has it. */
import type { Env, LogLevel } from '../base/index.ts'
import { SystemClock } from './clock.ts'
import { SystemDisk } from './disk.ts'
import { LineLogger } from './logger.ts'
import { MemoryDisk } from './memory-disk.ts'
import { SystemNetwork } from './network.ts'
import { SystemRandom } from './random.ts'
import { SystemWorkers } from './workers.ts'

/** A module without any. */
const noJobsUrl = 'data:text/javascript,export const jobs = new Map()'

export interface EnvOptions {
  readonly disk?: 'system' | 'memory'
  readonly json?: boolean
  readonly level?: LogLevel
  /** Of the module that exports `jobs`, a map of functions by name; without it there are no workers' jobs. */
  readonly jobsUrl?: string
  /** Of a node it is the listeners that keep the process alive; a client may have nothing but what it waits for. Default false. */
  readonly keepsAlive?: boolean
  /** Where log lines go; standard error unless told. */
  readonly write?: (line: string) => void
}

export function createEnv(options: EnvOptions = {}): Env {
  const clock = new SystemClock({ keepsAlive: options.keepsAlive ?? false })
  return {
    clock,
    random: new SystemRandom(),
    disk: options.disk === 'memory' ? new MemoryDisk(() => clock.now()) : new SystemDisk(),
    network: new SystemNetwork(),
    workers: new SystemWorkers(options.jobsUrl ?? noJobsUrl),
    logger: new LineLogger({
      json: options.json ?? false,
      level: options.level ?? 'info',
      now: () => clock.now(),
      write: options.write ?? ((line) => process.stderr.write(line)),
    }),
  }
}

export { LineLogger } from './logger.ts'
export { MemoryDisk } from './memory-disk.ts'
export { hashPassword } from './password-hash.ts'
export { WorkerPool } from './workers.ts'
