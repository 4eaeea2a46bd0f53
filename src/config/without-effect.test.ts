import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warningsWithoutEffect } from './without-effect.ts'

const warnings = (texts: Readonly<Record<string, string>>): string =>
  warningsWithoutEffect(new Map(Object.entries(texts))).join('\n')

test('configs without effect are told of where they matter and are not the default', () => {
  assert.match(
    warnings({ 'remote.log.storage.system.enable': 'true', 'num.io.threads': '3' }),
    /^The configuration 'remote\.log\.storage\.system\.enable' is accepted but has no effect yet: .*durability\.$/,
  )
  assert.equal(warnings({ 'remote.log.storage.system.enable': 'false', 'unclean.leader.election.enable': 'true' }), '')
})
