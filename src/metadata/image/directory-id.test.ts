import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidToString } from '../../base/index.ts'
import { lostDirectory, migratingDirectory, unassignedDirectory } from './directory-id.ts'

test('the ids that stand for no directory are those of Kafka, as its tools print them', () => {
  assert.deepEqual([migratingDirectory, unassignedDirectory, lostDirectory].map(uuidToString), [
    'AAAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAQ',
    'AAAAAAAAAAAAAAAAAAAAAg',
  ])
})
