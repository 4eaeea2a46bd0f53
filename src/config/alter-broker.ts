/** Checks dynamic configs of the resource BROKER: which keys may change at run time, at which level, and their values. */
import { ApiError } from '../base/index.ts'
import { type BrokerConfig, brokerKey } from './broker-config.ts'
import { parseKey } from './config-def.ts'
import { ConfigError } from './config-error.ts'
import { dynamicOnlyKey } from './dynamic-only-keys.ts'

type Texts = ReadonlyMap<string, string>

/** Stores of keys and certificates: dynamic only for one listener. */
const listenerOnly = /^ssl\.(keystore|truststore|key)\.(type|location|password|key|certificate\.chain|certificates)$/

function refuse(names: readonly string[], reason: string): void {
  if (names.length > 0) throw new ConfigError(`${reason}: [${names.join(', ')}]`)
}

/**
 * `name` is the id of a broker, or '' for the cluster's default. Throws ApiError 42 or ConfigError. Names that nobody
 * knows pass: they may be a plug-in's.
 */
export function checkBrokerChange(broker: BrokerConfig, name: string, texts: Texts): void {
  const perBroker = name !== ''
  if (perBroker && !/^[+-]?\d+$/.test(name)) {
    throw new ApiError(42, `Node id must be an integer, but it is: ${name}`)
  }
  if (perBroker && Number(name) !== broker.nodeId) {
    throw new ApiError(42, `Unexpected broker id, expected ${broker.nodeId}, but received ${name}`)
  }
  const known = [...texts.keys()].filter((it) => brokerKey(it) !== undefined)
  const modeOf = (it: string) => brokerKey(it)?.key.update
  refuse(
    known.filter((it) => modeOf(it) === 'read-only'),
    'Cannot update these configs dynamically',
  )
  if (perBroker) {
    refuse(
      known.filter((it) => listenerOnly.test(it)),
      'These security configs can be dynamically updated only per-listener using the listener prefix',
    )
  } else {
    refuse(
      known.filter((it) => modeOf(it) === 'per-broker'),
      'Cannot update these configs at default cluster level, broker id must be specified',
    )
  }
  for (const [it, text] of texts) {
    const key = brokerKey(it)?.key ?? dynamicOnlyKey(it)
    if (key !== undefined) parseKey(it, key, text)
  }
  const { dynamicDefault, dynamicBroker } = broker.texts
  broker.withDynamic(perBroker ? { dynamicDefault, dynamicBroker: texts } : { dynamicDefault: texts, dynamicBroker })
}
