import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from './broker-config.ts'
import { ConfigError } from './config-error.ts'
import { RegistryConfig } from './registry-config.ts'

const parse = (texts: Readonly<Record<string, string>>): RegistryConfig =>
  RegistryConfig.parse(new Map(Object.entries(texts)))
const ofNode = (texts: Readonly<Record<string, string>>): RegistryConfig | undefined =>
  RegistryConfig.ofNode(new Map(Object.entries(texts)))

test('a file without a line is a registry as Confluent has it', () => {
  const config = parse({})
  assert.deepEqual(config.listener, { scheme: 'http', host: '0.0.0.0', port: 8081 })
  assert.equal(config.text('kafkastore.topic'), '_schemas')
  assert.equal(config.text('schema.compatibility.level'), 'BACKWARD')
})

test('an address has a scheme, a host and a port', () => {
  const table: readonly (readonly [string, string, string, number])[] = [
    ['http://localhost:8081', 'http', 'localhost', 8081],
    ['HTTPS://[::1]:0', 'https', '::1', 0],
    ['http://:8081/', 'http', '0.0.0.0', 8081],
  ]
  for (const [listeners, scheme, host, port] of table)
    assert.deepEqual(parse({ listeners }).listener, { scheme, host, port })
  for (const listeners of ['', 'localhost:8081', 'ftp://a:1', 'http://a', 'http://a:65536', 'http://a:1,http://b:2'])
    assert.throws(() => parse({ listeners }), ConfigError, listeners)
})

test('the older name of the level is one', () => {
  assert.equal(parse({ 'avro.compatibility.level': 'full' }).text('schema.compatibility.level'), 'full')
  assert.throws(() => parse({ 'avro.compatibility.level': 'fuller' }), /avro\.compatibility\.level/)
})

test('what is for the client is apart, and what nobody knows is told', () => {
  const config = parse({ 'kafkastore.sasl.mechanism': 'PLAIN', 'ssl.key.password': 'x', 'debug.it': '1' })
  assert.equal(config.clientTexts.get('sasl.mechanism'), 'PLAIN')
  assert.deepEqual([...config.sslTexts], [['ssl.key.password', 'x']])
  assert.deepEqual(config.unknownNames, ['kafkastore.sasl.mechanism', 'debug.it'])
})

test('whoever asks for safety does not get a port that is open to all', () => {
  const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ 'ssl.client.authentication': 'REQUIRED' }, /ssl\.client\.authentication has no effect/],
    [{ 'ssl.client.auth': 'true' }, /ssl\.client\.authentication has no effect/],
    [{ 'authentication.users.file': 'users' }, /authentication\.users\.file has no effect/],
    [{ 'host.name': '' }, /host\.name/],
    [{ 'host.name': 'http://x' }, /host\.name/],
    [{ listeners: 'http://u:p@h:8081' }, /listeners/],
    [{ listeners: 'http://h/x:8081' }, /listeners/],
  ]
  for (const [texts, said] of refused) assert.throws(() => parse(texts), said)
  assert.ok(parse({ listeners: 'https://h:1', 'ssl.client.auth': 'true' }).wantsCertificates)
})

test('in a node there is one where an address is given, and its cluster is the node', () => {
  assert.equal(ofNode({ listeners: 'PLAINTEXT://:9092' }), undefined)
  assert.equal(ofNode({ 'odradek.registry.listeners': '' }), undefined)
  assert.equal(ofNode({ 'odradek.registry.listeners': 'http://localhost:1' })?.listener.port, 1)
  const other = {
    'odradek.registry.listeners': 'http://localhost:1',
    'odradek.registry.kafkastore.bootstrap.servers': 'a:1',
  }
  assert.throws(() => ofNode(other), /odradek\.registry\.kafkastore\.bootstrap\.servers has no effect/)
  assert.throws(() => ofNode({ 'odradek.registry.listeners': 'x' }), /odradek\.registry\.listeners/)
  const controller = { 'odradek.registry.listeners': 'http://localhost:1', 'process.roles': 'controller' }
  assert.throws(() => ofNode(controller), /no broker/)
})

test('a broker does not take such keys for unknown ones', () => {
  const texts = new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['controller.listener.names', 'CONTROLLER'],
    ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ['controller.quorum.voters', '1@localhost:9093'],
    ['odradek.registry.listeners', 'http://localhost:1'],
  ])
  assert.deepEqual(BrokerConfig.parse(texts).warnings, [])
  texts.set('odradek.registry.listener', 'http://localhost:1')
  assert.match(
    BrokerConfig.parse(texts).warnings.join(),
    /'odradek\.registry\.listener' was supplied .*Those of the registry are .*\blisteners\b/,
  )
})
