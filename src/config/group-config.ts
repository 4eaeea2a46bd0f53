/** What a group of the consumer protocol is configured to: its own configs of the resource GROUP, or the broker's. */
import type { BrokerConfig } from './broker-config.ts'
import { parseKey } from './config-def.ts'
import { ConfigError } from './config-error.ts'
import { groupKeys } from './group-keys.ts'

export interface ConsumerGroupConfig {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly assignmentIntervalMs: number
}

type ConsumerKey = 'consumer.session.timeout.ms' | 'consumer.heartbeat.interval.ms' | 'consumer.assignment.interval.ms'

/** `texts` are the group's own; one that is not valid, as a file may have smuggled in, is left out. */
export function consumerGroupConfig(broker: BrokerConfig, texts: ReadonlyMap<string, string>): ConsumerGroupConfig {
  const numberOf = (name: ConsumerKey): number => {
    const inherited = broker.number(`group.${name}`)
    const text = texts.get(name)
    if (text === undefined) return inherited
    try {
      const own = parseKey(name, groupKeys[name], text)
      return typeof own === 'number' ? own : inherited
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return inherited
    }
  }
  return {
    sessionTimeoutMs: numberOf('consumer.session.timeout.ms'),
    heartbeatIntervalMs: numberOf('consumer.heartbeat.interval.ms'),
    assignmentIntervalMs: numberOf('consumer.assignment.interval.ms'),
  }
}
