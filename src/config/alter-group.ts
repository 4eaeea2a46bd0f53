/** Checks configs of the resource GROUP: each value, and its place between the limits that the broker's configs set. */
import { ApiError } from '../base/index.ts'
import type { BrokerConfig } from './broker-config.ts'
import { type ConfigKey, parseKey } from './config-def.ts'
import { ConfigError } from './config-error.ts'
import type { ConfigValue } from './config-value.ts'
import { groupKeys } from './group-keys.ts'
import { groupSynonym } from './topic-synonyms.ts'

const keys: ReadonlyMap<string, ConfigKey> = new Map(Object.entries(groupKeys))

/** Broker config that bounds a group config, as `group.consumer.min.session.timeout.ms`. */
function limitName(name: string, side: 'min' | 'max'): string {
  const [kind, ...rest] = name.split('.')
  const tail = rest.join('.')
  return tail === 'num.standby.replicas' ? `group.${kind}.max.standby.replicas` : `group.${kind}.${side}.${tail}`
}

function isNumber(value: ConfigValue | undefined): value is number {
  return typeof value === 'number'
}

function checkLimits(broker: BrokerConfig, name: string, value: ConfigValue): void {
  if (!isNumber(value)) return
  const min = broker.value(limitName(name, 'min'))
  const max = broker.value(limitName(name, 'max'))
  if (isNumber(min) && name !== 'streams.num.standby.replicas' && value < min) {
    throw new ConfigError(`${name} must be greater than or equal to ${limitName(name, 'min')}`)
  }
  if (isNumber(max) && value > max) {
    throw new ConfigError(`${name} must be less than or equal to ${limitName(name, 'max')}`)
  }
}

/** Throws ApiError 42 for a group without name, 40 for an unknown key, ConfigError for a wrong value. */
export function checkGroup(broker: BrokerConfig, group: string, texts: ReadonlyMap<string, string>): void {
  if (group === '') throw new ApiError(42, 'Default group resources are not allowed.')
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of keys) {
    const inherited = broker.value(groupSynonym(name) ?? '')
    const text = texts.get(name)
    values.set(name, text === undefined && inherited !== undefined ? inherited : parseKey(name, key, text ?? null))
  }
  for (const name of texts.keys()) {
    if (!keys.has(name)) throw new ApiError(40, `Unknown group config name: ${name}`)
    checkLimits(broker, name, values.get(name) ?? null)
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    const sessionMs = values.get(`${kind}.session.timeout.ms`)
    const heartbeatMs = values.get(`${kind}.heartbeat.interval.ms`)
    if (isNumber(sessionMs) && isNumber(heartbeatMs) && sessionMs <= heartbeatMs) {
      throw new ConfigError(`${kind}.session.timeout.ms must be greater than ${kind}.heartbeat.interval.ms`)
    }
  }
}
