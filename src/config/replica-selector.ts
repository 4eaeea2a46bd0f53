/** What `replica.selector.class` means here (KIP-392). Kafka has one class; others are plug-ins of its own language. */
import type { BrokerKeys } from './broker-keys.ts'
import { ConfigError } from './config-error.ts'
import type { ConfigReader } from './config-reader.ts'

const rackAware = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/** Whether leaders send consumers to a replica in their rack. */
export const selectsByRack = (config: ConfigReader<BrokerKeys>): boolean =>
  config.textOrNull('replica.selector.class') === rackAware

/** Of a broker. Throws ConfigError: Kafka does not start either with a class that it cannot find. */
export function checkReplicaSelector(config: ConfigReader<BrokerKeys>): void {
  const name = config.textOrNull('replica.selector.class')
  if (name === null || name === rackAware) return
  throw new ConfigError(
    `replica.selector.class must be ${rackAware}, or not set: there is no other, such as '${name}'.`,
  )
}
