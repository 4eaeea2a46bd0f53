/**
 * What several broker configs must be together: the rules of Kafka's KafkaConfig for a node of a KRaft cluster. A broken
 * rule throws ConfigError with Kafka's wording; what is only unwise comes back as warnings.
 */
import type { BrokerConfig } from './broker-config.ts'
import { ConfigError } from './config-error.ts'
import { checkConsumerGroups } from './consumer-group-rules.ts'
import { checkReplicaSelector } from './replica-selector.ts'

function require(condition: boolean, message: string): void {
  if (!condition) throw new ConfigError(message)
}

/** Throws ConfigError, or returns warnings. */
export function checkBrokerRules(config: BrokerConfig): readonly string[] {
  require(config.nodeId === config.number('broker.id'), 'You must set `node.id` to the same value as `broker.id`.')
  checkLogs(config)
  checkReplicas(config)
  if (config.processRoles.has('broker')) checkReplicaSelector(config)
  checkConsumerGroups(config)
  const warnings = checkRoles(config)
  checkListeners(config)
  checkConnections(config)
  return [...warnings, ...heartbeatWarnings(config)]
}

function checkLogs(config: BrokerConfig): void {
  require(config.rollMs >= 1, 'log.roll.ms must be greater than or equal to 1')
  require(config.rollJitterMs >= 0, 'log.roll.jitter.ms must be greater than or equal to 0')
  require(config.retentionMs >= 1 ||
    config.retentionMs === -1, 'log.retention.ms must be unlimited (-1) or, greater than or equal to 1')
  const dedupeBytes = config.number('log.cleaner.dedupe.buffer.size')
  require(dedupeBytes / config.number('log.cleaner.threads') >
    1024 * 1024, 'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.')
  if (!config.processRoles.has('broker')) return
  const cordoned = config.list('cordoned.log.dirs')
  if (cordoned.includes('*')) {
    require(cordoned.length === 1, 'When cordoned.log.dirs is set to *, it must not contain other values')
    return
  }
  const missing = cordoned.filter((dir) => !config.logDirs.includes(dir))
  require(missing.length ===
    0, `All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : ${missing.join(', ')}`)
}

function checkReplicas(config: BrokerConfig): void {
  const waitMaxMs = config.number('replica.fetch.wait.max.ms')
  require(waitMaxMs <=
    config.number(
      'replica.socket.timeout.ms',
    ), 'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts')
  require(waitMaxMs <=
    config.number(
      'replica.lag.time.max.ms',
    ), 'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR')
  require(config
    .list('group.coordinator.rebalance.protocols')
    .includes('classic'), "Disabling the 'classic' protocol is not supported.")
}

function checkRoles(config: BrokerConfig): readonly string[] {
  require(config.voters.length > 0 ||
    config.bootstrapServers.length >
      0, 'If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap controllers or controller.quorum.voters must contain a parseable set of controllers.')
  if (config.processRoles.has('controller')) {
    checkController(config)
    return []
  }
  return checkBrokerOnly(config)
}

function voterIds(config: BrokerConfig): string {
  return `controller.quorum.voters={${config.voters.map((voter) => voter.id).join(',')}}`
}

function checkController(config: BrokerConfig): void {
  const listeners = config.listeners.map((endpoint) => endpoint.listener)
  if (!config.processRoles.has('broker')) {
    require(config.advertisedControllerListeners.length ===
      listeners.length, 'The listeners config must only contain KRaft controller listeners from controller.listener.names when process.roles=controller')
    require(config.textOrNull('inter.broker.listener.name') === null ||
      !config.controllerListenerNames.includes(
        config.interBrokerListenerName,
      ), "controller.listener.names must not contain an explicitly set inter.broker.listener.name configuration value when process.roles=controller'")
  }
  require(config.voters.length === 0 ||
    config.voters.some(
      (voter) => voter.id === config.nodeId,
    ), `If process.roles contains the 'controller' role, the node id ${config.nodeId} must be included in the set of voters ${voterIds(config)}`)
  require(config.advertisedControllerListeners.length >
    0, "controller.listener.names must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role")
  require(config.controllerListenerNames.every((name) =>
    listeners.includes(name),
  ), "controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role")
}

