import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ConfigError } from '../../config/index.ts'
import { securityOptions } from './security-properties.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'odradek-security-'))
  writeFileSync(join(folder, 'store.pem'), 'PEM')
})
after(() => rm(folder, { recursive: true }))

const options = (texts: Readonly<Record<string, string>>) => securityOptions(new Map(Object.entries(texts)))
const module = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

test('without a protocol, or with PLAINTEXT, nothing else has an effect', async () => {
  assert.deepEqual(await options({}), {})
  assert.deepEqual(
    await options({ 'security.protocol': 'PLAINTEXT', 'ssl.engine.factory.class': 'x', 'sasl.mechanism': 'y' }),
    {},
  )
})

test('stores in PEM and PKCS12, and certificates in the file itself', async () => {
  const location = join(folder, 'store.pem')
  const bytes = Buffer.from('PEM')
  const pem = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': location }
  assert.deepEqual(await options({ 'security.protocol': 'SSL', ...pem }), { ssl: { ca: bytes } })
  const own = { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': location, 'ssl.key.password': 'p' }
  assert.deepEqual(await options({ 'security.protocol': 'SSL', ...own }), {
    ssl: { cert: bytes, key: bytes, passphrase: 'p' },
  })
  const pfx = { 'ssl.keystore.type': 'PKCS12', 'ssl.keystore.location': location, 'ssl.keystore.password': 'q' }
  assert.deepEqual(await options({ 'security.protocol': 'SSL', ...pfx }), { ssl: { pfx: bytes, passphrase: 'q' } })
  const inline = { 'ssl.truststore.certificates': 'CA', 'ssl.keystore.certificate.chain': 'C', 'ssl.keystore.key': 'K' }
  const anyHost = { 'ssl.endpoint.identification.algorithm': '' }
  assert.deepEqual(await options({ 'security.protocol': 'ssl', ...inline, ...anyHost }), {
    ssl: { ca: 'CA', cert: 'C', key: 'K', endpointIdentificationAlgorithm: '' },
  })
})

test('who the client is', async () => {
  const jaas = (text: string) =>
    options({ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': text })
  const alice = { mechanism: 'PLAIN', username: 'alice' }
  assert.deepEqual(await jaas(`${module} username="alice" password="a\\"b ;c";`), {
    sasl: { ...alice, password: 'a"b ;c' },
  })
  assert.deepEqual(await jaas(`${module} username=alice password=x;`), { sasl: { ...alice, password: 'x' } })
  const both = await options({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': `${module}\n username="u"\n password="p";`,
  })
  assert.deepEqual(both, { ssl: {}, sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' } })
})

test('what would have no effect, or has no meaning, is refused', async () => {
  const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ 'security.protocol': 'TLS' }, /security\.protocol is one of/],
    [{ 'security.protocol': 'SSL', 'ssl.engine.factory.class': 'x' }, /ssl\.engine\.factory\.class has no effect/],
    [{ 'security.protocol': 'SSL', 'ssl.truststore.location': join(folder, 'store.pem') }, /is PEM here, not JKS/],
    [{ 'security.protocol': 'SSL', 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': '/none' }, /ENOENT/],
    [{ 'security.protocol': 'SSL', 'ssl.endpoint.identification.algorithm': 'x' }, /https or empty/],
    [{ 'security.protocol': 'SASL_SSL' }, /not GSSAPI/],
    [{ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' }, /no username/],
  ]
  for (const [texts, message] of wrong) {
    await assert.rejects(options(texts), (error) => error instanceof ConfigError && message.test(error.message))
  }
})
