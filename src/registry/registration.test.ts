import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryStage } from './testdata/stage.ts'

type Stage = ReturnType<typeof registryStage>

/** What registering would write, in order. */
async function kindsOf({ registry }: Stage, subject: string, schema: string): Promise<string[]> {
  const content = { schemaType: 'AVRO', schema, references: [], metadata: undefined, ruleSet: undefined }
  const request = { subject, content, version: undefined, id: undefined, normalize: false }
  const { records } = await registry.registration.register(request, 0)
  return records.map((it) => (it.kind === 'schema' ? `version ${it.version}${it.value ? '' : ' is gone'}` : it.kind))
}

test('what a version replaces is taken away behind it: of several records the later ones may be lost', async () => {
  const stage = registryStage()
  await stage.register('a', 'x')
  await stage.delete('/subjects/a')
  assert.deepEqual(await kindsOf(stage, 'a', 'x'), ['version 2', 'version 1 is gone'])
  assert.deepEqual(await kindsOf(stage, ':.new:a', 'x'), ['context', 'version 1'])
})

test('a version that somebody refers to stays, also where its content has a newer one', async () => {
  const stage = registryStage()
  await stage.register('a', 'x')
  await stage.register('b', '@a', { references: [{ name: 'a', subject: 'a', version: 1 }] })
  await stage.delete('/subjects/b')
  await stage.delete('/subjects/a')
  assert.deepEqual(await kindsOf(stage, 'a', 'x'), ['version 2'])
})

test('a reference to the latest version is one to the version that this is now, each time', async () => {
  const { register, delete: remove, post, put } = registryStage()
  await put('/config', { compatibility: 'NONE' })
  await register('base', 'x')
  const references = [{ name: 'base', subject: 'base', version: -1 }]
  const of = (version: number) => [{ name: 'base', subject: 'base', version }]
  assert.deepEqual((await post('/subjects/u/versions', { schema: '@base', references })).body, {
    ...{ id: 2, version: 1, schemaType: 'AVRO', schema: '@base', references: of(1) },
    guid: ((await post('/subjects/u', { schema: '@base', references })).body as { guid: string }).guid,
  })
  await register('base', 'y')
  const second = (await post('/subjects/u/versions', { schema: '@base', references })).body
  assert.deepEqual((second as { references: unknown }).references, of(2))
  await remove('/subjects/u')
  await remove('/subjects/base')
  assert.equal((await post('/subjects/u/versions', { schema: '@base', references })).status, 422)
})

test('the number of a version in its metadata does not make it another schema for who gives none', async () => {
  const { post } = registryStage()
  const first = await post('/subjects/a/versions', { schema: 'x' })
  const second = await post('/subjects/a/versions', { schema: 'x', version: 2 })
  assert.deepEqual(
    [first, second].map(({ body }) => (body as { version: number }).version),
    [1, 2],
  )
  for (let i = 0; i < 2; i++) {
    assert.equal(((await post('/subjects/a/versions', { schema: 'x' })).body as { version: number }).version, 2)
  }
  assert.equal(((await post('/subjects/a', { schema: 'x' })).body as { version: number }).version, 2)
})

test('what is imported stays as it is, and takes no number that nobody could count on from', async () => {
  const { put, post, get } = registryStage()
  await put('/config/a', { normalize: true })
  await put('/mode/a', { mode: 'IMPORT' })
  await post('/subjects/a/versions?normalize=true', { schema: 'b a', id: 7, version: 1 })
  assert.equal((await get('/subjects/a/versions/1/schema')).body, 'b a')
  assert.equal((await post('/subjects/a/versions', { schema: 'c', id: 2_147_483_647, version: 2 })).status, 200)
  await put('/mode/a', { mode: 'READWRITE' })
  const refused = await post('/subjects/a/versions', { schema: 'b a c d' })
  assert.deepEqual([refused.status, (refused.body as { error_code: number }).error_code], [422, 42205])
})

test('which version is told does not depend on the order in which they were written', async () => {
  const { put, post } = registryStage()
  await put('/mode/a', { mode: 'IMPORT' })
  await post('/subjects/a/versions', { schema: 'x', id: 200, version: 2 })
  await post('/subjects/a/versions', { schema: 'x', id: 100, version: 1 })
  await put('/mode/a', { mode: 'READWRITE' })
  const told = (body: unknown) => [(body as { id: number }).id, (body as { version: number }).version]
  assert.deepEqual(told((await post('/subjects/a/versions', { schema: 'x' })).body), [200, 2])
  assert.deepEqual(told((await post('/subjects/a', { schema: 'x' })).body), [200, 2])
  assert.equal(((await post('/subjects/b/versions', { schema: 'x' })).body as { id: number }).id, 100)
})

