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
