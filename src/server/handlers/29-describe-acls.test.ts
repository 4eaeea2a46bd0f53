import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError } from '../../base/index.ts'
import { createAcls, deleteAcls, describeAcls } from '../../protocol/index.ts'
import { describeAclsHandler } from './29-describe-acls.ts'
import { createAclsHandler } from './30-create-acls.ts'
import { deleteAclsHandler } from './31-delete-acls.ts'
import { ask, ClusterFixture } from './handler-fixture.ts'

const authorizer = { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' }
const entry = { principal: 'User:ann', host: '*', operation: 3, permissionType: 3 }
const acl = { resourceType: 2, resourceName: 't', resourcePatternType: 3, ...entry }
const all = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

test('ACLs are told by resource', async () => {
  const fixture = new ClusterFixture(authorizer)
  const creations = [acl, { ...acl, operation: 4 }, { ...acl, resourcePatternType: 4 }]
  await ask(createAclsHandler(fixture.services), createAcls.request.create({ creations }))
  const { resources } = await ask(describeAclsHandler(fixture.services), describeAcls.request.create(all))
  assert.deepEqual(
    resources.map((it) => [it.resourceName, it.patternType, it.acls.map(({ operation }) => operation)]),
    [
      ['t', 3, [3, 4]],
      ['t', 4, [3]],
    ],
  )
})

test('each of a request that fails as a whole fails', async () => {
  const fixture = new ClusterFixture()
  const created = await ask(createAclsHandler(fixture.services), createAcls.request.create({ creations: [acl, acl] }))
  assert.deepEqual(
    created.results.map((it) => it.errorCode),
    [54, 54],
  )
  const deleted = await ask(deleteAclsHandler(fixture.services), deleteAcls.request.create({ filters: [all, all] }))
  assert.deepEqual(
    deleted.filterResults.map((it) => it.errorCode),
    [54, 54],
  )
  const described = await ask(describeAclsHandler(fixture.services), describeAcls.request.create(all))
  assert.deepEqual([described.errorCode, described.errorMessage], [54, 'No Authorizer is configured on the broker'])
})

test('the code "unknown" ends the connection, also without an authorizer', async () => {
  const { services } = new ClusterFixture()
  for (const unknown of [{ resourceType: 0 }, { resourcePatternType: 0 }, { operation: 0 }, { permissionType: 0 }]) {
    const request = createAcls.request.create({ creations: [acl, { ...acl, ...unknown }] })
    await assert.rejects(async () => ask(createAclsHandler(services), request), MalformedError)
  }
  for (const unknown of [
    { resourceTypeFilter: 0 },
    { patternTypeFilter: 0 },
    { operation: 0 },
    { permissionType: 0 },
  ]) {
    const request = deleteAcls.request.create({ filters: [all, { ...all, ...unknown }] })
    await assert.rejects(async () => ask(deleteAclsHandler(services), request), MalformedError)
    const filter = describeAcls.request.create({ ...all, ...unknown })
    await assert.rejects(async () => ask(describeAclsHandler(services), filter), MalformedError)
  }
})
