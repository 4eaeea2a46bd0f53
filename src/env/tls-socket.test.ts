import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as net from 'node:net'
import { test } from 'node:test'
import * as tls from 'node:tls'
import { authority, client, server as own } from '../../test/certificates.ts'
import { type Connection, type ConnectionHandler, TlsError, type TlsOptions } from '../base/index.ts'
import { SystemNetwork } from './network.ts'

const network = new SystemNetwork()

interface Served {
  readonly port: number
  /** The name that was asked for last. */
  readonly asked: () => unknown
  readonly close: () => void
}

async function listening(server: net.Server, asked: () => unknown): Promise<Served> {
  // A test that fails does not hang.
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { port: address.port, asked, close: () => void server.close() }
}

/** Sends back what it gets. */
function serve(options: tls.TlsOptions = {}): Promise<Served> {
  let asked: unknown
  const server = tls.createServer({ ...own, ...options }, (socket) => {
    asked = Reflect.get(socket, 'servername')
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  server.on('tlsClientError', () => undefined)
  return listening(server, () => asked)
}

interface Outgoing {
  readonly connection: Connection
  readonly received: () => Buffer
  readonly until: (bytes: number) => Promise<void>
  readonly closed: Promise<Error | undefined>
}

async function connect({ port }: Served, options: TlsOptions, host = '127.0.0.1'): Promise<Outgoing> {
  const buffer = Buffer.alloc(10_000)
  const got: Buffer[] = []
  let size = 0
  let wake = (): void => undefined
  const closed = Promise.withResolvers<Error | undefined>()
  const handler: ConnectionHandler = {
    receiveBuffer: () => buffer,
    received(count) {
      got.push(Buffer.from(buffer.subarray(0, count)))
      buffer.fill(0xdb)
      size += count
      wake()
    },
    drained: () => wake(),
    closed: closed.resolve,
  }
  const connection = await network.connect({ host, port, handler, tls: options })
  const until = async (bytes: number): Promise<void> => {
    while (size < bytes) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { connection, received: () => Buffer.concat(got), until, closed: closed.promise }
}

test('8 MB come back by TLS as they went, over buffers that are reused as soon as they may be', async () => {
  const served = await serve()
  const { connection, received, until, closed } = await connect(served, { ca: authority })
  const sent = Buffer.alloc(8 * 1024 * 1024)
  for (let i = 0; i < sent.length; i += 4) sent.writeInt32BE(i + 0x01020304, i)
  assert.equal(connection.write([Buffer.from(sent.subarray(0, 100)), Buffer.from(sent.subarray(100))]), false)
  await until(sent.length)
  assert.ok(received().equals(sent))
  connection.end()
  assert.equal(await closed, undefined)
  served.close()
})

test('a server has to be who it says it is, and the host that was asked for', async () => {
  const served = await serve()
  const refused = (options: TlsOptions, message: RegExp): Promise<void> =>
    assert.rejects(
      connect(served, options),
      (error: unknown) => error instanceof TlsError && message.test(error.message),
    )
  await refused({}, /certificate/)
  await refused({ ca: authority, servername: 'elsewhere' }, /elsewhere\. is not in the cert/)
  await refused({ ca: authority, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, /handshake failure/)
  for (const options of [
    { ca: authority, servername: 'elsewhere', endpointIdentificationAlgorithm: '' },
    { rejectUnauthorized: false, servername: 'elsewhere' },
    { ca: authority, servername: 'broker.test' },
    { ca: [authority, own.cert], minVersion: 'TLSv1.3' },
  ] as const) {
    const { connection, closed } = await connect(served, options)
    connection.end()
    assert.equal(await closed, undefined)
  }
  assert.ok(!served.asked(), 'an address is not asked for by name')
  const { connection, until } = await connect(served, { ca: authority }, 'localhost')
  connection.write([Buffer.from('x')])
  await until(1)
  assert.equal(served.asked(), 'localhost')
  connection.destroy()
  served.close()
})

test('who we are is shown where it is asked for; without that, what the server says is told', async () => {
  const served = await serve({ requestCert: true, ca: authority })
  const { connection, received, until } = await connect(served, { ca: authority, ...client })
  connection.write([Buffer.from('it is me')])
  await until(8)
  assert.equal(received().toString(), 'it is me')
  connection.destroy()
  const nobody = await connect(served, { ca: authority })
  const error = await nobody.closed
  assert.ok(error instanceof TlsError)
  assert.equal(error.message, 'TLS: tlsv13 alert certificate required')
  served.close()
})

test('keys that cannot be read, and a server without TLS, are told apart from one that is away', async () => {
  const served = await listening(
    net.createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.end('HTTP/1.1 400'))),
    () => undefined,
  )
  await assert.rejects(connect(served, { ca: authority }), new TlsError('TLS: wrong version number'))
  const wrong = { ca: authority, ...client, passphrase: 'wrong' }
  await assert.rejects(connect(served, wrong), { name: 'TlsError', message: /^certificates or keys cannot be used/ })
  served.close()
  const away = { ...served, port: 1 }
  await assert.rejects(connect(away, { ca: authority }), { name: 'Error', code: 'ECONNREFUSED' })
})
