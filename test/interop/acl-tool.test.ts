/** `odradek kafka-acls` prints what Kafka's tool prints, and makes the same ACLs: one script, by each of them on names of its own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startOwnBroker } from './own-broker.ts'
import { bare, runOwn } from './own-tool.ts'
import { ToolProcess, type ToolRan } from './tool-process.ts'

let broker: Broker
before(async () => {
  broker = await startOwnBroker({
    name: 'acl-tool',
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
})
after(() => broker.stop())

/** WHO is of whoever is asked. */
const script = [
  '--list --topic WHO',
  '--add --topic WHO --allow-principal User:alice --operation Read',
  '--add --topic WHO --allow-principal User:alice --operation read --operation Write --operation DescribeConfigs',
  '--add --topic WHO --deny-principal User:eve --deny-host 10.0.0.1 --allow-principal User:bob --allow-host 10.0.0.2',
  '--add --topic WHO --resource-pattern-type prefixed --allow-principal Group:all',
  '--add --topic WHO-1 --topic WHO-2 --group WHO --transactional-id WHO --user-principal User:WHO --allow-principal User:x --operation All',
  '--add --cluster --allow-principal User:WHO --operation ClusterAction',
  '--list --topic WHO',
  '--list --topic WHO --resource-pattern-type prefixed',
  '--list --topic WHO-1 --resource-pattern-type match',
  '--list --topic WHO --resource-pattern-type any',
  '--list --group WHO --transactional-id WHO',
  '--list --principal User:WHO',
  '--list --topic WHO --principal User:alice --principal User:bob',
  '--remove --topic WHO --allow-principal User:alice --operation Read --force',
  '--list --topic WHO',
  '--remove --topic WHO-1 --resource-pattern-type match --force',
  '--list --topic WHO --resource-pattern-type match',
  '--add --producer --topic WHO-p --transactional-id WHO-p --allow-principal User:p',
  '--add --producer --idempotent --topic WHO-p --allow-principal User:WHO-p',
  '--add --consumer --topic WHO-p --group WHO-p --allow-principal User:c',
  '--add --producer --consumer --topic WHO-p --group WHO-p --allow-principal User:b',
  '--list --topic WHO-p',
  '--list --group WHO-p',
  '--list --principal User:WHO-p',
  '--remove --consumer --topic WHO-p --group WHO-p --allow-principal User:c --force',
  '--list --topic WHO-p',
  '--add --topic WHO --allow-principal alice',
  '--add --topic WHO',
  '--add --allow-principal User:a',
  '--add --group WHO --allow-principal User:a --operation Sing',
  '--add --group WHO --allow-principal User:a --operation Write',
  '--add --topic WHO --allow-principal User:a --resource-pattern-type any',
  '--add --topic WHO --allow-principal User:a --resource-pattern-type none',
  '--list --add',
  '--list --producer --topic WHO',
  '--add --producer --topic WHO --operation Read',
  '--add --consumer --topic WHO',
  '--add --consumer --topic WHO --group WHO --cluster',
  '--remove --topic WHO --principal User:a',
]

/** Java gives both resources and entries in an order of its own in each process, and the operations of a resource too. */
const rowsOf = ({ code, stdout, stderr }: ToolRan, who: string): readonly string[] => [
  `status ${code}`,
  ...bare(`${stdout}\n${stderr}`)
    .replaceAll(who, 'WHO')
    .replaceAll(/(?<=supports operations \[)[\w, ]+/g, (names) => names.split(', ').sort().join(', '))
    .split('\n')
    .map((line) => line.replace(/^ \t/, '\t'))
    // Behind a trace of Java.
    .filter((line) => code === 0 || line !== '')
    .toSorted(),
]

test('what is printed of ACLs', { timeout: 300_000 }, async (context) => {
  await using kafkas = await ToolProcess.start()
  for (const line of script) {
    const wordsOf = (who: string): readonly string[] => [
      '--bootstrap-server',
      broker.bootstrap,
      ...line.replaceAll('WHO', who).split(' '),
    ]
    const byKafka = rowsOf(await kafkas.run('acls', wordsOf('by-kafka')), 'by-kafka')
    const byOurs = rowsOf(await runOwn('acls', wordsOf('by-ours_')), 'by-ours_')
    await context.test(line, () => assert.deepEqual(byOurs, byKafka))
  }
})