test('names of tags and properties are names, whatever they are', async () => {
  const { put, post } = registryStage()
  const tags = { constructor: ['a'] }
  await put('/config/a', { defaultMetadata: { tags: { other: ['b'] } }, overrideMetadata: { properties: { o: 'p' } } })
  const text = '{"schema": "x", "metadata": {"tags": {"constructor": ["a"]}, "properties": {"__proto__": "q"}}}'
  const { status, body } = await post('/subjects/a/versions', text)
  assert.equal(status, 200)
  const { metadata } = body as { metadata: { tags: object; properties: object } }
  assert.deepEqual(metadata.tags, { other: ['b'], ...tags })
  assert.deepEqual(Object.entries(metadata.properties), [
    ['__proto__', 'q'],
    ['o', 'p'],
  ])
})

test('in another context what is no schema is not there, and one that has nothing of the name is not looked at', async () => {
  const { register, post, ask } = registryStage()
  await register('base', 'x')
  await register(':.c:none', 'y')
  const references = [{ name: 'base', subject: 'base', version: 1 }]
  const { body } = await post('/subjects/none', { schema: '@base', references })
  assert.equal((body as { error_code: number }).error_code, 40401)
  assert.equal((await ask('DELETE', '/subjects/:.c:')).status, 404)
})

test('what another registry has written in its own way is found all the same', async () => {
  const value = '{"subject":"s","version":1,"id":7,"schema":"a   b"}'
  const other = '{"subject":"s","version":2,"id":8,"schema":"a b ! c"}'
  const kept = [value, other].map((text, i) => ({
    key: `{"keytype":"SCHEMA","subject":"s","version":${i + 1},"magic":1}`,
    value: text,
  }))
  const { registry, post } = registryStage(kept)
  await registry.open()
  const found = await post('/subjects/s', { schema: 'a b' })
  assert.deepEqual([(found.body as { id: number }).id, (found.body as { schema: string }).schema], [7, 'a   b'])
  const again = await post('/subjects/s/versions', { schema: 'a b' })
  assert.equal((again.body as { id: number }).id, 7)
  const references = [{ name: 'x', subject: 's', version: 1 }]
  assert.equal((await post('/subjects/s', { schema: 'a b', references })).status, 404)
})

test('what is there already is told in whatever mode; nothing is written', async () => {
  const { register, put, post, log } = registryStage()
  await register('s', 'x')
  await put('/mode', { mode: 'READONLY' })
  const before = log.length
  const again = await post('/subjects/s/versions', { schema: ' x ' })
  assert.deepEqual([again.status, (again.body as { id: number }).id], [200, 1])
  for (const body of [{ schema: 'x y' }, { schema: '' }, { schema: 'x', id: 1, version: 1 }, { schema: 'x', id: 2 }]) {
    const { body: refused } = await post('/subjects/s/versions', body)
    assert.equal((refused as { error_code: number }).error_code, 42205, JSON.stringify(body))
  }
  assert.equal(log.length, before)
})

test('a context that is empty can be taken away', async () => {
  const { register, ask, get } = registryStage()
  await register(':.c:a', 'x')
  const refused = await ask('DELETE', '/contexts/.c')
  assert.equal((refused.body as { error_code: number }).error_code, 42211)
  await ask('DELETE', '/subjects/:.c:a')
  await ask('DELETE', '/subjects/:.c:a?permanent=true')
  assert.equal((await ask('DELETE', '/contexts/.c')).status, 204)
  assert.deepEqual((await get('/contexts')).body, ['.'])
})

test('what one schema refers to is bounded in all', async () => {
  const { register, post } = registryStage()
  for (const name of ['a', 'b', 'c', 'd', 'e']) await register(name, `${name}${'x'.repeat(900_000)}`)
  const references = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, subject: name, version: 1 }))
  const { body } = await post('/subjects/u/versions', { schema: 'x', references })
  assert.match(JSON.stringify(body), /42201.*more than 4000000 characters/)
})
