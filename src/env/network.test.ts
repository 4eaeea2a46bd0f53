import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type LookupFunction } from 'node:net'
import { test } from 'node:test'
import type { Connection, ConnectionHandler } from '../base/index.ts'
import { SystemNetwork } from './network.ts'

/** Sends back what it gets, from the very buffer that it was received in, and reads on when that has left. */
const echo = (connection: Connection): ConnectionHandler => {
  const buffer = Buffer.alloc(64 * 1024)
  return {
    receiveBuffer: () => buffer,
    received: (size) => {
      if (!connection.write([buffer.subarray(0, size >> 1), buffer.subarray(size >> 1, size)])) connection.pause()
    },
    drained: () => connection.resume(),
    closed: () => undefined,
  }
}

test('8 MB come back as they went, over buffers that are reused as soon as they may be', async () => {
  const network = new SystemNetwork()
  const listener = await network.listen({ host: '127.0.0.1', port: 0, accept: echo })
  const socket = connect(listener.port, '127.0.0.1')
  const sent = Buffer.alloc(8 * 1024 * 1024)
  for (let i = 0; i < sent.length; i += 4) sent.writeInt32BE(i + 0x01020304, i)
  socket.write(sent)
  const got: Buffer[] = []
  let size = 0
  socket.on('data', (chunk: Buffer) => {
    got.push(chunk)
    size += chunk.length
    if (size === sent.length) socket.end()
  })
  await once(socket, 'close')
  assert.ok(Buffer.concat(got).equals(sent))
  await listener.close()
})

test('who is not let in is closed, and a port in use is an error that says so', async () => {
  const network = new SystemNetwork()
  const listener = await network.listen({ host: '127.0.0.1', port: 0, accept: () => undefined })
  const socket = connect(listener.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'close')
  await assert.rejects(network.listen({ host: '127.0.0.1', port: listener.port, accept: () => undefined }), {
    code: 'EADDRINUSE',
  })
  await listener.close()
})

test('a connection out reports what it gets and that it ended', async () => {
  const network = new SystemNetwork()
  const listener = await network.listen({ host: '127.0.0.1', port: 0, accept: echo })
  const buffer = Buffer.alloc(100)
  const closed = Promise.withResolvers<string>()
  const connection: Connection = await network.connect({
    host: '127.0.0.1',
    port: listener.port,
    handler: {
      receiveBuffer: () => buffer,
      received: (size) => {
        closed.resolve(buffer.toString('latin1', 0, size))
        connection.destroy()
      },
      drained: () => undefined,
      closed: () => undefined,
    },
  })
  connection.write([Buffer.from('ping')])
  assert.equal(await closed.promise, 'ping')
  await listener.close()
})

test('whatever little the kernel did not take at once, its leaving is told', async () => {
  const network = new SystemNetwork()
  const drained = Promise.withResolvers<void>()
  const accepted = Promise.withResolvers<Connection>()
  const listener = await network.listen({
    host: '127.0.0.1',
    port: 0,
    accept: (connection) => {
      accepted.resolve(connection)
      return {
        receiveBuffer: () => Buffer.alloc(16),
        received: () => undefined,
        drained: drained.resolve,
        closed: () => undefined,
      }
    },
  })
  const socket = connect(listener.port, '127.0.0.1')
  socket.pause()
  const connection = await accepted.promise
  const kilobyte = Buffer.alloc(1024)
  let count = 1
  while (connection.write([kilobyte])) count++
  let size = 0
  socket.on('data', (chunk: Buffer) => {
    size += chunk.length
  })
  socket.resume()
  await drained.promise
  connection.end()
  await once(socket, 'close')
  assert.equal(size, count * kilobyte.length)
  await listener.close()
})

