import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guidOf } from '../fingerprint.ts'
import type { StoredSchema } from '../stored-schema.ts'
import { RegistryState } from './registry-state.ts'

const version = (
  subject: string,
  number: number,
  id: number,
  schema: string,
  more: Partial<StoredSchema> = {},
): StoredSchema => {
  const content = { schemaType: 'AVRO', schema, references: [], metadata: undefined, ruleSet: undefined, ...more }
  return { ...content, subject, version: number, id, guid: guidOf(content), deleted: false, timestampMs: 0, ...more }
}

function stateOf(...schemas: readonly StoredSchema[]): RegistryState {
  const state = new RegistryState()
  for (const value of schemas) state.replay({ kind: 'schema', subject: value.subject, version: value.version, value })
  return state
}

test('of one id there is one schema in a context: who comes second with another one is left out', () => {
  const state = stateOf(version('a', 1, 1, 'x'), version('b', 1, 1, 'x'), version(':.c:a', 1, 1, 'y'))
  const late = version('a', 2, 1, 'y')
  const why = state.replay({ kind: 'schema', subject: 'a', version: 2, value: late })
  assert.match(why ?? '', /^id 1 is that of version 1 of 'a', which is another schema$/)
  assert.deepEqual(
    state.versions('a').map(({ version }) => version),
    [1],
  )
  assert.deepEqual(
    state.withId('.', 1).map(({ subject }) => subject),
    ['a', 'b'],
  )
  assert.deepEqual(
    state.withId('.c', 1).map(({ schema }) => schema),
    ['y'],
  )
})

test('versions come in their order, whatever the order in which they were written', () => {
  const state = stateOf(version('a', 3, 3, 'z'), version('a', 1, 1, 'x'), version('a', 2, 2, 'y'))
  assert.deepEqual(
    state.versions('a').map(({ version }) => version),
    [1, 2, 3],
  )
  assert.equal(state.latest('a')?.version, 3)
})

test('a version that is written again leaves nothing of what it was', () => {
  const references = [{ name: 'n', subject: 'base', version: 1 }]
  const state = stateOf(version('base', 1, 1, 'b'), version('a', 1, 2, 'x', { references }))
  assert.equal(state.referrers({ subject: 'base', version: 1 }, 'with').length, 1)
  state.replay({ kind: 'schema', subject: 'a', version: 1, value: version('a', 1, 3, 'y') })
  assert.equal(state.referrers({ subject: 'base', version: 1 }, 'with').length, 0)
  assert.deepEqual(state.withId('.', 2), [])
  assert.equal(state.highestId('.'), 3)
})

test('references are to subjects of the context that they stand in, unless they say another one', () => {
  const references = [
    { name: 'n', subject: 'base', version: 1 },
    { name: 'm', subject: ':.:other', version: 1 },
  ]
  const state = stateOf(version(':.c:a', 1, 1, 'x', { references }))
  assert.equal(state.referrers({ subject: ':.c:base', version: 1 }, 'with').length, 1)
  assert.equal(state.referrers({ subject: 'base', version: 1 }, 'with').length, 0)
  assert.equal(state.referrers({ subject: 'other', version: 1 }, 'with').length, 1)
})

test('a subject that is deleted up to a version keeps those behind it', () => {
  const state = stateOf(version('a', 1, 1, 'x'), version('a', 2, 2, 'y'), version('a', 3, 3, 'z'))
  state.replay({ kind: 'delete-subject', subject: 'a', version: 2 })
  assert.deepEqual(
    state.versions('a', 'without').map(({ version }) => version),
    [3],
  )
  assert.deepEqual(
    state.versions('a', 'only').map(({ version }) => version),
    [1, 2],
  )
  state.replay({ kind: 'clear-subject', subject: 'a' })
  assert.deepEqual(
    state.versions('a').map(({ version }) => version),
    [3],
  )
})

test('what holds for a subject: its own, that of its context, that of all', () => {
  const state = new RegistryState()
  const level = (subject: string): string | undefined => state.configInScope(subject).compatibilityLevel
  assert.deepEqual([level('a'), level(':.c:a')], ['BACKWARD', 'BACKWARD'])
  state.replay({ kind: 'config', subject: ':.__GLOBAL:', value: { compatibilityLevel: 'FULL' } })
  assert.deepEqual([level('a'), level(':.c:a')], ['FULL', 'FULL'])
  state.replay({ kind: 'config', subject: undefined, value: { compatibilityLevel: 'NONE' } })
  assert.deepEqual([level('a'), level(':.c:a')], ['NONE', 'FULL'])
  state.replay({ kind: 'config', subject: ':.c:', value: { compatibilityLevel: 'FORWARD' } })
  assert.deepEqual([level('a'), level(':.c:a')], ['NONE', 'FORWARD'])
  state.replay({ kind: 'config', subject: ':.c:a', value: { normalize: true } })
  assert.deepEqual(state.configInScope(':.c:a'), { compatibilityLevel: 'FORWARD', normalize: true })
})
