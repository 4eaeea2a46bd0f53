/**
 * The configuration of a node that nobody has configured: what `npm start` runs, and what a broker inside a test has.
 * Everything else is Kafka's default.
 */

/** One node on this machine, replicated to nobody. */
const alone: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'odradek.registry.kafkastore.topic.replication.factor': '1',
}

export const serverDefaults: Readonly<Record<string, string>> = {
  ...alone,
  listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  'controller.quorum.voters': '1@127.0.0.1:9093',
  'log.dirs': 'odradek-data',
  'odradek.registry.listeners': 'http://127.0.0.1:8081',
}

/** No file, no fixed port, nothing waited for. */
export const testDefaults: Readonly<Record<string, string>> = {
  ...alone,
  listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  'controller.quorum.voters': '1@127.0.0.1:0',
  'log.dirs': 'memory:',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'odradek.log.dir.reserve.bytes': '0',
}

/** Later ones win. A key given under another name of itself still counts once, as `BrokerConfig` reads it. */
export function layered(
  ...layers: readonly (Readonly<Record<string, string>> | ReadonlyMap<string, string>)[]
): Map<string, string> {
  const texts = new Map<string, string>()
  for (const layer of layers) {
    for (const [key, value] of layer instanceof Map ? layer : Object.entries(layer)) texts.set(key, value)
  }
  return texts
}

/**
 * `given` over `defaults`, whose own controller listener stays where the listeners that are given have none: who names a
 * port for clients need not know of controllers.
 */
export function withOwnListener(
  defaults: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
): Map<string, string> {
  const texts = layered(defaults, given)
  const own = defaults['listeners']?.split(',').find(isOwn)
  const listeners = texts.get('listeners') ?? ''
  const isOwnController = texts.get('controller.listener.names') === defaults['controller.listener.names']
  if (own === undefined || !isOwnController || listeners.split(',').some(isOwn)) return texts
  return texts.set('listeners', `${listeners},${own}`)
}

const isOwn = (listener: string): boolean => /^\s*CONTROLLER:/i.test(listener)
