/** Whom a group takes for its leader, and the bytes in which that is told, as Confluent's registries have them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chosen, decodeChoice, encodeChoice } from './choice.ts'
import { decodeIdentity, encodeIdentity, type Identity, urlOf } from './identity.ts'

const identity = (more: Partial<Identity> = {}): Identity => ({
  ...{ version: 1, host: 'b', port: 8081, scheme: 'http', leaderEligibility: true, isLeader: false },
  ...more,
})

const member = (memberId: string, more: Partial<Identity> = {}) => ({
  memberId,
  metadata: encodeIdentity(identity(more)),
})

test('the smallest URL leads, of those that may', () => {
  const members = [member('1', { host: 'c' }), member('2'), member('3', { host: 'a', leaderEligibility: false })]
  const choice = chosen(members)
  assert.deepEqual(choice, { kind: 'leader', memberId: '2', identity: identity() })
  // As texts: 10 comes before 9.
  const ports = chosen([member('1', { port: 9 }), member('2', { port: 10 })])
  assert.equal(ports.kind === 'leader' && ports.memberId, '2')
})

test('where none may, or two are at one URL, nobody leads', () => {
  assert.deepEqual(chosen([]), { kind: 'nobody' })
  assert.deepEqual(chosen([member('1', { leaderEligibility: false })]), { kind: 'nobody' })
  assert.deepEqual(chosen([member('1'), member('2', { leaderEligibility: false })]), { kind: 'duplicate-urls' })
})

test('whoever cannot say who it is does not count', () => {
  const noise = [
    '',
    '{}',
    '[]',
    'null',
    '{"host":"a","port":"1","master_eligibility":true}',
    '{"host":"a/b@c","port":1,"master_eligibility":true}',
  ]
  const members = noise.map((text, i) => ({ memberId: `${i}`, metadata: Buffer.from(text) }))
  assert.deepEqual(chosen(members), { kind: 'nobody' })
  assert.deepEqual(chosen([...members, member('m')]), { kind: 'leader', memberId: 'm', identity: identity() })
  const large = Buffer.from(JSON.stringify({ host: 'a', port: 1, master_eligibility: true, more: 'x'.repeat(70_000) }))
  assert.equal(decodeIdentity(large), undefined)
})

test('the bytes are those of the others: names of fields, and what is left out', () => {
  assert.deepEqual(JSON.parse(String(encodeIdentity(identity({ isLeader: true })))), {
    ...{ version: 1, host: 'b', port: 8081, master_eligibility: true, scheme: 'http', leader: true },
  })
  assert.deepEqual(JSON.parse(String(encodeChoice({ kind: 'leader', memberId: 'm', identity: identity() }))), {
    ...{ version: 1, error: 0, master: 'm' },
    master_identity: { version: 1, host: 'b', port: 8081, master_eligibility: true, scheme: 'http', leader: false },
  })
  assert.deepEqual(JSON.parse(String(encodeChoice({ kind: 'nobody' }))), { version: 1, error: 0 })
  assert.deepEqual(JSON.parse(String(encodeChoice({ kind: 'duplicate-urls' }))), { version: 1, error: 1 })
})

test('what older and newer instances tell is understood', () => {
  const old = '{"version":1,"host":"h","port":80,"master_eligibility":false}'
  assert.deepEqual(decodeIdentity(Buffer.from(old)), identity({ host: 'h', port: 80, leaderEligibility: false }))
  const told = `{"version":2,"error":0,"master":"m","master_identity":{"host":"h","port":80,"master_eligibility":true,"new":1},"new":[]}`
  assert.deepEqual(decodeChoice(Buffer.from(told)), {
    ...{ kind: 'leader', memberId: 'm', identity: identity({ host: 'h', port: 80 }) },
  })
  for (const [text, kind] of [
    ['{"error":1,"master":"m"}', 'duplicate-urls'],
    ['{"version":1,"error":0,"master":null,"master_identity":null}', 'nobody'],
    ['{"error":7}', 'unclear'],
    ['', 'unclear'],
    ['no JSON', 'unclear'],
    ['{"error":0,"master":5,"master_identity":{"host":"h","port":80,"master_eligibility":true}}', 'unclear'],
    ['{"error":0,"master_identity":{"host":"h","port":80,"master_eligibility":true}}', 'unclear'],
    ['{"error":0,"master":"m","master_identity":{"host":"h"}}', 'unclear'],
  ] as const) {
    assert.equal(decodeChoice(Buffer.from(text)).kind, kind, text)
  }
})

test('who leads is told as it has told itself, whatever version it is of: it knows itself by that', () => {
  const choice = chosen([member('m', { version: 2 })])
  assert.match(String(encodeChoice(choice)), /"master_identity":\{"version":2,/)
})

test('an address of IPv6 stands in brackets, as in URLs', () => {
  const told = identity({ host: '[::1]', port: 1 })
  assert.deepEqual([urlOf(told), decodeIdentity(encodeIdentity(told))], ['http://[::1]:1', told])
  assert.equal(decodeIdentity(encodeIdentity(identity({ host: '::1' }))), undefined)
})

test('whatever comes is read without a failure; what was chosen comes back as it was, whoever was first', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      const bytes = Buffer.from(text)
      decodeIdentity(bytes)
      decodeChoice(bytes)
    }),
  )
  const members = fc.uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 65_535 }), may: fc.boolean() }), {
    selector: ({ port }) => port,
    maxLength: 6,
  })
  fc.assert(
    fc.property(members, (them) => {
      const all = them.map(({ port, may }) => member(`m${port}`, { port, leaderEligibility: may }))
      const choice = chosen(all)
      assert.deepEqual(decodeChoice(encodeChoice(choice)), choice)
      assert.deepEqual(chosen(all.toReversed()), choice)
    }),
  )
})
