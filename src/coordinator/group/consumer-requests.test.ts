import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHeartbeat } from './consumer-requests.ts'
import { heartbeatOf } from './test-support/group-fixture.ts'

test('a name is empty if Java trims it to nothing', () => {
  const check = (instanceId: string | null): void =>
    checkHeartbeat('g', heartbeatOf({ instanceId }), { mustHaveMemberId: true, assignors: [] })
  for (const blank of ['', ' ', '\t\n \u0000']) assert.throws(() => check(blank), /InstanceId can't be empty/)
  // No space to Java's trim, though to JavaScript's.
  for (const name of [null, ' i', 'i ', '\u00a0']) check(name)
})
