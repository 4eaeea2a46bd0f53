/** A broker of a suite's own, of the kind under test: to be stopped, killed and started again. */
import { join } from 'node:path'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { startOdradek } from '../../bench/odradek.ts'
import { against, bootstrapVariable, runFolder } from './kit.ts'
import { ping } from './ping.ts'

/** The clients of this process's later calls go to it: one suite has one. */
export async function startOwnBroker(name: string, settings: Readonly<Record<string, string>>): Promise<Broker> {
  const folder = join(runFolder(against), name)
  const options = { folder, settings, ping }
  const broker = against === 'kafka' ? await startKafka(options) : await startOdradek(options)
  process.env[bootstrapVariable] = broker.bootstrap
  return broker
}
