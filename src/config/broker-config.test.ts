import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from './broker-config.ts'
import { ConfigError } from './config-error.ts'
import { selectsByRack } from './replica-selector.ts'

const combined: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.voters': '1@localhost:9093',
}
const controller = { ...combined, 'process.roles': 'controller', listeners: 'CONTROLLER://:9093' }
const broker = { ...combined, 'process.roles': 'broker', 'node.id': '2', listeners: 'PLAINTEXT://:9092' }

function parse(base: Readonly<Record<string, string>>, changes: Readonly<Record<string, string | null>> = {}) {
  const texts = new Map(Object.entries(base))
  for (const [name, text] of Object.entries(changes)) {
    if (text === null) texts.delete(name)
    else texts.set(name, text)
  }
  return BrokerConfig.parse(texts)
}

const longMax = Number.MAX_SAFE_INTEGER

describe('broker config', () => {
  it('reads a combined node', () => {
    const config = parse(combined)
    assert.equal(config.nodeId, 1)
    assert.equal(config.number('broker.id'), 1)
    assert.deepEqual([...config.processRoles], ['broker', 'controller'])
    assert.deepEqual(config.listeners, [
      { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: undefined, port: 9092 },
      { listener: 'CONTROLLER', securityProtocol: 'PLAINTEXT', host: undefined, port: 9093 },
    ])
    assert.deepEqual(config.advertisedListeners, [config.listeners[0]])
    assert.deepEqual(config.advertisedControllerListeners, [
      { listener: 'CONTROLLER', securityProtocol: 'PLAINTEXT', host: 'localhost', port: 9093 },
    ])
    assert.deepEqual(config.voters, [{ id: 1, host: 'localhost', port: 9093 }])
    assert.equal(config.interBrokerListenerName, 'PLAINTEXT')
    assert.deepEqual(config.logDirs, ['/tmp/kafka-logs'])
    assert.equal(config.metadataLogDir, '/tmp/kafka-logs')
    assert.deepEqual(config.warnings, [])
    assert.equal(config.number('log.flush.interval.messages'), longMax)
  })

  it('reads a controller, and a broker', () => {
    assert.deepEqual(parse(controller).advertisedListeners, [])
    assert.equal(parse(broker).securityProtocols.get('CONTROLLER'), 'PLAINTEXT')
    assert.equal(parse(broker, { 'node.id': null, 'broker.id': '2' }).nodeId, 2)
  })

  it('advertises what is given', () => {
    const config = parse(combined, {
      listeners: 'INTERNAL://0.0.0.0:9092,EXTERNAL://[::]:9094,CONTROLLER://0.0.0.0:9093',
      'advertised.listeners': 'internal://kafka-1:9092,EXTERNAL://[2001:db8::1]:19094',
      'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,EXTERNAL:sasl_ssl,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'INTERNAL',
      'controller.quorum.voters': null,
      'controller.quorum.bootstrap.servers': 'c1:9093,[::1]:9093',
    })
    assert.deepEqual(config.advertisedListeners, [
      { listener: 'INTERNAL', securityProtocol: 'PLAINTEXT', host: 'kafka-1', port: 9092 },
      { listener: 'EXTERNAL', securityProtocol: 'SASL_SSL', host: '2001:db8::1', port: 19094 },
    ])
    assert.equal(config.advertisedControllerListeners[0]?.host, undefined)
    assert.deepEqual(config.bootstrapServers, [
      { host: 'c1', port: 9093 },
      { host: '::1', port: 9093 },
    ])
  })

  // [what is set, retention, roll, jitter, flush]
  const units: readonly (readonly [Record<string, string>, readonly [number, number, number, number]])[] = [
    [{}, [604_800_000, 604_800_000, 0, longMax]],
    [{ 'log.retention.hours': '1', 'log.roll.hours': '2' }, [3_600_000, 7_200_000, 0, longMax]],
    [{ 'log.retention.hours': '1', 'log.retention.minutes': '5' }, [300_000, 604_800_000, 0, longMax]],
    [{ 'log.retention.minutes': '5', 'log.retention.ms': '7' }, [7, 604_800_000, 0, longMax]],
    [{ 'log.retention.hours': '-1' }, [-1, 604_800_000, 0, longMax]],
    [{ 'log.retention.ms': '-5' }, [-1, 604_800_000, 0, longMax]],
    [{ 'log.roll.ms': '9', 'log.roll.hours': '2', 'log.roll.jitter.hours': '1' }, [604_800_000, 9, 3_600_000, longMax]],
    [{ 'log.roll.jitter.ms': '3', 'log.flush.scheduler.interval.ms': '11' }, [604_800_000, 604_800_000, 3, 11]],
    [{ 'log.flush.interval.ms': '4', 'log.flush.scheduler.interval.ms': '11' }, [604_800_000, 604_800_000, 0, 4]],
  ]
  for (const [texts, expected] of units) {
    it(`converts ${JSON.stringify(texts)}`, () => {
      const { retentionMs, rollMs, rollJitterMs, flushIntervalMs } = parse(combined, texts)
      assert.deepEqual([retentionMs, rollMs, rollJitterMs, flushIntervalMs], expected)
    })
  }

  const faults: readonly (readonly [
    base: Readonly<Record<string, string>>,
    changes: Readonly<Record<string, string | null>>,
    message: RegExp,
  ])[] = [
    [
      combined,
      { 'process.roles': null },
      /^Missing required configuration "process.roles" which has no default value.$/,
    ],
    [combined, { 'node.id': null }, /Missing required configuration "node.id"/],
    [combined, { 'node.id': '-1' }, /Invalid value -1 for configuration node.id: Value must be at least 0/],
    [combined, { 'broker.id': '3' }, /`node.id` to the same value as `broker.id`/],
    [combined, { 'process.roles': 'observer' }, /String must be one of: broker, controller/],
    [combined, { 'process.roles': '' }, /Configuration 'process.roles' must not be empty/],
    [combined, { 'process.roles': 'broker,broker' }, /values must not be duplicated/],
    [
      combined,
      { 'num.partitions': '5x' },
      /^Invalid value 5x for configuration num.partitions: Not a number of type INT$/,
    ],
    [combined, { 'num.partitions': '2147483648' }, /Not a number of type INT/],
    [combined, { 'num.partitions': '' }, /Invalid value {2}for configuration num.partitions: Not a number of type INT/],
    [combined, { 'auto.create.topics.enable': 'yes' }, /Expected value to be either true or false/],
    [combined, { 'log.cleaner.min.cleanable.ratio': '1.5' }, /Value must be no more than 1/],
    [combined, { 'ssl.client.auth': 'maybe' }, /String must be one of: required, requested, none/],
    [combined, { 'group.consumer.migration.policy': 'x' }, /case insensitive\): DISABLED/],
    [
      combined,
      { 'group.consumer.assignors': 'range,sticky' },
      /^Invalid value sticky for configuration group.consumer.assignors: the assignors are uniform and range,/,
    ],
    [combined, { 'compression.gzip.level': '0' }, /between 1 and 9 or equal to -1/],
    [combined, { 'log.segment.bytes': '14' }, /Value must be at least 1048576/],
    [combined, { 'log.retention.ms': '0' }, /log.retention.ms must be unlimited/],
    [combined, { 'controller.quorum.voters': null }, /either controller.quorum.bootstrap.servers must contain/],
    [
      combined,
      { 'controller.quorum.voters': '1@localhost' },
      /1@localhost .*Each entry should be in the form `\{id\}@\{host\}:\{port\}`/,
    ],
    [combined, { 'controller.quorum.voters': 'x@localhost:9093' }, /Failed to parse voter ID as an integer from x/],
    [combined, { 'controller.quorum.voters': '2@localhost:9093' }, /node id 1 must be included in the set of voters/],
    [combined, { 'controller.quorum.bootstrap.servers': 'c1' }, /c1 .*in the form `\{host\}:\{port\}`/],
    [combined, { 'controller.listener.names': 'OTHER' }, /OTHER|at least one value appearing in the 'listeners'/],
    [
      combined,
      { 'controller.listener.names': 'CONTROLLER,C2' },
      /must only contain values appearing in the 'listeners'/,
    ],
    [combined, { 'controller.listener.names': 'PLAINTEXT,CONTROLLER' }, /at least one broker advertised listener/],
    [combined, { listeners: 'PLAINTEXT//:9092' }, /PLAINTEXT\/\/:9092|Unable to parse/],
    [
      combined,
      { listeners: 'PLAINTEXT://:x,CONTROLLER://:9093' },
      /Unable to parse PLAINTEXT:\/\/:x to a broker endpoint/,
    ],
    [combined, { listeners: 'PLAINTEXT://:70000,CONTROLLER://:9093' }, /between 0 and 65535/],
    [combined, { listeners: 'FOO://:9092,CONTROLLER://:9093' }, /No security protocol defined for listener FOO/],
    [combined, { listeners: 'PLAINTEXT://a:1,PLAINTEXT://a:2,CONTROLLER://:9093' }, /must have a different name/],
    [combined, { listeners: 'PLAINTEXT://:9093,CONTROLLER://:9093' }, /must have a different port/],
    [
      combined,
      { listeners: 'PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.2:1' },
      /one needs to be IPv4 and the other IPv6/,
    ],
    [combined, { listeners: '' }, /Configuration 'listeners' must not be empty/],
    [combined, { 'listener.security.protocol.map': 'PLAINTEXT:TLS' }, /Invalid security protocol `TLS`.*SASL_SSL/],
    [combined, { 'listener.security.protocol.map': 'PLAINTEXT' }, /NAME:PROTOCOL/],
    [combined, { 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' }, /nonroutable meta-address 0.0.0.0/],
    [
      combined,
      { 'advertised.listeners': 'SSL://h:1' },
      /inter.broker.listener.name must be a listener name defined in/,
    ],
    [combined, { 'advertised.listeners': 'PLAINTEXT://h:1,SSL://h:2' }, /must be equal to or a subset/],
    [
      combined,
      { 'inter.broker.listener.name': 'X' },
      /Listener with name X defined in inter.broker.listener.name not found/,
    ],
    [
      combined,
      { 'inter.broker.listener.name': 'PLAINTEXT', 'security.inter.broker.protocol': 'PLAINTEXT' },
      /Only one of inter.broker.listener.name and security.inter.broker.protocol/,
    ],
    [combined, { 'queued.max.request.bytes': '10' }, /larger or equal to socket.request.max.bytes/],
    [combined, { 'max.connections.per.ip': '0' }, /can be set to zero only if/],
    [combined, { 'max.connections.per.ip.overrides': 'a=b' }, /'a=b' is not of the form address:count/],
    [
      combined,
      { 'connections.max.idle.ms': '50' },
      /delay.ms=100 should always be less than connections.max.idle.ms=50/,
    ],
    [combined, { 'cordoned.log.dirs': '/x' }, /Missing entries : \/x/],
    [combined, { 'early.start.listeners': 'NOPE' }, /early.start.listeners contains listener NOPE/],
    [combined, { 'group.coordinator.rebalance.protocols': 'consumer' }, /Disabling the 'classic' protocol/],
    [combined, { 'replica.selector.class': 'a.Near' }, /replica.selector.class must be org.apache.kafka.*'a.Near'/],
    [broker, { 'replica.selector.class': '' }, /replica.selector.class must be org.apache.kafka.*''/],
    [controller, { listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093' }, /must only contain KRaft controller listeners/],
    [controller, { 'controller.listener.names': '' }, /Configuration 'controller.listener.names' must not be empty/],
    [broker, { 'node.id': '1' }, /node id 1 must not be included in the set of voters/],
    [
      broker,
      { listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093' },
      /must not contain a value appearing in the 'listeners'/,
    ],
    [broker, { 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT' }, /Controller listener with name CONTROLLER/],
    [broker, { 'controller.quorum.auto.join.enable': 'true' }, /auto.join.enable is only supported/],
  ]
  for (const [base, changes, message] of faults) {
    it(`refuses ${JSON.stringify(changes)} of a ${base['process.roles']}`, () => {
      assert.throws(
        () => parse(base, changes),
        (error) => error instanceof ConfigError && message.test(error.message),
      )
    })
  }

  it('allows one port for IPv4 and IPv6', () => {
    assert.doesNotThrow(() => parse(combined, { listeners: 'PLAINTEXT://127.0.0.1:1,CONTROLLER://[::1]:1' }))
  })

  it("takes Kafka's selector of replicas; on a controller alone it means nothing", () => {
    const key = 'replica.selector.class'
    const rackAware = { [key]: 'org.apache.kafka.common.replica.RackAwareReplicaSelector' }
    assert.deepEqual(
      [parse(combined), parse(combined, rackAware)].map((config) => selectsByRack(config)),
      [false, true],
    )
    assert.deepEqual(parse(combined, rackAware).warnings, parse(combined).warnings)
    assert.doesNotThrow(() => parse(controller, { [key]: 'a.Near' }))
  })

  it('takes one address for metrics, and says how it is written', () => {
    const key = 'odradek.metrics.listener'
    assert.equal(parse(combined).metricsListener, undefined)
    assert.deepEqual(parse(combined, { [key]: ' 127.0.0.1:9404 ' }).metricsListener, { host: '127.0.0.1', port: 9404 })
    assert.deepEqual(parse(combined, { [key]: '[::1]:0' }).metricsListener, { host: '::1', port: 0 })
    for (const text of ['a:1,b:2', 'a:1,', 'http://h:1', 'h', ':1', 'h:65536', 'h:-1', 'h:1/metrics']) {
      assert.throws(() => parse(combined, { [key]: text }), {
        name: 'ConfigError',
        message: /metrics.*\{host\}:\{port\}/,
      })
    }
  })

  it('warns of unknown keys and of those that are relied on without effect, and shows no value', () => {
    const config = parse(combined, {
      'no.such.key': 'secret-1',
      constructor: 'secret-3',
      'listener.name.controller.sasl.jaas.config': 'secret-2',
      'log.segment.bytes': '2000000',
      'ssl.client.auth': 'none',
    })
    assert.equal(config.warnings.length, 3)
    assert.match(config.warnings.join('\n'), /'constructor' was supplied but isn't a known config/)
    assert.match(config.warnings.join('\n'), /'no.such.key' was supplied but isn't a known config/)
    assert.match(config.warnings.join('\n'), /'listener.name.controller.sasl.jaas.config'.*no effect yet.*security/)
    assert.doesNotMatch(config.warnings.join('\n'), /secret/)
  })

  it('puts dynamic values over static ones, the own over the default', () => {
    const config = parse(combined, { 'log.retention.hours': '1' }).withDynamic({
      dynamicDefault: new Map([
        ['log.retention.ms', '5000'],
        ['message.max.bytes', '1'],
      ]),
      dynamicBroker: new Map([['message.max.bytes', '2']]),
    })
    assert.equal(config.retentionMs, 5000)
    assert.equal(config.number('message.max.bytes'), 2)
    assert.throws(
      () => config.withDynamic({ dynamicDefault: new Map([['message.max.bytes', 'x']]), dynamicBroker: new Map() }),
      ConfigError,
    )
  })

  it('prefers the values of a listener', () => {
    const config = parse(combined, {
      'listener.name.internal.ssl.client.auth': 'required',
      'ssl.client.auth': 'requested',
    })
    assert.equal(config.forListener('INTERNAL').text('ssl.client.auth'), 'required')
    assert.equal(config.forListener('EXTERNAL').text('ssl.client.auth'), 'requested')
  })

  it('never shows a password', () => {
    const config = parse(combined, { 'ssl.key.password': 'secret' })
    assert.equal(config.textOrNull('ssl.key.password'), 'secret')
    assert.doesNotMatch(config.warnings.join(), /secret/)
  })
})
