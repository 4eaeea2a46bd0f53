/** A broker of a suite's own, of the kind under test: to be stopped, killed and started again. */
import { join } from 'node:path'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { startOdradek } from '../../bench/odradek.ts'
import { against, bootstrapVariable, runFolder } from './kit.ts'
import { ping } from './ping.ts'

export interface OwnBrokerOptions {
  readonly name: string
  readonly settings?: Readonly<Record<string, string>>
  readonly directories?: number
}

/** The clients of this process's later calls go to it: one suite has one. */
export async function startOwnBroker({ name, ...more }: OwnBrokerOptions): Promise<Broker> {
  const options = { ...more, folder: join(runFolder(against), name), ping }
  const broker = against === 'kafka' ? await startKafka(options) : await startOdradek(options)
  process.env[bootstrapVariable] = broker.bootstrap
  return broker
}
