/** What an HTTPS server does with connections that are not of HTTP yet, and with those that are not used. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { server as own } from '../../../test/certificates.ts'
import { https } from '../../stack/registry-means.ts'
import { SecureServer } from './secure-server.ts'

const secure = new SecureServer(own, { https, requestMsMax: 1234, onRefused: () => undefined })

test('whoever is in the middle of a handshake does not keep the server from closing', { timeout: 10_000 }, async () => {
  const server = secure.create(() => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const socket = connect({ port: address.port, host: '127.0.0.1' })
  const closed = once(socket, 'close')
  await Promise.all([once(socket, 'connect'), once(server, 'connection')])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await closed
})

test('bounds: of a request, and of a connection that is not used', () => {
  const server = secure.create(() => undefined)
  assert.deepEqual([server.requestTimeout, server.keepAliveTimeout], [1234, 72_000])
})
