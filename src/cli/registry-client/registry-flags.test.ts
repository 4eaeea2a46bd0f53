/** Where a schema registry is, by what the flags and the environment say. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { authority, server as serverPem } from '../../../test/certificates.ts'
import { UsageError } from '../usage-error.ts'
import { type Endpoint, registryPlace, trustAuthorities } from './registry-flags.ts'

const at = (url: string, username?: string, password = ''): Endpoint => ({
  url,
  login: username === undefined ? undefined : { username, password },
})

test('by the flag, the environment, or where one is by itself', () => {
  const usual = [at('http://localhost:8081')]
  assert.deepEqual(registryPlace({}, {}), { endpoints: usual, caFile: undefined })
  assert.deepEqual(registryPlace({ registry: [] }, { SCHEMA_REGISTRY_URL: '' }).endpoints, usual)
  const environment = { SCHEMA_REGISTRY_URL: 'http://a:1/, https://b/path//', SCHEMA_REGISTRY_USER: 'n:p:q' }
  assert.deepEqual(registryPlace({ 'ca-file': 'ca.pem' }, environment), {
    endpoints: [at('http://a:1', 'n', 'p:q'), at('https://b/path', 'n', 'p:q')],
    caFile: 'ca.pem',
  })
  assert.deepEqual(registryPlace({ registry: ['http://c'], 'registry-user': 'x:' }, environment).endpoints, [
    at('http://c', 'x'),
  ])
})

test('a login is that of the flag, of the URL, of the environment', () => {
  const registry = ['http://a', 'http://na%40me:pass%3Aword@b/?x=y#z']
  assert.deepEqual(registryPlace({ registry }, { SCHEMA_REGISTRY_USER: 'n:p' }).endpoints, [
    at('http://a', 'n', 'p'),
    at('http://b', 'na@me', 'pass:word'),
  ])
  assert.deepEqual(registryPlace({ registry, 'registry-user': 'x:y' }, {}).endpoints, [
    at('http://a', 'x', 'y'),
    at('http://b', 'x', 'y'),
  ])
})

test('what is no URL is refused, and no password told', () => {
  for (const url of ['ftp://u:secret@x', 'localhost:8081', 'http://u:secret@', '', ','])
    assert.throws(
      () => registryPlace({ registry: [url] }, {}),
      (error) =>
        error instanceof UsageError && error.message.startsWith('--registry ') && !error.message.includes('secret'),
    )
  assert.throws(() => registryPlace({}, { SCHEMA_REGISTRY_URL: 'x' }), /^UsageError: SCHEMA_REGISTRY_URL is a URL/)
  assert.throws(() => registryPlace({ 'registry-user': 'name' }, {}), /--registry-user is NAME:PASSWORD/)
  assert.throws(() => registryPlace({}, { SCHEMA_REGISTRY_USER: 'name' }), /SCHEMA_REGISTRY_USER is NAME:PASSWORD/)
})

test('an authority of a file is trusted by all that asks from then on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'odradek-authority-'))
  const server = createServer(serverPem, (_, reply) => reply.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const url = `https://localhost:${address.port}`
    const caFile = join(folder, 'ca.pem')
    for (const text of ['', 'x', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n']) {
      writeFileSync(caFile, text)
      await assert.rejects(trustAuthorities({ caFile }), /^UsageError: --ca-file is a file of certificates in PEM/)
    }
    await assert.rejects(fetch(url))
    writeFileSync(caFile, `the authority:\n${authority}`)
    await trustAuthorities({ caFile })
    assert.equal((await fetch(url)).status, 200)
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  }
})
