/** Limits of replication, which exist only as dynamic broker configs (Kafka's DynamicConfig.Broker). */
import { type ConfigKey, long, longMax } from './config-def.ts'
import { atLeast } from './validators.ts'

export const dynamicOnlyBrokerKeys: Readonly<Record<string, ConfigKey>> = {
  'leader.replication.throttled.rate': long(longMax, {
    valid: atLeast(0),
    update: 'per-broker',
    doc: 'Bytes per second that a leader sends to throttled followers.',
  }),
  'follower.replication.throttled.rate': long(longMax, {
    valid: atLeast(0),
    update: 'per-broker',
    doc: 'Bytes per second that throttled followers fetch.',
  }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(longMax, {
    valid: atLeast(0),
    update: 'per-broker',
    doc: 'Bytes per second of moves between log directories.',
  }),
}

const keys: ReadonlyMap<string, ConfigKey> = new Map(Object.entries(dynamicOnlyBrokerKeys))

export const dynamicOnlyKey = (name: string): ConfigKey | undefined => keys.get(name)
