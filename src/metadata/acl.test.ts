import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Acl, type AclFilter, matchesAcl, onlyAclOf } from './acl.ts'

const base = { resourceType: 2, principal: 'User:ann', host: '*', operation: 3, permissionType: 3 }
/** By name and pattern. */
const acls: Readonly<Record<string, Acl>> = {
  paid: { ...base, resourceName: 'paid', patternType: 3 },
  'pa...': { ...base, resourceName: 'pa', patternType: 4 },
  '*': { ...base, resourceName: '*', patternType: 3 },
  '*...': { ...base, resourceName: '*', patternType: 4 },
  group: { ...base, resourceType: 3, resourceName: 'paid', patternType: 3, principal: 'User:bob' },
  denied: { ...base, resourceName: 'x', patternType: 3, host: 'h', operation: 2, permissionType: 2 },
}
const open = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const named = (resourceNameFilter: string | null, patternTypeFilter: number) => ({
  resourceNameFilter,
  patternTypeFilter,
})

const table: readonly (readonly [string, Partial<AclFilter>, readonly string[]])[] = [
  ['everything', {}, Object.keys(acls)],
  ['a type', { resourceTypeFilter: 3 }, ['group']],
  ['a literal name', named('paid', 3), ['paid', 'group']],
  ['a star is a name', named('*', 3), ['*']],
  ['a prefixed name', named('pa', 4), ['pa...']],
  ['a name, whatever its pattern', named('*', 1), ['*', '*...']],
  ['what meets a name', named('paid', 2), ['paid', 'pa...', '*', 'group']],
  ['what meets a name by prefix alone', named('paper', 2), ['pa...', '*']],
  ['what meets a name of a prefix', named('pa', 2), ['pa...', '*']],
  ['a star of a prefix is a letter', named('*b', 2), ['*', '*...']],
  ['no name', named(null, 2), Object.keys(acls)],
  ['no name, prefixed', named(null, 4), ['pa...', '*...']],
  ['who', { principalFilter: 'User:bob' }, ['group']],
  ['a host', { hostFilter: 'h' }, ['denied']],
  ['any host is a host', { hostFilter: '*' }, ['paid', 'pa...', '*', '*...', 'group']],
  ['the operation all is one of them', { operation: 2 }, ['denied']],
  ['a permission', { permissionType: 2 }, ['denied']],
  ['codes without a meaning', { operation: 99 }, []],
  ['patterns without a meaning', { patternTypeFilter: 99 }, []],
]

for (const [what, filter, expected] of table) {
  test(`filters of ACLs: ${what}`, () => {
    const found = Object.entries(acls).filter(([, acl]) => matchesAcl({ ...open, ...filter }, acl))
    assert.deepEqual(
      found.map(([name]) => name),
      expected,
    )
  })
}

test('a filter with nothing left open means one ACL, which it matches', () => {
  for (const acl of Object.values(acls)) {
    const filter = {
      resourceTypeFilter: acl.resourceType,
      resourceNameFilter: acl.resourceName,
      patternTypeFilter: acl.patternType,
      principalFilter: acl.principal,
      hostFilter: acl.host,
      operation: acl.operation,
      permissionType: acl.permissionType,
    }
    assert.deepEqual(onlyAclOf(filter), acl)
    assert.ok(matchesAcl(filter, acl))
    for (const gap of [
      { resourceTypeFilter: 1 },
      named('x', 1),
      named('x', 2),
      { hostFilter: null },
      { operation: 1 },
    ]) {
      assert.equal(onlyAclOf({ ...filter, ...gap }), undefined)
    }
  }
})
