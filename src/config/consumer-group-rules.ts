/** What the broker configs of consumer groups must be together: the rules of Kafka's GroupCoordinatorConfig. */
import type { BrokerConfig } from './broker-config.ts'
import { ConfigError, invalidValue } from './config-error.ts'

const limits = [
  [
    'group.consumer.min.heartbeat.interval.ms',
    'group.consumer.heartbeat.interval.ms',
    'group.consumer.max.heartbeat.interval.ms',
  ],
  [
    'group.consumer.min.session.timeout.ms',
    'group.consumer.session.timeout.ms',
    'group.consumer.max.session.timeout.ms',
  ],
  [
    'group.consumer.min.assignment.interval.ms',
    'group.consumer.assignment.interval.ms',
    'group.consumer.max.assignment.interval.ms',
  ],
] as const

/** Those that Kafka brings along, by name or class: others are classes that Kafka would load. */
const assignors = ['uniform', 'range']
const assignorClasses = ['UniformAssignor', 'RangeAssignor'].map(
  (name) => `org.apache.kafka.coordinator.group.assignor.${name}`,
)

function checkAssignors(config: BrokerConfig): void {
  const known = [...assignors, ...assignorClasses]
  const unknown = config.list('group.consumer.assignors').find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw invalidValue(
    'group.consumer.assignors',
    unknown,
    `the assignors are ${assignors.join(' and ')}, others cannot be loaded`,
  )
}

/** Throws ConfigError. */
export function checkConsumerGroups(config: BrokerConfig): void {
  checkAssignors(config)
  const refuse = (message: string): never => {
    throw new ConfigError(message)
  }
  for (const [min, own, max] of limits) {
    const [minMs, ownMs, maxMs] = [config.number(min), config.number(own), config.number(max)]
    if (maxMs < minMs) refuse(`${max} must be greater than or equal to ${min}`)
    if (ownMs < minMs) refuse(`${own} must be greater than or equal to ${min}`)
    if (ownMs > maxMs) refuse(`${own} must be less than or equal to ${max}`)
  }
  const isShortEnough =
    config.number('group.consumer.heartbeat.interval.ms') < config.number('group.consumer.session.timeout.ms')
  if (!isShortEnough) {
    refuse('group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms')
  }
}
