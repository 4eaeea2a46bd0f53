/** A broker of a suite's own, of the kind under test: to be stopped, killed and started again. */
import { join } from 'node:path'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { startOdradek } from '../../bench/odradek.ts'
import { against, bootstrapVariable, runFolder } from './kit.ts'
import { ping } from './ping.ts'

/** No wait for more members, and a killed member is noticed in seconds by both protocols. */
export const quickGroups = {
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.min.heartbeat.interval.ms': '500',
  'group.consumer.heartbeat.interval.ms': '500',
  'offsets.topic.num.partitions': '4',
}

export interface OwnBrokerOptions {
  readonly name: string
  readonly settings?: Readonly<Record<string, string>>
  readonly directories?: number
  readonly format?: readonly string[]
}

/** The clients of this process's later calls go to it: one suite has one. */
export async function startOwnBroker({ name, ...more }: OwnBrokerOptions): Promise<Broker> {
  const options = { ...more, folder: join(runFolder(against), name), ping }
  const broker = against === 'kafka' ? await startKafka(options) : await startOdradek(options)
  process.env[bootstrapVariable] = broker.bootstrap
  return broker
}