test('who gives up a connection that is not there yet is told so', async () => {
  const network = new SystemNetwork()
  const listener = await network.listen({ host: '127.0.0.1', port: 0, accept: echo })
  const handler: ConnectionHandler = {
    receiveBuffer: () => Buffer.alloc(16),
    received: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  }
  const control = new AbortController()
  const { host, port } = listener
  const connecting = network.connect({ host, port, handler, signal: control.signal })
  control.abort()
  await assert.rejects(connecting, { name: 'AbortError' })
  await listener.close()
})

test('the system asks a peer that is silent whether it is still there, on both sides', async () => {
  const network = new SystemNetwork()
  const accepted = Promise.withResolvers<Connection>()
  const accept = (connection: Connection): ConnectionHandler => {
    accepted.resolve(connection)
    return echo(connection)
  }
  const listener = await network.listen({ host: '127.0.0.1', port: 0, accept })
  const handler: ConnectionHandler = {
    receiveBuffer: () => Buffer.alloc(16),
    received: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  }
  const connection = await network.connect({ host: '127.0.0.1', port: listener.port, handler })
  await accepted.promise
  const table = '/proc/net/tcp'
  assert.equal(existsSync(table), process.platform === 'linux')
  if (existsSync(table)) {
    const port = `:${listener.port.toString(16).toUpperCase().padStart(4, '0')}`
    const rows = readFileSync(table, 'latin1')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
    const established = rows.filter((row) => row[3] === '01' && row.slice(1, 3).some((place) => place.endsWith(port)))
    // The timer that runs is that of keep-alive.
    assert.deepEqual(
      established.map((row) => row[5]?.slice(0, 3)),
      ['02:', '02:'],
    )
  }
  connection.destroy()
  await listener.close()
})

/** A name with those addresses. */
const named =
  (...addresses: readonly string[]): LookupFunction =>
  (_, { all }, done) => {
    assert.ok(all)
    done(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    )
  }

test('all addresses of a name are tried before a connection has failed', async () => {
  const listener = await new SystemNetwork().listen({ host: '127.0.0.1', port: 0, accept: echo })
  const handler: ConnectionHandler = {
    receiveBuffer: () => Buffer.alloc(16),
    received: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  }
  const { port } = listener
  const network = new SystemNetwork({ lookup: named('127.0.0.2', '127.0.0.3', '127.0.0.1') })
  const connection = await network.connect({ host: 'broker.test', port, handler })
  assert.equal(connection.remoteAddress, '127.0.0.1')
  connection.destroy()
  const away = new SystemNetwork({ lookup: named('127.0.0.2', '127.0.0.3') })
  await assert.rejects(away.connect({ host: 'broker.test', port, handler }), { code: 'ECONNREFUSED' })
  await listener.close()
})

test('the full names of a name are those of its addresses', async () => {
  const reverse = async (address: string): Promise<readonly string[]> => {
    if (address === '10.0.0.3') throw new Error('ENOTFOUND')
    return [address === '10.0.0.4' ? 'b1.test' : `b${address.at(-1)}.test`, 'alias.test']
  }
  const network = new SystemNetwork({ lookup: named('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'), reverse })
  assert.deepEqual(await network.canonicalNames('all.test'), ['b1.test', 'b2.test', '10.0.0.3'])
  assert.deepEqual(await new SystemNetwork().canonicalNames('127.0.0.1').then((names) => names.length), 1)
})

test('who waits for the reads of a turn runs before the loop goes on, where one socket was read alone', async () => {
  const network = new SystemNetwork()
  const order = Promise.withResolvers<readonly string[]>()
  const buffer = Buffer.alloc(64)
  const accept = (): ConnectionHandler => ({
    receiveBuffer: () => buffer,
    received: () => {
      const ran: string[] = []
      setImmediate(() => order.resolve([...ran, 'turn']))
      network.afterReads(() => ran.push('reads'))
    },
    drained: () => undefined,
    closed: () => undefined,
  })
  const listener = await network.listen({ host: '127.0.0.1', port: 0, accept })
  const socket = connect(listener.port, '127.0.0.1')
  socket.write('x')
  assert.deepEqual(await order.promise, ['reads', 'turn'])
  socket.destroy()
  await listener.close()
})
