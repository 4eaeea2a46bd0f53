import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warningsWithoutEffect } from './without-effect.ts'

const warnings = (texts: Readonly<Record<string, string>>): string =>
  warningsWithoutEffect(new Map(Object.entries(texts))).join('\n')

test('configs without effect are told of where they matter and are not the default', () => {
  assert.match(
    warnings({ 'log.flush.interval.ms': '1000', 'num.io.threads': '3' }),
    /^The configuration 'log\.flush\.interval\.ms' is accepted but has no effect yet: .*durability\.$/,
  )
  assert.equal(warnings({ 'unclean.leader.election.enable': 'false', 'log.retention.ms': '1' }), '')
})
