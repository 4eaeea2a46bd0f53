import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitOf } from './client-quota.ts'
import { quotaEntityKey } from './image/metadata-image.ts'

type Name = string | null | undefined

/** `undefined`: without that part. */
const keyOf = (user: Name, clientId: Name): string =>
  quotaEntityKey([
    ...(user === undefined ? [] : [{ entityType: 'user', entityName: user }]),
    ...(clientId === undefined ? [] : [{ entityType: 'client-id', entityName: clientId }]),
  ])

/** In the order in which Kafka looks; who shares the limit is named. */
const levels: readonly (readonly [user: Name, clientId: Name, owner: string])[] = [
  ['ann', 'app', '["ann","app"]'],
  ['ann', null, '["ann","app"]'],
  ['ann', undefined, '["ann",null]'],
  [null, 'app', '["ann","app"]'],
  [null, null, '["ann","app"]'],
  [null, undefined, '["ann",null]'],
  [undefined, 'app', '[null,"app"]'],
  [undefined, null, '[null,"app"]'],
]

const find = (from: number, client = { user: 'ann', clientId: 'app' }) => {
  const limits = new Map(
    levels.map(([user, clientId], i) => [keyOf(user, clientId), i]).slice(from) as [string, number][],
  )
  return limitOf(client, (entity) => limits.get(quotaEntityKey(entity)))
}

test('the most specific limit holds, and is shared by those whom it names', () => {
  for (const [i, [, , owner]] of levels.entries()) assert.deepEqual(find(i), { owner, limit: i })
  assert.equal(find(levels.length), undefined)
})

test('limits of others hold for nobody else', () => {
  assert.deepEqual(find(0, { user: 'bob', clientId: 'app' }), { owner: '["bob","app"]', limit: 3 })
  assert.deepEqual(find(0, { user: 'ann', clientId: 'tool' }), { owner: '["ann","tool"]', limit: 1 })
  assert.deepEqual(find(6, { user: 'bob', clientId: 'tool' }), { owner: '[null,"tool"]', limit: 7 })
})

test('a client without an id has the limits of its user alone', () => {
  assert.deepEqual(find(0, { user: 'ann', clientId: '' }), { owner: '["ann",null]', limit: 2 })
  assert.deepEqual(find(3, { user: 'ann', clientId: '' }), { owner: '["ann",null]', limit: 5 })
  assert.equal(find(6, { user: 'ann', clientId: '' }), undefined)
})
