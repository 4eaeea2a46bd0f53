/** How `odradek types` asks a registry, and what it says of one that answers badly. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { registryCalls } from './registry-client/registry-calls.ts'
import { registryPlace } from './registry-client/registry-flags.ts'
import { RegistryCallError } from './registry-client/registry-http.ts'
import { declarationsText } from './types/declarations.ts'
import { type Asked, RegistryReader, readingLimits } from './types/registry-reader.ts'
import { TypesError } from './types/types-error.ts'

type Answer = (request: IncomingMessage, reply: ServerResponse) => void

const calls = (url: string, user?: string) =>
  registryCalls(registryPlace({ registry: [url], 'registry-user': user }, {}), readingLimits)

/** What is written of the newest versions that this registry has, all of them unless they are named. */
async function writtenOf(answer: Answer, subjects?: readonly string[], user?: string): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  try {
    using registry = await calls(`http://127.0.0.1:${address.port}/`, user)
    const asked = (subjects ?? (await registry.subjects(''))).map((subject): Asked => ({ subject, version: 'latest' }))
    return declarationsText(await new RegistryReader(registry).read(asked), { longs: 'number', keepCase: false })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const subjectOf = ({ url = '' }: IncomingMessage): string =>
  decodeURIComponent(/^\/subjects\/([^/]*)\/versions\/(?:latest|1)\?/.exec(url)?.[1] ?? '')

test('a login goes with each request, and at most eight are asked at a time', async () => {
  const logins = new Set<string | undefined>()
  let open = 0
  let most = 0
  const names = Array.from({ length: 30 }, (_, i) => `s/${String(29 - i).padStart(2, '0')}`)
  const written = await writtenOf(
    (request, reply) => {
      logins.add(request.headers.authorization)
      most = Math.max(most, ++open)
      const subject = subjectOf(request)
      const told = subject === '' ? names : { subject, version: 1, id: 1, schema: '"int"' }
      setTimeout(() => {
        open--
        reply.end(JSON.stringify(told))
      }, 5)
    },
    undefined,
    'me:secret:x',
  )
  const subjects = [...written.matchAll(/schema of subject (.*?), version 1/g)].map(([, it]) => it)
  assert.deepEqual(subjects, names.toSorted())
  assert.deepEqual([...logins], [`Basic ${Buffer.from('me:secret:x').toString('base64')}`])
  assert.equal(most, 8)
})

test('a registry that is none, or has what is none, is told of in one line', async () => {
  const version = { subject: 'a', version: 1, id: 1, schema: '"int"' }
  const cases: readonly (readonly [number, unknown, RegExp])[] = [
    [200, '<html>', /the answer is no JSON \(HTTP 200\)/],
    [
      401,
      { error_code: 401, message: 'Unauthorized\nuser' },
      /^a, version latest: http:\S+: Unauthorized user \(401\)$/,
    ],
    [404, {}, /^a, version latest: .* \(404\)$/],
    [404, { error_code: 40401, message: 'Not there.' }, /^a, version latest: Not there. \(40401\)$/],
    [200, null, /answer is no object/],
    [200, { ...version, references: [{ name: 'x' }] }, /answer has no subject/],
    [200, { ...version, schema: '{' }, /^a, version 1: it is no JSON/],
    [
      200,
      { ...version, schema: `${'['.repeat(300)}${']'.repeat(300)}` },
      /^a, version 1: it is nested deeper than 200$/,
    ],
    [200, { ...version, schema: 'x'.repeat(8_000_000) }, /the answer has more than 8000000 bytes/],
    [200, { ...version, schemaType: 'PROTOBUF', schema: 'message {' }, /^a, version 1: /],
  ]
  for (const [status, told, message] of cases) {
    const answer: Answer = (_, reply) => {
      reply.writeHead(status).end(typeof told === 'string' ? told : JSON.stringify(told))
    }
    const isTold = (error: unknown): boolean =>
      (error instanceof TypesError || error instanceof RegistryCallError) &&
      message.test(error.message) &&
      !error.message.includes('\n')
    await assert.rejects(writtenOf(answer, ['a']), isTold, String(message))
  }
})

test('where one fails nothing more is asked, and what is asked is given up', async () => {
  let count = 0
  const names = Array.from({ length: 100 }, (_, i) => `s${i}`)
  const start = performance.now()
  const asked = writtenOf((request, reply) => {
    count++
    // All others are never answered.
    if (subjectOf(request) === 's3') reply.writeHead(404).end('{}')
  }, names)
  await assert.rejects(asked, /^TypesError: s3, version latest: .* \(404\)$/)
  assert.ok(count <= 8)
  assert.ok(performance.now() - start < 10_000)
})

test('a list of subjects that is none', async () => {
  for (const told of [{}, [1]]) {
    const asked = writtenOf((_, reply) => void reply.end(JSON.stringify(told)))
    await assert.rejects(asked, { message: /the registry's answer (is no list|has no subject)/ })
  }
})

test('an unreachable registry', async () => {
  using registry = await calls('http://127.0.0.1:1')
  await assert.rejects(registry.subjects(''), RegistryCallError)
})

test('schemas that refer to each other in a ring are asked for once', async () => {
  const asked: string[] = []
  const written = await writtenOf(
    (request, reply) => {
      const subject = subjectOf(request)
      asked.push(subject)
      const other = subject === 'a' ? 'b' : 'a'
      const schema = { type: 'record', name: subject, fields: [{ name: 'other', type: ['null', other] }] }
      const references = [{ name: other, subject: other, version: 1 }]
      reply.end(JSON.stringify({ subject, version: 1, id: 1, schema: JSON.stringify(schema), references }))
    },
    ['a'],
  )
  assert.deepEqual(asked, ['a', 'b'])
  assert.match(written, /other: B \| null/)
})

test('no more schemas than ten thousand are read', async () => {
  const answer: Answer = (request, reply) => {
    const number = Number(subjectOf(request))
    const references = Array.from({ length: 200 }, (_, i) => {
      return { name: `r${number * 200 + i}`, subject: String(number * 200 + i + 1), version: 1 }
    })
    reply.end(JSON.stringify({ subject: String(number), version: 1, id: 1, schema: '"int"', references }))
  }
  await assert.rejects(writtenOf(answer, ['0']), { message: 'these are more than 10000 schemas' })
})
