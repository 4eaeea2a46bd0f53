/** What the client of a registry asks, of whom, how often, and what it makes of the answers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEnv } from '../../env/index.ts'
import { SchemaClient, SchemaClientError } from './schema-client.ts'
import { type Answer, fakeRegistry } from './testdata/registry-fixture.ts'

const { clock } = createEnv({ keepsAlive: true })

const schema = { schemaType: 'AVRO', schema: '"int"' }
const found: Answer = { body: { schema: '"int"' } }
const sequence =
  (...answers: Answer[]): (() => Answer) =>
  () =>
    (answers.length > 1 ? answers.shift() : answers[0]) ?? 'drop'

async function failure(work: Promise<unknown>): Promise<SchemaClientError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof SchemaClientError, String(error))
  return error
}

describe('what is asked', () => {
  test('each thing by its path, with the body and headers that belong to it', async () => {
    const references = [{ name: 'a', subject: 's', version: 1 }]
    await using server = await fakeRegistry(({ what }) =>
      what.startsWith('POST') ? { body: { id: 7, guid: 'g' } } : { body: { ...schema, references, id: 7, guid: 'g' } },
    )
    const basicAuth = { username: 'me', password: 'ä:b' }
    const client = new SchemaClient({ url: `${server.url}//`, basicAuth, headers: { 'x-more': '1' } }, clock)
    assert.deepEqual(await client.byId(7), { ...schema, references })
    assert.deepEqual(await client.byGuid('g'), { ...schema, references })
    assert.deepEqual(await client.byVersion({ subject: 'a/b :', version: 2 }), { ...schema, references })
    assert.deepEqual(await client.latest('s'), { ...schema, references, id: 7, guid: 'g' })
    assert.deepEqual(await client.register('s', { ...schema, references }), { id: 7, guid: 'g' })
    assert.deepEqual(await client.lookUp('s', schema, { normalize: true }), { id: 7, guid: 'g' })
    assert.deepEqual(
      server.asked.map(({ what }) => what),
      [
        'GET /schemas/ids/7',
        'GET /schemas/guids/g',
        'GET /subjects/a%2Fb%20%3A/versions/2',
        'GET /subjects/s/versions/latest',
        'POST /subjects/s/versions?normalize=false',
        'POST /subjects/s?normalize=true',
      ],
    )
    assert.deepEqual(server.asked[4]?.body, { ...schema, references })
    const { headers } = server.asked[0] ?? {}
    assert.equal(headers?.authorization, `Basic ${Buffer.from('me:ä:b').toString('base64')}`)
    assert.equal(headers?.['x-more'], '1')
    assert.equal(headers?.['content-type'], 'application/vnd.schemaregistry.v1+json')
  })

  test('what cannot change once, for all who ask at the same time too; the newest each time; no more is kept than may be', async () => {
    await using server = await fakeRegistry(() => ({ body: { ...schema, id: 1 } }))
    const client = new SchemaClient({ url: server.url, cachedMax: 2 }, clock)
    await Promise.all([client.byId(1), client.byId(1), client.register('s', schema), client.register('s', schema)])
    await client.byId(1)
    assert.equal(server.asked.length, 2)
    await client.latest('s')
    await client.latest('s')
    assert.equal(server.asked.length, 4)
    await client.byId(2)
    await client.byId(1)
    assert.equal(server.asked.length, 6)
  })

  test('an older registry tells no GUID, and no type', async () => {
    await using server = await fakeRegistry(({ what }) => (what.startsWith('POST') ? { body: { id: 3 } } : found))
    const client = new SchemaClient({ url: server.url }, clock)
    assert.deepEqual(await client.register('s', schema), { id: 3, guid: undefined })
    assert.deepEqual(await client.byId(3), { ...schema, references: [] })
    assert.equal(server.asked.length, 2)
  })
})

describe('what fails', () => {
  test('an error is told with its code, and is asked for anew the next time, not before', async () => {
    await using server = await fakeRegistry(
      sequence({ status: 404, body: { error_code: 40403, message: 'no schema' } }, found),
    )
    const client = new SchemaClient({ url: server.url }, clock)
    const error = await failure(client.byId(1))
    assert.equal(error.errorCode, 40403)
    assert.match(error.message, /no schema; error code 40403/)
    assert.ok(error.isNotFound)
    assert.equal(server.asked.length, 1)
    assert.equal((await client.byId(1)).schema, '"int"')
  })

  for (const [answer, code] of [
    [{ status: 404, text: '<html>' }, 404],
    [{ status: 404, body: { error_code: 404, message: 'HTTP 404 Not Found' } }, 404],
    [{ status: 403, body: { error_code: 'x' } }, 403],
    [{ status: 409, body: 5 }, 409],
    [{ status: 401, body: { error_code: 40101, message: 'Unauthorized' } }, 40101],
  ] as const)
    test(`${JSON.stringify(answer)} is no answer that there is no such schema`, async () => {
      await using server = await fakeRegistry(() => answer)
      const error = await failure(new SchemaClient({ url: server.url }, clock).byId(1))
      assert.deepEqual([error.errorCode, error.isNotFound, server.asked.length], [code, false, 1])
    })

  for (const [what, answer] of Object.entries<Answer>({
    'an error of the server': { status: 500, body: { error_code: 50001, message: 'later' } },
    'too many requests': { status: 429, body: {} },
    'a gateway': { status: 502, text: 'Bad Gateway' },
    'a connection that ends': 'drop',
  }))
    test(`${what} is tried again, but not for ever`, async () => {
      await using well = await fakeRegistry(sequence(answer, found))
      assert.equal((await new SchemaClient({ url: well.url }, clock).byId(1)).schema, '"int"')
      await using ill = await fakeRegistry(() => answer)
      await failure(new SchemaClient({ url: ill.url, tries: 2 }, clock).byId(1))
      assert.equal(ill.asked.length, 2)
    })

  test('no answer in time', async () => {
    await using server = await fakeRegistry(() => 'hang')
    const error = await failure(new SchemaClient({ url: server.url, timeoutMs: 50, tries: 1 }, clock).byId(1))
    assert.equal(error.errorCode, undefined)
    assert.match(error.message, /timeout/)
  })

  for (const body of [{}, { schema: 5 }, { schema: 'x', references: [{}] }, { schema: 'x', references: {} }, [], null])
    test(`an answer that is no schema: ${JSON.stringify(body)}`, async () => {
      await using server = await fakeRegistry(() => ({ body }))
      const client = new SchemaClient({ url: server.url }, clock)
      await failure(client.byId(1))
      await failure(client.register('s', schema))
    })

  test('an answer without end', async () => {
    await using server = await fakeRegistry(() => ({ text: ' '.repeat(9_000_000) }))
    assert.match(
      (await failure(new SchemaClient({ url: server.url, tries: 1 }, clock).byId(1))).message,
      /more than 8000000 bytes/,
    )
  })
})

describe('several registries', () => {
  test('the next one is asked where one does not answer, and first from then on', async () => {
    await using ill = await fakeRegistry(() => 'drop')
    await using well = await fakeRegistry(() => found)
    const client = new SchemaClient({ url: [ill.url, well.url] }, clock)
    await client.byId(1)
    await client.byId(2)
    assert.deepEqual([ill.asked.length, well.asked.length], [1, 2])
  })

  test('what one of them refuses is not asked of another one', async () => {
    await using first = await fakeRegistry(() => ({ status: 422, body: { error_code: 42201, message: 'no' } }))
    await using second = await fakeRegistry(() => found)
    await failure(new SchemaClient({ url: [first.url, second.url] }, clock).byId(1))
    assert.deepEqual([first.asked.length, second.asked.length], [1, 0])
  })

  test('none at all', () => {
    assert.throws(() => new SchemaClient({ url: [] }, clock), TypeError)
  })
})
