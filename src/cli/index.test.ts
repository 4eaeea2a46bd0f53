import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../bin/odradek.js', import.meta.url))
const odradek = (...words: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [command, ...words], { encoding: 'utf8' })

test('help and version go to the standard output', () => {
  const help = odradek('--help')
  assert.equal(help.status, 0)
  assert.match(help.stdout, /^Usage: odradek/)
  assert.match(help.stdout, /\n {2}format +prepare /)
  const version = odradek('--version')
  assert.equal(version.status, 0)
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
})

test('an unknown verb is named and is an error of usage', () => {
  const run = odradek('dance')
  assert.equal(run.status, 2)
  assert.match(run.stderr, /unknown verb 'dance'/)
  assert.equal(run.stdout, '')
})

test("a tool of Kafka's that has another name here is told by that", () => {
  const run = odradek('kafka-storage.sh')
  assert.equal(run.status, 2)
  assert.match(run.stderr, /`odradek format` does that/)
})

test('no verb at all is an error of usage', () => {
  const run = odradek()
  assert.equal(run.status, 2)
  assert.match(run.stderr, /^Usage/)
})
