import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { software } from './node-peers.ts'

test('servers are told the name and the version of the package', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'))
  assert.deepEqual(software, { name: manifest.name, version: manifest.version })
})
