import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { securityOf } from './client-security.ts'

const folder = mkdtempSync(join(tmpdir(), 'client-security-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'some.pem')
writeFileSync(file, 'in PEM')

const of = (texts: Readonly<Record<string, string>>) => securityOf(new Map(Object.entries(texts)))
const jaas = (options: string): string => `org.apache.kafka.common.security.plain.PlainLoginModule required ${options};`

test('nothing is asked for, nothing is done', () => {
  assert.deepEqual(of({}), {})
  assert.deepEqual(of({ 'security.protocol': 'plaintext', 'ssl.truststore.location': 'nowhere' }), {})
})

test('TLS by files and by what stands in the properties', () => {
  assert.deepEqual(of({ 'security.protocol': 'SSL' }), { ssl: {} })
  const files = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': file, 'ssl.keystore.type': 'pem' }
  const { ssl } = of({ 'security.protocol': 'ssl', ...files, 'ssl.keystore.location': file, 'ssl.key.password': 'p' })
  assert.deepEqual(ssl, { ca: 'in PEM', key: Buffer.from('in PEM'), cert: Buffer.from('in PEM'), passphrase: 'p' })
  const pfx = { 'ssl.keystore.type': 'PKCS12', 'ssl.keystore.location': file, 'ssl.keystore.password': 'q' }
  assert.deepEqual(of({ 'security.protocol': 'SSL', ...pfx }).ssl, { pfx: Buffer.from('in PEM'), passphrase: 'q' })
  const inline = {
    'ssl.truststore.certificates': 'a',
    'ssl.keystore.key': 'k',
    'ssl.keystore.certificate.chain': 'c',
    'ssl.endpoint.identification.algorithm': '',
  }
  const expected = { ca: 'a', key: 'k', cert: 'c', endpointIdentificationAlgorithm: '' }
  assert.deepEqual(of({ 'security.protocol': 'SSL', ...inline }).ssl, expected)
})

test('SASL by the line that Java takes', () => {
  const plain = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' }
  const password = 'a "b" \\c = d;'
  const escaped = password.replace(/["\\]/g, '\\$&')
  assert.deepEqual(of({ ...plain, 'sasl.jaas.config': jaas(`username=alice password="${escaped}"`) }), {
    sasl: { mechanism: 'PLAIN', username: 'alice', password },
  })
  const scram = { 'sasl.mechanism': 'SCRAM-SHA-512', 'sasl.jaas.config': jaas('username="a" password="p"') }
  assert.deepEqual(of({ 'security.protocol': 'SASL_SSL', ...scram }), {
    ssl: {},
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'a', password: 'p' },
  })
})

test('what cannot be done is told, by name', () => {
  const cases: readonly [Readonly<Record<string, string>>, RegExp][] = [
    [{ 'security.protocol': 'TLS' }, /security.protocol=TLS/],
    [{ 'security.protocol': 'SSL', 'ssl.truststore.location': file }, /ssl.truststore.type=JKS/],
    [{ 'security.protocol': 'SSL', 'ssl.keystore.location': file }, /ssl.keystore.type=JKS/],
    [
      { 'security.protocol': 'SSL', 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': join(folder, 'no') },
      /ssl.truststore.location: .*ENOENT/,
    ],
    [{ 'security.protocol': 'SSL', 'ssl.endpoint.identification.algorithm': 'ldaps' }, /ldaps/],
    [{ 'security.protocol': 'SASL_SSL' }, /sasl.mechanism=GSSAPI/],
    [{ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' }, /username and a password/],
  ]
  for (const [texts, message] of cases) assert.throws(() => of(texts), message)
})
