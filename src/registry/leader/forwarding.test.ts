/** What is passed on, and what becomes of it where the leader does not answer as it should. */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { after, test } from 'node:test'
import { createEnv } from '../../env/index.ts'
import { RegistryError } from '../registry-error.ts'
import { forward, NotTakenError } from './forwarding.ts'

const { clock } = createEnv({ level: 'error' })
const servers: Server[] = []
after(() => {
  for (const server of servers) server.close().closeAllConnections()
})

async function leaderThat(answers: (request: IncomingMessage, reply: ServerResponse) => void): Promise<string> {
  const server = createServer(answers)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

const request = { method: 'PUT', path: '/config/a%2Fb?x=1&y', headers: { accept: 'a/b' }, body: '{"a": 1.0}' }
const failed = (error: unknown, wasTaken: boolean): boolean =>
  error instanceof RegistryError && error.errorCode === 50_003 && error instanceof NotTakenError !== wasTaken

test('method, path, query, headers and body come as they are, and one header more; the answer goes back as it is', async () => {
  const seen: unknown[] = []
  const url = await leaderThat((asked, reply) => {
    const { method, url: path, headers } = asked
    let body = ''
    asked.on('data', (chunk) => {
      body += String(chunk)
    })
    asked.on('end', () => {
      seen.push(method, path, headers['x-forward'], headers.accept, body)
      reply.writeHead(409).end('{"error_code":40901, "message":"no"}')
    })
  })
  assert.deepEqual(await forward(url, request, { clock, timeoutMs: 5000 }), {
    status: 409,
    body: '{"error_code":40901, "message":"no"}',
  })
  assert.deepEqual(seen, ['PUT', '/config/a%2Fb?x=1&y', 'true', 'a/b', '{"a": 1.0}'])
})

test('every method has its body, or none, and a path stays as it was written', async () => {
  const seen: unknown[] = []
  const url = await leaderThat(async (asked, reply) => {
    let body = ''
    for await (const chunk of asked) body += String(chunk)
    seen.push([asked.method, asked.url, asked.headers['content-length'], body])
    reply.end('{}')
  })
  const path = "/subjects/../a//b%2e/{}?q='"
  for (const method of ['DELETE', 'PUT', 'POST']) {
    await forward(url, { method, path, headers: {}, body: '"ä"' }, { clock, timeoutMs: 5000 })
    await forward(url, { method, path, headers: {}, body: undefined }, { clock, timeoutMs: 5000 })
  }
  const none = (method: string) => (method === 'DELETE' ? undefined : '0')
  assert.deepEqual(
    seen,
    ['DELETE', 'PUT', 'POST'].flatMap((it) => [
      [it, path, '4', '"ä"'],
      [it, path, none(it), ''],
    ]),
  )
})

test('a leader that does not answer in time: whether it was done is not known', async () => {
  const url = await leaderThat(() => undefined)
  const asked = forward(url, request, { clock, timeoutMs: 50 })
  await assert.rejects(asked, (error) => failed(error, true) && /no answer within 50 ms/.test(String(error)))
})

test('who stops waits for no answer, nor asks any more', { timeout: 5000 }, async () => {
  const stopping = new AbortController()
  const { promise: came, resolve } = Promise.withResolvers<void>()
  const url = await leaderThat(() => resolve())
  const options = { clock, timeoutMs: 60_000, stopped: stopping.signal }
  const asked = forward(url, request, options)
  await came
  stopping.abort(new Error('this instance stops'))
  const isTold = (error: unknown): boolean => failed(error, true) && /this instance stops/.test(String(error))
  await assert.rejects(asked, isTold)
  await assert.rejects(forward(url, request, options), isTold)
})

test('a leader that stops in the middle of its answer', async () => {
  const url = await leaderThat((_, reply) => {
    reply.writeHead(200, { 'content-length': '100' }).write('{')
    setImmediate(() => reply.destroy())
  })
  await assert.rejects(forward(url, request, { clock, timeoutMs: 5000 }), (error) => failed(error, true))
})

test('a leader that answers without end', async () => {
  const url = await leaderThat((_, reply) => {
    const chunk = Buffer.alloc(1024 * 1024)
    const more = (): void => {
      if (reply.destroyed) return
      if (reply.write(chunk)) setImmediate(more)
      else reply.once('drain', more)
    }
    more()
  })
  await assert.rejects(
    forward(url, request, { clock, timeoutMs: 20_000 }),
    (error) => failed(error, true) && /an answer of more than/.test(String(error)),
  )
})

test('where nobody is, and where the leader leads no more, nothing was begun', async () => {
  const gone = await leaderThat(() => undefined)
  await new Promise((resolve) => servers.pop()?.close(resolve))
  await assert.rejects(forward(gone, request, { clock, timeoutMs: 5000 }), (error) => failed(error, false))
  const url = await leaderThat((_, reply) => reply.writeHead(500).end('{"error_code":50004,"message":"not me"}'))
  await assert.rejects(forward(url, request, { clock, timeoutMs: 5000 }), {
    ...{ constructor: NotTakenError, errorCode: 50_004 },
  })
})

test('other failures of the leader are its answer, as is what leads elsewhere', async () => {
  const replies = ['{"error_code":50001}', '{"error_code":50002}', 'no JSON', '[]', 'null']
  for (const body of replies) {
    const url = await leaderThat((_, reply) => reply.writeHead(500).end(body))
    assert.deepEqual(await forward(url, request, { clock, timeoutMs: 5000 }), { status: 500, body })
  }
  const url = await leaderThat((_, reply) => reply.writeHead(302, { location: 'http://127.0.0.1:1' }).end())
  assert.equal((await forward(url, request, { clock, timeoutMs: 5000 })).status, 302)
})
