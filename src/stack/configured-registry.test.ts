import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { registryKeys } from '../config/registry-keys.ts'
import { RegistryConfig } from '../node/index.ts'
import type { CompatibilityLevel } from '../registry/index.ts'
import { registryOptions } from './configured-registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'odradek-registry-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const pem = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'

const optionsOf = (texts: Readonly<Record<string, string>>) =>
  registryOptions(RegistryConfig.parse(new Map(Object.entries(texts))))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('the configuration of a registry', () => {
  test('says each option of it', () => {
    const table: readonly (readonly [Readonly<Record<string, string>>, object])[] = [
      [{ listeners: 'http://[::1]:9' }, { host: '::1', port: 9 }],
      [{ 'host.name': 'me.example' }, { advertisedHost: 'me.example' }],
      [{ 'kafkastore.topic': 'mine' }, { topic: 'mine' }],
      [{ 'kafkastore.topic.replication.factor': '2' }, { replicationFactor: 2 }],
      [{ 'kafkastore.timeout.ms': '7' }, { timeoutMs: 7 }],
      [{ 'schema.registry.group.id': 'g' }, { groupId: 'g' }],
      [{ 'leader.eligibility': 'false' }, { leaderEligibility: false }],
      [{ 'leader.read.timeout.ms': '8' }, { forwardTimeoutMs: 8 }],
      [{ 'schema.compatibility.level': 'full_transitive' }, { compatibilityLevel: 'FULL_TRANSITIVE' }],
    ]
    const usual = optionsOf({})
    for (const [texts, options] of table) assert.deepEqual(optionsOf(texts), { ...usual, ...options })
    assert.deepEqual([usual.tls, usual.users, usual.replicationFactor, usual.advertisedHost], Array(4).fill(undefined))
  })

  test('knows the levels that the registry has, and no other', () => {
    // All of them, as the compiler sees it: the rooms of the two tables may not ask each other.
    const levels: Readonly<Record<CompatibilityLevel, true>> = {
      ...{ NONE: true, BACKWARD: true, BACKWARD_TRANSITIVE: true, FORWARD: true, FORWARD_TRANSITIVE: true },
      ...{ FULL: true, FULL_TRANSITIVE: true },
    }
    const { 'schema.compatibility.level': key } = registryKeys
    assert.deepEqual(key.validator, { kind: 'oneOf', values: Object.keys(levels), ignoreCase: true })
  })

  test('has certificates of its files and texts, and who has to show one', () => {
    const location = file('key.pem', pem)
    const https = {
      listeners: 'https://localhost:0',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': location,
      'ssl.key.password': 'p',
      'ssl.truststore.certificates': `${pem}2`,
    }
    const tls = { cert: pem, key: pem, passphrase: 'p', ca: `${pem}2`.trim() }
    assert.deepEqual(optionsOf(https).tls, { ...tls, clientAuth: 'none' })
    for (const [texts, clientAuth] of [
      [{ 'ssl.client.authentication': 'REQUESTED' }, 'requested'],
      [{ 'ssl.client.authentication': 'REQUIRED' }, 'required'],
      [{ 'ssl.client.auth': 'true' }, 'required'],
    ] as const)
      assert.deepEqual(optionsOf({ ...https, ...texts }).tls, { ...tls, clientAuth })
    assert.throws(() => optionsOf({ listeners: 'https://localhost:0' }), /ssl\.keystore/)
    assert.throws(() => optionsOf({ ...https, 'ssl.keystore.type': 'PKCS12' }), /ssl\.keystore\.type is PEM/)
    assert.throws(() => optionsOf({ ...https, 'ssl.keystore.location': join(folder, 'none') }), /no such file/)
  })

  test('has users of a file, whose passwords are never told', () => {
    const users = (text: string) =>
      optionsOf({ 'authentication.method': 'basic', 'authentication.users.file': file('users', text) }).users
    assert.deepEqual(users('a: x\nb = y , read\nc: z,admin'), {
      a: { password: 'x', role: 'admin' },
      b: { password: 'y ', role: 'read' },
      c: { password: 'z', role: 'admin' },
    })
    for (const text of ['a: top,secret99', 'a: MD5:secret99', 'a: OBF:secret99', 'a: CRYPT:secret99']) {
      assert.throws(
        () => users(text),
        (error: Error) => /'a'/.test(error.message) && !/secret99/.test(error.message),
      )
    }
  })
})
