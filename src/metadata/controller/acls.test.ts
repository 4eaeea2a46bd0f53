import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiError } from '../../base/index.ts'
import { createAcls, deleteAcls } from '../../protocol/index.ts'
import { Fixture } from './controller-fixture.ts'

const authorizer = { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' }
const acl = {
  resourceType: 2,
  resourceName: 't',
  resourcePatternType: 3,
  principal: 'User:ann',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const everything = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
type Given = Partial<typeof acl>
type Filter = NonNullable<Parameters<typeof deleteAcls.request.create>[0]>['filters']

class AclFixture extends Fixture {
  decide(...acls: readonly Given[]) {
    return this.controller.createAcls(createAcls.request.create({ creations: acls.map((it) => ({ ...acl, ...it })) }))
  }

  create(...acls: readonly Given[]) {
    return this.take(this.decide(...acls)).results.map((it) => it.errorCode)
  }

  delete(...filters: NonNullable<Filter>[number][]) {
    const request = deleteAcls.request.create({ filters: filters.map((it) => ({ ...everything, ...it })) })
    return this.take(this.controller.deleteAcls(request)).filterResults.map((it) => it.matchingAcls.length)
  }

  get kinds(): string[] {
    return this.written.map(({ kind }) => kind).filter((kind) => kind.includes('ccessControl'))
  }
}

const many = (count: number, from = 0): Given[] =>
  Array.from({ length: count }, (_, i) => ({ resourceName: `t${from + i}` }))
const refused = (code: number, message: RegExp) => (error: ApiError) =>
  error.code === code && message.test(error.message)

test('an ACL that is there already is not written again, nor twice in one request', () => {
  const fixture = new AclFixture(authorizer)
  assert.deepEqual(fixture.create({}, { host: 'h' }, {}), [0, 0, 0])
  assert.deepEqual(fixture.create({}, { host: 'h' }), [0, 0])
  assert.deepEqual(fixture.kinds, ['accessControlEntry', 'accessControlEntry'])
  assert.deepEqual(fixture.delete({ hostFilter: 'h' }), [1])
  assert.deepEqual(fixture.create({ host: 'h' }), [0])
  assert.deepEqual(fixture.kinds.slice(2), ['removeAccessControlEntry', 'accessControlEntry'])
})

test('what was not committed is not there', () => {
  const fixture = new AclFixture(authorizer)
  for (const record of fixture.decide({}).records) fixture.controller.replay(record, fixture.nextOffset)
  assert.equal(fixture.decide({}).records.length, 0)
  fixture.controller.revert()
  assert.equal(fixture.decide({}).records.length, 1)
})

test('filters that meet delete once, and each lists what it means', () => {
  const fixture = new AclFixture(authorizer)
  fixture.create({}, { operation: 4 })
  assert.deepEqual(fixture.delete({}, { operation: 4 }, { principalFilter: 'User:bob' }), [2, 1, 0])
  assert.deepEqual(fixture.kinds.slice(2), ['removeAccessControlEntry', 'removeAccessControlEntry'])
  assert.equal(fixture.controller.state.acls.size, 0)
  assert.equal(fixture.controller.state.aclIds.size, 0)
})

test('one request makes 10,000 records at most, and those are all or none', () => {
  const fixture = new AclFixture(authorizer)
  assert.throws(() => fixture.create(...many(10_001)), refused(44, /excessively large/))
  assert.equal(fixture.controller.state.acls.size, 0)
  assert.equal(fixture.create(...many(10_000), ...many(1)).length, 10_001)
  assert.equal(fixture.controller.state.acls.size, 10_000)
})

test('one request deletes 10,000 ACLs at most, and those are all or none', () => {
  const fixture = new AclFixture(authorizer)
  fixture.create(...many(10_000))
  fixture.create({})
  assert.throws(() => fixture.delete({}), refused(42, /Cannot remove more than 10000 acls/))
  assert.equal(fixture.controller.state.acls.size, 10_001)
  fixture.delete({ resourceNameFilter: 't' })
  assert.deepEqual(fixture.delete({}), [10_000])
})

test('many filters on many ACLs are refused, unless each means one', () => {
  const fixture = new AclFixture(authorizer)
  fixture.create(...many(10_000))
  const broad = Array.from({ length: 501 }, () => ({ principalFilter: 'User:bob' }))
  assert.throws(() => fixture.delete(...broad), refused(44, /too many ACLs/))
  assert.throws(() => fixture.delete(...Array.from({ length: 11 }, () => ({}))), refused(44, /too many ACLs/))
  const exact = many(10_000).map(({ resourceName = '' }) => ({
    resourceTypeFilter: 2,
    resourceNameFilter: resourceName,
    patternTypeFilter: 3,
    principalFilter: 'User:ann',
    hostFilter: '*',
    operation: 3,
    permissionType: 3,
  }))
  assert.equal(fixture.delete(...exact).filter((count) => count === 1).length, 10_000)
})

test('without an authorizer there are no ACLs', () => {
  for (const texts of [{}, { 'authorizer.class.name': 'com.example.Authorizer' }]) {
    const fixture = new AclFixture(texts)
    assert.throws(() => fixture.create({}), refused(54, /No Authorizer is configured\./))
    assert.throws(() => fixture.delete({}), refused(54, /No Authorizer is configured\./))
  }
})
