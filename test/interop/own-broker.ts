/** A broker of a suite's own, of the kind under test: to be stopped, killed and started again. */
import { join } from 'node:path'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { startOdradek } from '../../bench/odradek.ts'
import { cache } from '../../bench/paths.ts'
import { againstVariable, bootstrapVariable } from './kit.ts'
import { ping } from './ping.ts'

export interface OwnBroker {
  readonly broker: Broker
  /** Where its files are. */
  readonly directory: string
}

/** The clients of this process's later calls go to it: one suite has one. */
export async function startOwnBroker(name: string, settings: Readonly<Record<string, string>>): Promise<OwnBroker> {
  const folder = join(cache, 'interop', name)
  const options = { folder, settings, ping }
  const broker = process.env[againstVariable] === 'kafka' ? await startKafka(options) : await startOdradek(options)
  process.env[bootstrapVariable] = broker.bootstrap
  return { broker, directory: join(folder, 'data') }
}
