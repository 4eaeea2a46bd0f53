// Loaded before time begins: a world's turns do not wait for a module.
import './broker-role.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { alterClientQuotas, createAcls } from '../protocol/index.ts'
import { BrokerConfig, formatStorage, Node } from './index.ts'

const config = BrokerConfig.parse(
  new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '7'],
    ['listeners', 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0'],
    ['controller.listener.names', 'CONTROLLER'],
    ['controller.quorum.voters', '7@localhost:9093'],
    ['authorizer.class.name', 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'],
    ['log.dirs', '/m'],
  ]),
)
const acl = { resourceType: 2, resourceName: 't', resourcePatternType: 3, host: '*', operation: 3, permissionType: 2 }

const quotas = (key: string) =>
  alterClientQuotas.request.create({
    entries: [{ entity: [{ entityType: 'user', entityName: key }], ops: [{ key, value: 5, remove: false }] }],
  })

test('what is stored and not enforced is told when it is stored, and at each start', async () => {
  const disk = new MemoryDisk()
  const lines: string[] = []
  const env = { ...createEnv({ level: 'warn', json: true, write: (line) => void lines.push(line) }), disk }
  const told = (): readonly string[] => lines.splice(0).filter((line) => /ACLs|quotas/.test(line))
  await formatStorage({ ...env, config, options: { clusterId: 'c' }, print: () => undefined })
  const first = await Node.start({ env, config, hostName: 'localhost' })
  const controller = first.quorum.controller ?? assert.fail('a controller')
  assert.deepEqual(told(), [])
  await controller.alterClientQuotas(quotas('controller_mutation_rate'))
  assert.deepEqual(told(), [])
  await controller.createAcls(createAcls.request.create({ creations: [{ ...acl, principal: 'User:ann' }] }))
  assert.match(told().join(), /^[^\n]*ACLs were stored that are not enforced[^\n]*\n$/)
  await controller.alterClientQuotas(quotas('producer_byte_rate'))
  assert.match(told().join(), /^[^\n]*client quotas were stored[^\n]*\n$/)
  await first.stop()
  const second = await Node.start({ env, config, hostName: 'localhost' })
  const [acls, stored, ...others] = told()
  assert.match(acls ?? '', /ACLs are stored that are not enforced.*ACLs: 1/)
  assert.match(stored ?? '', /client quotas are stored .*entities: 1/)
  assert.deepEqual(others, [])
  await second.stop()
})
