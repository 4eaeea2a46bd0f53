/** What all requests together may take that are being received, over a port. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { createEnv } from '../../env/index.ts'
import { registryStage } from '../testdata/stage.ts'
import { httpServer } from './http-server.ts'

const { logger } = createEnv({ level: 'error' })

async function served(more: { readonly bodiesBytesMax?: number; readonly connectionsMax?: number }) {
  const { registry } = registryStage()
  const server = httpServer({ registry, logger, clusterId: 'c', version: '1', ...more })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const address = server.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const url = `http://127.0.0.1:${port}`
  const post = (size: number) =>
    fetch(`${url}/subjects/a`, { method: 'POST', body: ' '.repeat(size), signal: AbortSignal.timeout(5000) })
  return { port, url, post, [Symbol.asyncDispose]: () => server.close() }
}

/** All of a request but its last byte. */
async function held(port: number, size: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  socket.write(`POST /subjects/a HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n`)
  await new Promise((resolve) => socket.write(' '.repeat(size - 1), resolve))
  return socket
}

test('bodies that are kept back take no more than there is for all: others are told to come again', async () => {
  await using server = await served({ bodiesBytesMax: 20_000 })
  assert.equal((await server.post(10_000)).status, 422)
  const socket = await held(server.port, 15_000)
  let reply = await server.post(10_000)
  for (let i = 0; i < 100 && reply.status === 422; i++) reply = await server.post(10_000)
  assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '1'])
  assert.equal(JSON.parse(await reply.text()).error_code, 503)
  socket.destroy()
  for (let i = 0; i < 100 && reply.status === 503; i++) reply = await server.post(10_000)
  assert.equal(reply.status, 422)
  // What was answered takes nothing any more.
  for (let i = 0; i < 10; i++) assert.equal((await server.post(10_000)).status, 422)
})

test('more connections than there may be are closed', async () => {
  await using server = await served({ connectionsMax: 1 })
  const first = connect({ port: server.port, host: '127.0.0.1' })
  await once(first, 'connect')
  await assert.rejects(server.post(1))
  first.destroy()
})
