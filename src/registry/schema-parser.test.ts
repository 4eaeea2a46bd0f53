import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryStage } from './testdata/stage.ts'

/** Of these, two are compared at a time. */
const long = (word: string): string => word.repeat(400_000)

/** What is compared with these, whose words a schema that follows them may leave out. */
async function stageOf(...schemas: readonly string[]) {
  const stage = registryStage()
  await stage.put('/config', { compatibility: 'NONE' })
  for (const schema of schemas) await stage.register('s', schema)
  await stage.put('/config', { compatibility: 'FORWARD_TRANSITIVE' })
  const jobs: string[] = []
  stage.working((job) => jobs.push(job))
  const compared = async (schema: string): Promise<string> =>
    JSON.stringify((await stage.post('/compatibility/subjects/s/versions?verbose=true', { schema })).body)
  return { jobs, compared }
}

const earlier = ['x', `x y ${long('a')}`, `x y ${long('b')}`, `x ${long('c')}`, 'x y']

test('those before are compared a few at a time', async () => {
  const { jobs, compared } = await stageOf(...earlier)
  assert.equal(await compared('x'), '{"is_compatible":true,"messages":[]}')
  assert.deepEqual(jobs, ['schema-compare', 'schema-compare'])
})

test('the last ones come first, and those before one that does not fit are not looked at', async () => {
  const { jobs, compared } = await stageOf(...earlier)
  assert.match(await compared('x y'), /'y' is not known.*oldSchemaVersion: 4/)
  assert.deepEqual(jobs, ['schema-compare'])
})

test('what was read is remembered, as long as no version has gone for good', async () => {
  const { working, register, post, delete: remove } = registryStage()
  const jobs: string[] = []
  working((job) => jobs.push(job))
  await register('a', 'x')
  await register('b', 'x')
  await post('/subjects/a', { schema: 'x' })
  assert.deepEqual(jobs, ['schema-read'])
  await remove('/subjects/b')
  await remove('/subjects/b?permanent=true')
  await post('/subjects/a', { schema: 'x' })
  assert.deepEqual(jobs, ['schema-read', 'schema-read'])
})

test('of several that do not fit, the last one is told', async () => {
  const { compared } = await stageOf('x', 'x z', 'x w')
  assert.match(await compared('x y'), /oldSchemaVersion: 3/)
})

const references = [{ name: 'a', subject: 'a', version: 1 }]

test('what refers to a version is read anew when that has become another one, or is gone', async () => {
  const { working, register, post, put, write } = registryStage()
  const jobs: string[] = []
  working((job) => jobs.push(job))
  await put('/mode', { mode: 'IMPORT' })
  const imported = (schema: string, id: number) => post('/subjects/a/versions', { schema, id, version: 1 })
  await imported('x', 1)
  await put('/mode', { mode: 'READWRITE' })
  await register('b', '@a', { references })
  await post('/subjects/b', { schema: '@a', references })
  assert.equal(jobs.length, 2)
  await put('/mode?force=true', { mode: 'IMPORT' })
  await imported('y', 9)
  jobs.length = 0
  await post('/subjects/b', { schema: '@a', references })
  assert.deepEqual(jobs, ['schema-read'])
  write({ kind: 'schema', subject: 'a', version: 1, value: undefined })
  assert.equal((await post('/subjects/b', { schema: '@a', references })).status, 422)
})

test('what was read of a version that was gone when it was done is not remembered', async () => {
  const { working, register, post, write } = registryStage()
  await register('a', 'x')
  let isGone = false
  working(() => {
    if (!isGone) write({ kind: 'schema', subject: 'a', version: 1, value: undefined })
    isGone = true
  })
  await post('/subjects/b', { schema: '@a', references })
  const { status, body } = await post('/subjects/b/versions', { schema: '@a', references })
  assert.equal(status, 422)
  assert.match(JSON.stringify(body), /no schema reference found/)
})

test('too many references are refused before anything is done with them', async () => {
  const { working, post } = registryStage()
  let jobs = 0
  working(() => jobs++)
  const many = Array.from({ length: 1001 }, (_, i) => ({ name: `r${i}`, subject: 'none', version: -1 }))
  const { body } = await post('/subjects/b/versions', { schema: 'x', references: many })
  assert.match(JSON.stringify(body), /may refer to 1000 others/)
  assert.equal(jobs, 0)
})
