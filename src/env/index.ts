/** The door of `env`: the world as the machine has it. */
import type { Env, LogLevel } from '../base/index.ts'
import { SystemClock } from './clock.ts'
import { SystemDisk } from './disk.ts'
import { LineLogger } from './logger.ts'
import { MemoryDisk } from './memory-disk.ts'
import { SystemNetwork } from './network.ts'
import { SystemRandom } from './random.ts'
import { InlineWorkers } from './workers.ts'

export interface EnvOptions {
  readonly disk?: 'system' | 'memory'
  readonly json?: boolean
  readonly level?: LogLevel
  /** Where log lines go; standard error unless told. */
  readonly write?: (line: string) => void
}

export function createEnv(options: EnvOptions = {}): Env {
  const clock = new SystemClock()
  return {
    clock,
    random: new SystemRandom(),
    disk: options.disk === 'memory' ? new MemoryDisk() : new SystemDisk(),
    network: new SystemNetwork(),
    workers: new InlineWorkers(new Map()),
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
