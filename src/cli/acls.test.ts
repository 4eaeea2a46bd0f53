/** `odradek acls`, `quotas`, `metadata` and `cluster describe` before a broker of ours. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { type Ended, piped } from './testdata/piped.ts'

let broker: RunningBroker
before(async () => {
  const authorizer = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
  broker = await startBroker({ config: { 'authorizer.class.name': authorizer } })
})
after(() => broker.stop())

const odradek = (...args: string[]): Promise<Ended> => piped([...args, '--bootstrap-server', broker.bootstrap])
async function told(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await odradek(...args)
  assert.deepEqual([code, stderr], [0, ''], args.join(' '))
  return String(stdout)
}

test('acls: added, listed, deleted', async () => {
  const alice = ['--principal', 'User:alice']
  await told('acls', 'add', ...alice, '--operation', 'read', '--operation', 'WRITE', '--topic', 'orders')
  await told(
    'acls',
    'add',
    ...alice,
    '--operation',
    'all',
    '--group',
    'bill',
    '--prefixed',
    '--deny',
    '--host',
    '10.0.0.1',
  )
  const rows = (await told('acls', 'list')).split('\n').slice(1, -1).toSorted()
  assert.equal(rows.length, 3)
  assert.match(rows[0] ?? '', /^User:alice +allow +read +\* +topic orders$/)
  assert.match(rows[2] ?? '', /^User:alice +deny +all +10\.0\.0\.1 +group bill\*$/)
  assert.equal(JSON.parse(await told('acls', 'list', '--topic', 'orders', '--operation', 'write', '--json')).length, 1)
  assert.match(await told('acls', 'delete', '--topic', 'orders', '--dry-run'), /Nothing was deleted\.\n$/)
  await told('acls', 'delete', '--topic', 'orders')
  assert.equal(JSON.parse(await told('acls', 'list', '--json')).length, 1)
  for (const args of [
    ['add', '--topic', 'a'],
    ['delete'],
    ['list', '--operation', 'dance'],
    ['list', '--topic', 'a', '--cluster'],
  ]) {
    assert.equal((await odradek('acls', ...args)).code, 2, args.join(' '))
  }
})

test('quotas: set, listed, taken away', async () => {
  const whom = ['--user', 'alice', '--client-id', '']
  assert.equal(
    await told('quotas', 'alter', ...whom, '--set', 'producer_byte_rate=1000'),
    'user alice, client-id (default) altered\n',
  )
  assert.match(await told('quotas', 'list'), /^ENTITY +QUOTA +VALUE\n.*alice.* +producer_byte_rate +1000\n$/)
  await told('quotas', 'alter', ...whom, '--delete', 'producer_byte_rate')
  assert.equal(await told('quotas', 'list', '--json'), '[]\n')
  assert.equal((await odradek('quotas', 'alter', '--set', 'a=1')).code, 2)
  assert.equal((await odradek('quotas', 'alter', '--ip', '10.0.0.1', '--set', 'a=x')).code, 2)
})

test('the quorum, and the brokers', async () => {
  const quorum = await told('metadata', 'quorum')
  assert.match(
    quorum,
    /^NODE +ROLE +DIRECTORY +END +LAG +CAUGHT UP\n1 +leader +\S+ +\d+ +0 .*\n\nepoch 1, high watermark \d+\n$/,
  )
  const cluster = await told('cluster', 'describe')
  assert.match(cluster, /^BROKER +ADDRESS +RACK +STATE\n1 +127\.0\.0\.1:\d+ +- +in use\n\ncluster [\w-]{22}\n$/)
  assert.equal(JSON.parse(await told('cluster', 'describe', '--json')).brokers.length, 1)
})