function checkBrokerOnly(config: BrokerConfig): readonly string[] {
  require(config.voters.every(
    (voter) => voter.id !== config.nodeId,
  ), `If process.roles contains just the 'broker' role, the node id ${config.nodeId} must not be included in the set of voters ${voterIds(config)}`)
  require(config.controllerListenerNames.length >
    0, 'controller.listener.names must contain at least one value when running KRaft with just the broker role')
  require(!config.listeners.some((endpoint) =>
    config.isControllerListener(endpoint),
  ), "controller.listener.names must not contain a value appearing in the 'listeners' configuration when running KRaft with just the broker role")
  for (const name of config.controllerListenerNames) {
    require(config.securityProtocols.has(
      name,
    ), `Controller listener with name ${name} defined in controller.listener.names not found in listener.security.protocol.map  (an explicit security mapping for each controller listener is required if listener.security.protocol.map is non-empty, or if there are security protocols other than PLAINTEXT in use)`)
  }
  require(!config.boolean(
    'controller.quorum.auto.join.enable',
  ), "controller.quorum.auto.join.enable is only supported when process.roles contains the 'controller' role.")
  const [first, ...others] = config.controllerListenerNames
  if (others.length === 0) return []
  return [`controller.listener.names has multiple entries; a broker uses only the first, ${first}.`]
}

function checkListeners(config: BrokerConfig): void {
  if (config.processRoles.has('broker')) {
    const advertised = config.advertisedListeners.map((endpoint) => endpoint.listener)
    const listeners = config.listeners.map((endpoint) => endpoint.listener)
    require(advertised.length >
      0, 'There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names?')
    require(advertised.includes(
      config.interBrokerListenerName,
    ), `inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are ${advertised.join(',')}`)
    require(advertised.every((name) =>
      listeners.includes(name),
    ), `advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found ${advertised.join(',')}. The valid options based on the current configuration are ${listeners.join(',')}`)
  }
  require(![...config.advertisedListeners, ...config.advertisedControllerListeners].some(
    (it) => it.host === '0.0.0.0',
  ), 'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.')
  for (const name of config.listOrNull('early.start.listeners') ?? []) {
    const known = config.listeners.some((endpoint) => endpoint.listener === name.toUpperCase())
    require(known, `early.start.listeners contains listener ${name.toUpperCase()}, but this is not contained in listeners or controller.listener.names`)
  }
}

function checkConnections(config: BrokerConfig): void {
  if (config.interBrokerSecurityProtocol.startsWith('SASL')) {
    const mechanisms = config.forListener(config.interBrokerListenerName).list('sasl.enabled.mechanisms')
    require(mechanisms.includes(
      config.text('sasl.mechanism.inter.broker.protocol'),
    ), 'sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for inter-broker communication')
  }
  const queuedBytes = config.number('queued.max.request.bytes')
  require(queuedBytes <= 0 ||
    queuedBytes >=
      config.number(
        'socket.request.max.bytes',
      ), 'queued.max.request.bytes must be larger or equal to socket.request.max.bytes')
  require(config.number('max.connections.per.ip') > 0 ||
    config.maxConnectionsPerIpOverrides.size >
      0, 'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.')
  const idleMs = config.number('connections.max.idle.ms')
  const delayMs = config.number('connection.failed.authentication.delay.ms')
  require(idleMs < 0 ||
    delayMs <
      idleMs, `connection.failed.authentication.delay.ms=${delayMs} should always be less than connections.max.idle.ms=${idleMs} to prevent failed authentication responses from timing out`)
}

function heartbeatWarnings(config: BrokerConfig): readonly string[] {
  const intervalMs = config.number('broker.heartbeat.interval.ms')
  const sessionMs = config.number('broker.session.timeout.ms')
  if (intervalMs * 2 <= sessionMs) return []
  return [
    `broker.heartbeat.interval.ms (${intervalMs} ms) must be less than or equal to half of broker.session.timeout.ms (${sessionMs} ms): one late heartbeat otherwise fences the broker.`,
  ]
}
